import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inherited } from '../dev/drills/neighbours.ts';
import type { Answer, Asked, Said, Usage } from './ipc.ts';

const probe = new URL('./probe.ts', import.meta.url).href;
const stopLimitMs = 15_000;

/** A process of the bench. */
export type Child = {
  /** Its first line on stdout. */
  firstLine(): Promise<string>;
  /** @throws Error where it failed, or has ended */
  ask(asked: Asked): Promise<Said>;
  usage(): Promise<Usage>;
  end(): Promise<void>;
};

/** Starts a script with the probe in it. Its errors go where the bench's go. */
export function startChild(
  script: URL,
  env: Readonly<Record<string, string>> = {},
  words: string[] = [],
): Child {
  const options = ['--disable-warning=ExperimentalWarning', '--import', probe];
  const child = spawn(process.execPath, [...options, fileURLToPath(script), ...words], {
    env: { ...inherited(), NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const ended = once(child, 'close').then(() => undefined);
  const line = firstLineOf(child, ended);
  line.catch(() => undefined);
  const waiting = new Map<number, (answer: Answer) => void>();
  child.on('message', (answer: Answer) => {
    waiting.get(answer.number)?.(answer);
    waiting.delete(answer.number);
  });
  let questions = 0;

  async function ask(asked: Asked): Promise<Said> {
    questions += 1;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    waiting.set(questions, resolve);
    void ended.then(() => reject(new Error(`a process ended when asked for ${asked.ask}`)));
    child.send({ ...asked, number: questions });
    const said = await promise;
    if (said.said === 'failed') throw new Error(said.why);
    return said;
  }

  return {
    firstLine: () => line,
    ask,
    async usage() {
      const said = await ask({ ask: 'usage' });
      if (said.said !== 'usage') throw new Error(`asked for its usage, a process said ${said.said}`);
      return said.usage;
    },
    async end() {
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
      await ended;
      clearTimeout(killer);
    },
  };
}

function firstLineOf(child: ChildProcess, ended: Promise<void>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes('\n')) resolve(said.slice(0, said.indexOf('\n')));
  });
  void ended.then(() => reject(new Error('a process ended before it was ready')));
  return promise;
}
