/**
 * Run as a process: as much of mongosh as the scripts in ops use, on the real driver, because mongosh itself is
 * no package to develop with. `node mongosh.ts <uri> <script>`. Its calls are synchronous, as in mongosh, so the driver
 * lives in a worker.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { compileFunction, createContext } from 'node:vm';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';

export type Request = { database: string } & (
  | { command: Record<string, unknown> }
  | { user: string; password: string }
);
export type Answer =
  | { reply: Record<string, unknown> }
  | { message: string; code: unknown; codeName: unknown };

const [uri = '', script = ''] = process.argv.slice(2);
const { port1, port2 } = new MessageChannel();
const answered = new Int32Array(new SharedArrayBuffer(4));
new Worker(new URL('./mongoshWorker.ts', import.meta.url), {
  workerData: { uri, port: port2, answered },
  transferList: [port2],
}).unref();

function ask(request: Request): Record<string, unknown> {
  Atomics.store(answered, 0, 0);
  port1.postMessage(request);
  if (Atomics.wait(answered, 0, 0, 30_000) === 'timed-out') throw new Error('the worker does not answer');
  const answer: Answer | undefined = receiveMessageOnPort(port1)?.message;
  if (answer === undefined) throw new Error('the worker said nothing');
  if ('reply' in answer) return answer.reply;
  const { message, code, codeName } = answer;
  throw Object.assign(new Error(message), { code, codeName });
}

const databaseNamed = (database: string) => ({
  getName: () => database,
  getSiblingDB: databaseNamed,
  runCommand: (command: Record<string, unknown>) => ask({ database, command }),
  auth: (user: string, password: string) => ask({ database, user, password }),
});

/** What scripts find there; they may put another database in the place of `db`. */
const globals = createContext({
  db: databaseNamed(new URL(uri).pathname.slice(1) || 'test'),
  // As extended JSON, since classes do not survive the way to the worker.
  MinKey: () => ({ $minKey: 1 }),
  MaxKey: () => ({ $maxKey: 1 }),
  print: console.log,
  quit: process.exit,
  require: createRequire(import.meta.url),
  process,
  URL,
  load,
});

function load(path: string): void {
  const compiled = compileFunction(readFileSync(path, 'utf8'), ['__dirname'], { parsingContext: globals });
  compiled(dirname(path));
}

try {
  load(resolve(script));
  process.exit(0);
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
