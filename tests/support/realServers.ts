import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { npubEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { SimulatorClient } from '../../simulator/client.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { loadConfig } from '../../src/config.ts';
import { createContext } from '../../src/context.ts';
import { disguisedMint } from './disguisedMint.ts';
import { freshDatabase } from './mongo.ts';
import { allowAnyRate } from './rates.ts';
import { type Json, until } from './world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `npm test` keeps here what was compiled, for whichever process of the run starts next. */
const compiled = process.env['NODE_COMPILE_CACHE'];

/** `src/index.ts` in a process of its own, as an operator runs it. */
export type RealServer = {
  url: string;
  process: ChildProcess;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** What it has logged. */
  said(): string;
};

export type Answer = { status: number; headers: IncomingHttpHeaders; body: Json };

/** Somewhere to run production servers: a database, a mint, secrets and a key that may do anything. */
export type Premises = Awaited<ReturnType<typeof openPremises>>;

export async function openPremises(settings: Record<string, string> = {}) {
  const database = await freshDatabase();
  const simulator = await startSimulator({ feeReserveMinSat: 2 });
  const mint = await disguisedMint(simulator);
  const directory = await mkdtemp(join(tmpdir(), 'crucible-premises-'));
  const env = {
    MONGODB_URI: database.uri,
    MINT_URL: mint.url,
    CRUCIBLE_PRIVATE_MINT_NETWORKS: '127.0.0.1',
    PORT: '0',
    CRUCIBLE_MNEMONIC: generateMnemonic(wordlist),
    CRUCIBLE_MASTER_KEY: randomBytes(32).toString('hex'),
    CRUCIBLE_SPOOL_DIR: join(directory, 'spool'),
    CRUCIBLE_WORKER_INTERVAL_MS: '100',
    // Its fees would be in nobody's story.
    CRUCIBLE_UPKEEP_INTERVAL_MS: '0',
    CRUCIBLE_SOLVENCY_INTERVAL_MS: '0',
    CRUCIBLE_ARCHIVE_AFTER_MS: '0',
    ...settings,
  };
  const servers = new Set<RealServer>();
  const sim = new SimulatorClient(simulator.url);
  const own = await createContext({
    ...loadConfig({ ...env, CRUCIBLE_LOG_LEVEL: 'silent' }),
    profile: 'production',
  });
  await allowAnyRate(own.services.rateLimits);
  const draft = { label: 'test', scopes: ['admin' as const], npub: null, expiresAt: null };
  const { token } = await own.services.apiKeys.issue(draft);

  /** Starts one more server. Resolves once it listens. @throws what it said, where it did not start */
  async function start(more: Record<string, string> = {}): Promise<RealServer> {
    const words = ['--disable-warning=ExperimentalWarning', join(root, 'src/index.ts')];
    const child = spawn(process.execPath, words, {
      cwd: directory,
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: compiled,
        NODE_ENV: 'production',
        ...env,
        ...more,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const ended = once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode }));
    const line = () => /\{[^\n]*"listening"[^\n]*\}/.exec(said)?.[0];
    await until(async () => line() !== undefined || child.exitCode !== null, 'listening', 40_000);
    const { url }: { url?: string } = JSON.parse(line() ?? '{}');
    if (url === undefined) throw new Error(`a server did not start: ${said}`);
    const server = { url, process: child, ended, said: () => said };
    servers.add(server);
    void ended.then(() => servers.delete(server));
    return server;
  }

  /** A wallet with so much in it. @returns where its routes are */
  async function wallet(url: string, amount: number): Promise<string> {
    const npub = npubEncode(getPublicKey(generateSecretKey()));
    const at = `/api/wallet/${npub}`;
    await call(url, token, 'POST', '/api/wallet/create', { npub });
    await sim.pay(String((await call(url, token, 'POST', `${at}/mint`, { amount })).body['invoice']));
    await until(
      async () => (await call(url, token, 'GET', `${at}/balance`)).body['balance'] === amount,
      'credited',
    );
    return at;
  }

  async function close(): Promise<void> {
    for (const { process: child, ended } of servers) {
      child.kill('SIGKILL');
      await ended;
    }
    await own.dispose();
    await mint.close();
    await simulator.close();
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  }

  return {
    sim,
    start,
    wallet,
    close,
    database: own.database,
    env,
    rateLimits: own.services.rateLimits,
    issueKey: () => own.services.apiKeys.issue(draft),
    ask: (url: string, method: 'GET' | 'POST', path: string, body?: object, key?: string) =>
      call(url, token, method, path, body, key),
  };
}

/**
 * One request on a connection of its own, so that what becomes of it is its own fate.
 * @throws the socket's error: ECONNREFUSED where nobody listens, ECONNRESET where it was cut off without an answer
 */
function call(
  url: string,
  token: string,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
  idempotencyKey?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      url + path,
      {
        method,
        agent: false,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
