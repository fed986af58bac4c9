import { execFile } from 'node:child_process';

export type Ended = { code: number; stdout: string; stderr: string };

/** `crucible …` as an operator runs it beside a server, with that server's settings. @returns how it ended */
export function runCli(settings: Record<string, string>, words: readonly string[]): Promise<Ended> {
  const env = { ...process.env, ...settings };
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/cli/index.ts', ...words], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
