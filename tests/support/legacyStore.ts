import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { mongo } from 'mongoose';
import { SimulatorClient } from '../../simulator/client.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { loadConfig } from '../../src/config.ts';
import { type Context, createContext } from '../../src/context.ts';
import type { TokenDocument } from '../../src/models/schemas/token.ts';
import { createSealer } from '../../src/repositories/sealing.ts';
import { tokenFrom } from '../../src/repositories/tokenDocuments.ts';
import { startServer } from '../../src/server.ts';
import { freshDatabase } from './mongo.ts';
import type { Json, Reply } from './world.ts';

export type Ended = { code: number; stdout: string; stderr: string };

/** Documents by collection, as a store of the earlier design holds them. */
export type LegacyDocuments = Record<string, Json[]>;

/** A database that no server of this version has opened yet, beside a mint. */
export type LegacyStore = Awaited<ReturnType<typeof startLegacyStore>>;

export async function startLegacyStore() {
  const simulator = await startSimulator({ feeReserveMinSat: 4 });
  const sim = new SimulatorClient(simulator.url);
  const masterKey = randomBytes(32).toString('hex');
  const endings: (() => Promise<void>)[] = [() => simulator.close()];

  /** One more database beside the same mint. */
  async function database(documents: LegacyDocuments) {
    const fresh = await freshDatabase();
    const client = await mongo.MongoClient.connect(fresh.uri);
    endings.unshift(async () => {
      await client.close();
      await fresh.drop();
    });
    const db = client.db();
    for (const [name, some] of Object.entries(documents))
      if (some.length > 0) await db.collection(name).insertMany(some.map((document) => ({ ...document })));
    const env = {
      MONGODB_URI: named(fresh.uri, db.databaseName),
      MINT_URL: simulator.url,
      // Each its own: two databases of one seed would ask the mint to sign the same outputs.
      CRUCIBLE_MNEMONIC: generateMnemonic(wordlist),
      CRUCIBLE_MASTER_KEY: masterKey,
      CRUCIBLE_LOG_LEVEL: 'silent',
    };

    const start = (words: readonly string[], more: Record<string, string> = {}) =>
      run(['src/cli/index.ts', ...words], { ...env, ...more });
    return {
      db,
      env,
      /** `crucible …`, and how it ended. */
      crucible: (...words: string[]) => start(words).ended,
      start,
      /** The production server's own process. */
      startProcess: () => run(['src/index.ts'], { ...env, PORT: '0' }),
      /** Every document, with its types, collection by collection. */
      dump: () => dump(db),
      contents: () => contents(db, masterKey),
      serve: () => serve(env, (ending) => endings.unshift(ending)),
    };
  }

  return {
    sim,
    mintUrl: simulator.url,
    database,
    end: async () => {
      for (const ending of endings) await ending();
    },
  };
}

/** The same address, under which a client tells the database its name. */
function named(uri: string, appName: string): string {
  const url = new URL(uri);
  url.searchParams.set('appName', appName);
  return url.href;
}

export type Database = Awaited<ReturnType<LegacyStore['database']>>;

function run(words: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [...words], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, ended: endOf(child) };
}

function endOf(child: ChildProcess): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (part: Buffer) => (said.stdout += part.toString()));
  child.stderr?.on('data', (part: Buffer) => (said.stderr += part.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, ...said }));
  });
}

async function dump(db: mongo.Db): Promise<string> {
  const names = (await db.listCollections().toArray()).map(({ name }) => name).sort();
  const all: Json = {};
  for (const name of names) {
    const collection = db.collection(name);
    all[name] = {
      indexes: (await collection.listIndexes().toArray()).map(({ name: index }) => index),
      documents: await collection.find().sort({ _id: 1 }).toArray(),
    };
  }
  return mongo.BSON.EJSON.stringify(all, { relaxed: false });
}

/**
 * What a migrated store holds, for comparing two of them: with secrets opened, and without what differs from run to run
 * (nonces, times, audit ids).
 */
async function contents(db: mongo.Db, masterKey: string): Promise<Json> {
  const sealer = createSealer(Buffer.from(masterKey, 'hex'));
  const tokens = await db
    .collection<TokenDocument>('cashu_tokens', { promoteLongs: true })
    .find()
    .sort({ _id: 1 })
    .toArray();
  const without = async (name: string) =>
    db
      .collection(name)
      .find({}, { projection: { sealed: 0, archived_at: 0 } })
      .sort({ _id: 1 })
      .toArray();
  const audited = await db.collection('audit_events').find().sort({ 'details.tokenId': 1 }).toArray();
  return plain({
    tokens: tokens.map((token) => tokenFrom(token, sealer)),
    wallets: await without('wallets'),
    archivedTokens: await without('legacy_tokens'),
    archivedWallets: await without('legacy_wallets'),
    audited: audited.map(({ event, details }) => ({ event, details })),
  });
}

function plain(value: object): Json {
  return JSON.parse(
    JSON.stringify(value, (_name, inner: unknown) => (typeof inner === 'bigint' ? `${inner}` : inner)),
  );
}

/** The whole production server on such a database, spoken to over HTTP with an admin's key. */
async function serve(env: Record<string, string>, atEnd: (ending: () => Promise<void>) => void) {
  const context = await createContext(loadConfig(env));
  const server = await startServer(context, { host: '127.0.0.1', port: 0 });
  context.startWorkers();
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= stopServer(context, () => server.close(0)));
  atEnd(stop);
  const draft = { label: 'test', scopes: ['admin' as const], npub: null, expiresAt: null };
  const { token } = await context.services.apiKeys.issue(draft);
  async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Reply> {
    const response = await fetch(`${server.url}/api/wallet/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const json: unknown = await response.json();
    const members = typeof json === 'object' && json !== null ? { ...json } : {};
    return { status: response.status, headers: response.headers, body: members };
  }
  return { context, call, stop };
}

async function stopServer(context: Context, close: () => Promise<void>): Promise<void> {
  await context.drain();
  await close();
  await context.dispose();
}
