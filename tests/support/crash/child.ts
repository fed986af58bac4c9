/**
 * Run as a process: the real server, with a watch at its I/O. It does what its parent says (`Asked`) and says when it is
 * done (`Said`), over Node's channel; its log goes to stderr. It ends with its parent.
 */
import { flushCompileCache } from 'node:module';
import { loadConfig } from '../../../src/config.ts';
import { type Context, createContext } from '../../../src/context.ts';
import { type RunningServer, startServer } from '../../../src/server.ts';
import { createHttpTransport, type Transport } from '../../../src/services/mint/transport.ts';
import type { Order } from './boundary.ts';
import { watchDatabase } from './databaseWatch.ts';
import { createWatch } from './watch.ts';

export type Asked =
  | { ask: 'open'; env: Record<string, string> }
  | { ask: 'arm'; order: Order }
  | { ask: 'work' }
  | { ask: 'disarm' }
  | { ask: 'close' };

export type Said =
  | { said: 'loaded' }
  | { said: 'opened'; url: string }
  | { said: 'done' }
  | { said: 'boundaries'; boundaries: string[] }
  | { said: 'failed'; why: string }
  /** Unasked: a reply was lost as ordered. */
  | { said: 'lost' };

type Server = { context: Context; running: RunningServer; closeTransport: () => Promise<void> };

const watch = createWatch(() => say({ said: 'lost' }));
watchDatabase(watch);
let server: Server | null = null;

process.on('message', (asked: Asked) => {
  answer(asked).then(say, (error: unknown) => say({ said: 'failed', why: String(error) }));
});
process.on('disconnect', () => process.exit(0));
// What is killed writes no cache on its way out.
flushCompileCache();
say({ said: 'loaded' });

async function answer(asked: Asked): Promise<Said> {
  switch (asked.ask) {
    case 'open':
      server = await open(asked.env);
      return { said: 'opened', url: server.running.url };
    case 'arm':
      watch.arm(asked.order);
      return { said: 'done' };
    case 'work':
      server?.context.startWorkers();
      return { said: 'done' };
    case 'disarm':
      return { said: 'boundaries', boundaries: watch.disarm() };
    case 'close':
      await close();
      return { said: 'done' };
  }
}

async function open(env: Record<string, string>): Promise<Server> {
  const { config, secrets } = loadConfig(env);
  const http = createHttpTransport({
    connectTimeoutMs: config.mintConnectTimeoutMs,
    mintUrls: config.mintUrls,
    privateNetworks: config.privateMintNetworks,
  });
  const context = await createContext({ config, secrets, overrides: { transport: watched(http.carry) } });
  const running = await startServer(context, { host: '127.0.0.1', port: 0 });
  return { context, running, closeTransport: http.close };
}

async function close(): Promise<void> {
  if (server === null) return;
  const { context, running, closeTransport } = server;
  server = null;
  await Promise.all([context.drain(), running.close(0)]);
  await context.dispose();
  await closeTransport();
}

/** Quotes have names of their own each time; the boundary is the route. */
function watched(carry: Transport): Transport {
  return (request) =>
    watch.pass({
      name: `mint ${request.method} ${routeOf(new URL(request.url).pathname)}`,
      carry: () => carry(request),
      lose: () => ({ kind: 'lost', reason: 'network' }),
    });
}

function routeOf(path: string): string {
  return path.replace(/(\/quote\/bolt11)\/.+$/, '$1/:id').replace(/(\/v1\/keys)\/.+$/, '$1/:id');
}

function say(message: Said): void {
  process.send?.(message);
}
