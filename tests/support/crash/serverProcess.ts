import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Order } from './boundary.ts';
import type { Asked, Said } from './child.ts';

const script = fileURLToPath(new URL('./child.ts', import.meta.url));
const loadLimitMs = 60_000;

/** A real server in a process of its own (child.ts), as its parent holds it. */
export type ServerProcess = {
  /** A fresh server on these settings; @returns its address. */
  open(env: Record<string, string>): Promise<string>;
  arm(order: Order): Promise<void>;
  work(): Promise<void>;
  disarm(): Promise<string[]>;
  close(): Promise<void>;
  /** Resolves when the order was met: by its death, or by the reply lost. */
  struck(): Promise<'died' | 'lost'>;
  isAlive(): boolean;
  /** What it has logged since it was last asked for. */
  takeLog(): string;
  kill(): Promise<void>;
};

/** @param cacheDirectory where compiled code is kept between the many starts of the same program */
export async function startServerProcess(cacheDirectory: string): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', NODE_COMPILE_CACHE: cacheDirectory },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  let strike = Promise.withResolvers<'died' | 'lost'>();
  let killed = false;
  const ended = once(child, 'close').then(() => undefined);
  void ended.then(() => {
    if (!killed && child.signalCode === 'SIGKILL') strike.resolve('died');
  });
  child.on('message', (message: Said) => {
    if (message.said === 'lost') strike.resolve('lost');
  });
  await nextAnswer(child, ended).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${log}`);
  });

  async function ask(asked: Asked): Promise<Said> {
    const answer = nextAnswer(child, ended);
    child.send(asked, () => undefined);
    const said = await answer;
    if (said.said === 'failed') throw new Error(`the server process failed to ${asked.ask}: ${said.why}`);
    return said;
  }

  return {
    async open(env) {
      const said = await ask({ ask: 'open', env });
      if (said.said !== 'opened') throw new Error(`asked to open, it said ${said.said}`);
      return said.url;
    },
    async arm(order) {
      strike = Promise.withResolvers();
      await ask({ ask: 'arm', order });
    },
    work: async () => {
      await ask({ ask: 'work' });
    },
    async disarm() {
      const said = await ask({ ask: 'disarm' });
      return said.said === 'boundaries' ? said.boundaries : [];
    },
    close: async () => {
      await ask({ ask: 'close' });
    },
    struck: () => strike.promise,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    takeLog() {
      const taken = log;
      log = '';
      return taken;
    },
    async kill() {
      killed = true;
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The next word that answers a question. Rejects when the process ends before it. */
function nextAnswer(child: ChildProcess, ended: Promise<void>): Promise<Said> {
  const { promise, resolve, reject } = Promise.withResolvers<Said>();
  const hear = (message: Said) => {
    if (message.said !== 'lost') resolve(message);
  };
  const limit = setTimeout(() => reject(new Error('the server process says nothing')), loadLimitMs);
  child.on('message', hear);
  void ended.then(() => reject(new Error('the server process has ended')));
  return promise.finally(() => {
    clearTimeout(limit);
    child.off('message', hear);
  });
}

/** Server processes started ahead of their use, since loading the program lasts longer than a cell. */
export function supplyOf(cacheDirectory: string, size: number) {
  const waiting: Promise<ServerProcess>[] = [];
  const all = new Set<Promise<ServerProcess>>();
  let closed = false;

  function prepare(): void {
    if (closed) return;
    const started = startServerProcess(cacheDirectory);
    started.catch(() => undefined);
    all.add(started);
    waiting.push(started);
  }
  for (let count = 0; count < size; count += 1) prepare();

  return {
    take(): Promise<ServerProcess> {
      if (waiting.length === 0) prepare();
      const taken = waiting.shift() ?? Promise.reject(new Error('no more server processes are started'));
      if (waiting.length < size) prepare();
      return taken;
    },
    /** One that has lived and can be used again. */
    giveBack: (unharmed: ServerProcess) => void waiting.unshift(Promise.resolve(unharmed)),
    async close(): Promise<void> {
      closed = true;
      for (const started of await Promise.allSettled(all))
        if (started.status === 'fulfilled') await started.value.kill();
    },
  };
}

export type Supply = ReturnType<typeof supplyOf>;
