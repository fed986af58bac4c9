import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { npubEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { SimulatorClient } from '../../simulator/client.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { loadConfig } from '../../src/config.ts';
import { type Context, createContext, type Overrides } from '../../src/context.ts';
import type { Scope } from '../../src/models/apiKey.ts';
import { startServer } from '../../src/server.ts';
import { createLeakScan } from './leakScan/leakScan.ts';
import { isEveryWorldScanned, tellSuite } from './leakScan/suite.ts';
import { freshDatabase } from './mongo.ts';
import { expectDocumented, watchAnswers } from './openapi/watch.ts';
import { twoWays } from './twoWays.ts';

export type Json = Record<string, unknown>;
export type Reply = { status: number; headers: Headers; body: Json };

export type WorldOptions = {
  simulator?: SimulatorOptions;
  env?: Record<string, string>;
  overrides?: Overrides;
  workers?: boolean;
  /** Records all secrets and whatever is written down, so that `leakScan.look()` can compare the two. */
  leakScan?: true;
  /** Puts something between the server and its database. */
  relay?: (uri: string) => Promise<string>;
};

/** A whole Crucible with a database and a mint of its own: the production server, spoken to over HTTP. */
export type World = Awaited<ReturnType<typeof startWorld>>;

export async function startWorld(options: WorldOptions = {}) {
  watchAnswers();
  const fresh = await freshDatabase();
  const simulator = await startSimulator(options.simulator ?? {});
  const sim = new SimulatorClient(simulator.url);
  const spool = await mkdtemp(join(tmpdir(), 'crucible-spool-'));
  const env = {
    MONGODB_URI: options.relay === undefined ? fresh.uri : await options.relay(fresh.uri),
    MINT_URL: simulator.url,
    CRUCIBLE_PRIVATE_MINT_NETWORKS: '127.0.0.1',
    PORT: '0',
    CRUCIBLE_MNEMONIC: generateMnemonic(wordlist),
    CRUCIBLE_MASTER_KEY: randomBytes(32).toString('hex'),
    CRUCIBLE_SPOOL_DIR: spool,
    CRUCIBLE_LOG_LEVEL: 'silent',
    // Tests of limits turn them on.
    CRUCIBLE_RATE_LIMIT: 'off',
    CRUCIBLE_FENCE_DELAY_MS: '300',
    CRUCIBLE_ANSWER_WITHIN_MS: '3000',
    CRUCIBLE_ORPHAN_AFTER_MS: '2500',
    CRUCIBLE_LEASE_MS: '1500',
    CRUCIBLE_WORKER_INTERVAL_MS: '100',
    // Tests of upkeep turn it on.
    CRUCIBLE_UPKEEP_INTERVAL_MS: '0',
    // So do those of threads.
    CRUCIBLE_CURVE_THREADS: '0',
    // So do those of verification.
    CRUCIBLE_SOLVENCY_INTERVAL_MS: '0',
    // And of the archive.
    CRUCIBLE_ARCHIVE_AFTER_MS: '0',
    ...options.env,
  };
  const isScanned = options.leakScan === true || isEveryWorldScanned();
  const leakScan = isScanned ? createLeakScan({ uri: fresh.uri, spool, env }) : null;
  const instances: Instance[] = [];

  /** One more process' worth of server on the same database, as another instance would be. */
  async function instance(
    overrides: Overrides = options.overrides ?? {},
    workers = options.workers ?? true,
  ): Promise<Instance> {
    const recorded = leakScan?.overrides(overrides) ?? overrides;
    const context = await createContext({ ...loadConfig(env), overrides: recorded });
    const server = await startServer(context, { host: '127.0.0.1', port: 0 });
    leakScan?.listensAt(server.port);
    if (workers) context.startWorkers();
    const started: Instance = {
      context,
      url: server.url,
      stop: once(() => stop(context, () => server.close(0))),
    };
    instances.push(started);
    return started;
  }

  const first = await instance();
  const keyFor = (scopes: Scope[], npub: string | null = null) => keyOf(first.context, scopes, npub);
  const adminKey = await keyFor(['admin']);
  const send = twoWays(adminKey);

  async function call(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    url = first.url,
  ): Promise<Reply> {
    const response = await send(url, { method, path, body, headers });
    const json: unknown = JSON.parse(response.body);
    expectDocumented();
    return {
      status: response.status,
      headers: response.headers,
      body: typeof json === 'object' && json !== null ? { ...json } : {},
    };
  }

  /** A wallet of a new owner, funded over Lightning with each of these amounts as a token of its own. */
  const wallet = (...amounts: number[]): Promise<TestWallet> =>
    walletOf(npubEncode(getPublicKey(generateSecretKey())), ...amounts);

  async function walletOf(npub: string, ...amounts: number[]): Promise<TestWallet> {
    const at = `/api/wallet/${npub}`;
    await call('POST', '/api/wallet/create', { npub });
    for (const amount of amounts) await fund(at, amount);
    return {
      npub,
      at,
      fund: (amount) => fund(at, amount),
      balance: () => balanceOf({ call }, npub),
      melt: (invoice, more = {}, headers = {}, url = first.url) =>
        call('POST', `${at}/melt`, { invoice, ...more }, headers, url),
      status: (transactionId) => call('GET', `${at}/melt/${String(transactionId)}`),
    };
  }

  async function fund(at: string, amount: number): Promise<void> {
    const asked = await call('POST', `${at}/mint`, { amount });
    await sim.pay(String(asked.body['invoice']));
    await until(
      async () =>
        (await call('POST', `${at}/mint/complete`, { quoteId: asked.body['quote'] })).status === 200,
    );
  }

  return {
    ...first,
    sim,
    simulator,
    env,
    instance,
    call,
    keyFor,
    wallet,
    walletOf,
    /** Null unless asked for. */
    leakScan,
    end: async () => {
      for (const { stop } of instances) await stop();
      // A test that asked for the scan has looked for itself, at what it planted, too.
      if (leakScan !== null && options.leakScan !== true) await tellSuite(leakScan);
      leakScan?.stop();
      await simulator.close();
      await fresh.drop();
      await rm(spool, { recursive: true, force: true });
      expectDocumented();
    },
  };
}

export type Instance = { context: Context; url: string; stop: () => Promise<void> };

export type TestWallet = {
  npub: string;
  at: string;
  fund(amount: number): Promise<void>;
  balance(): Promise<Record<string, number>>;
  melt(invoice: string, more?: Json, headers?: Record<string, string>, url?: string): Promise<Reply>;
  status(transactionId: unknown): Promise<Reply>;
};

async function stop(context: Context, close: () => Promise<void>): Promise<void> {
  await context.drain();
  await close();
  await context.dispose();
}

async function keyOf(context: Context, scopes: Scope[], npub: string | null): Promise<string> {
  return (await context.services.apiKeys.issue({ label: 'test', scopes, npub, expiresAt: null })).token;
}

/**
 * What a wallet holds. Where the database's connection was just cut, the answer says to ask again, and that is done;
 * any other answer without a balance is thrown.
 */
export async function balanceOf(
  { call }: Pick<World, 'call'>,
  npub: string,
): Promise<Record<string, number>> {
  let reply = await call('GET', `/api/wallet/${npub}/balance`);
  for (let repeats = 0; repeats < 5 && reply.body['code'] === 'DATABASE_UNAVAILABLE'; repeats += 1)
    reply = await call('GET', `/api/wallet/${npub}/balance`);
  const { details } = reply.body;
  if (typeof details !== 'object' || details === null)
    throw new Error(`no balance: HTTP ${reply.status} ${JSON.stringify(reply.body)}`);
  return Object.fromEntries(Object.entries(details).map(([name, amount]) => [name, Number(amount)]));
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

/** Waits until something is so; says what it waited for when it never is. */
export async function until(isSo: () => Promise<boolean>, what = 'it', limitMs = 15_000): Promise<void> {
  // Mostly it is soon; a wait that lasts must not take the time of what is waited for.
  let pauseMs = 10;
  for (const giveUpAt = Date.now() + limitMs; Date.now() < giveUpAt; pauseMs = Math.min(100, pauseMs * 1.5)) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new Error(`${what} never became so within ${limitMs} ms`);
}

/**
 * The same while the clock runs on: the longer an operation is open, the more rarely it is looked at. `pass`: what lets
 * time pass before each look.
 */
export function untilLater(
  pass: () => void,
  isSo: () => Promise<boolean>,
  what: string,
  limitMs?: number,
): Promise<void> {
  const isSoByThen = () => {
    pass();
    return isSo();
  };
  return until(isSoByThen, what, limitMs);
}
