import { execFile } from 'node:child_process';

const maxOutputBytes = 64 * 2 ** 20;

export type Ended = { code: number; stdout: string; stderr: string };

/**
 * `crucible …` as an operator runs it beside a server, with that server's settings.
 * @param input what it is given to read
 * @returns how it ended
 */
export function runCli(
  settings: Record<string, string>,
  words: readonly string[],
  input = '',
): Promise<Ended> {
  const env = { ...process.env, ...settings };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['src/cli/index.ts', ...words],
      { env, maxBuffer: maxOutputBytes },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
    child.stdin?.end(input);
  });
}
