import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { mongo } from 'mongoose';
import { SimulatorClient } from '../../simulator/client.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { createMigration } from '../../src/commandContext.ts';
import { loadConfig } from '../../src/config.ts';
import { type Context, createContext } from '../../src/context.ts';
import type { TokenDocument } from '../../src/models/schemas/token.ts';
import { tokenFrom } from '../../src/repositories/tokenDocuments.ts';
import { startServer } from '../../src/server.ts';
import type { MigrationReport, MigrationService } from '../../src/services/migration/migrationService.ts';
import { freshDatabase } from './mongo.ts';
import { insertRaw } from './rawBson.ts';
import { sealerBehind } from './sealers.ts';
import type { Json, Reply } from './world.ts';

export type Ended = { code: number; stdout: string; bytes: Buffer; stderr: string };

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
      CRUCIBLE_PRIVATE_MINT_NETWORKS: '127.0.0.1',
      // Each its own: two databases of one seed would ask the mint to sign the same outputs.
      CRUCIBLE_MNEMONIC: generateMnemonic(wordlist),
      CRUCIBLE_MASTER_KEY: masterKey,
      CRUCIBLE_LOG_LEVEL: 'silent',
    };

    async function migration<T>(
      work: (service: MigrationService) => Promise<T>,
      more: Record<string, string> = {},
    ): Promise<T> {
      const { migration: service, dispose } = await createMigration(loadConfig({ ...env, ...more }));
      return work(service).finally(dispose);
    }

    const start = (words: readonly string[], more: Record<string, string> = {}) =>
      run(['src/cli/index.ts', ...words], { ...env, ...more });
    return {
      db,
      env,
      /** `crucible …`, and how it ended. */
      crucible: (...words: string[]) => start(words).ended,
      start,
      /** The migration without the command line: no process to wait for. */
      migrate: (dryRun = false, more: Record<string, string> = {}): Promise<MigrationReport> =>
        migration((service) => service.migrate({ dryRun, onProgress: () => {} }), more),
      original: (name: string) => migration((service) => service.original(name)),
      /** Documents that are more than a driver would send. */
      insertRaw: (collection: string, some: readonly Buffer[]) => insertRaw(fresh.uri, collection, some),
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
  const said: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  child.stdout?.on('data', (part: Buffer) => said.stdout.push(part));
  child.stderr?.on('data', (part: Buffer) => said.stderr.push(part));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const bytes = Buffer.concat(said.stdout);
      const stderr = Buffer.concat(said.stderr).toString();
      resolve({ code: code ?? -1, stdout: bytes.toString(), bytes, stderr });
    });
  });
}

/** As the database stores them: texts stand in it as they are. */
async function dump(db: mongo.Db): Promise<string> {
  const names = (await db.listCollections().toArray()).map(({ name }) => name).sort();
  const all: string[] = [];
  for (const name of names) {
    const collection = db.collection(name);
    const indexes = (await collection.listIndexes().toArray()).map(({ name: index }) => index);
    all.push(`${name}: ${indexes}`);
    for await (const found of collection.find({}, { raw: true }).sort({ _id: 1 }))
      if (Buffer.isBuffer(found)) all.push(found.toString('latin1'));
  }
  return all.join('\n');
}

/**
 * What a migrated store holds, for comparing two of them: with secrets opened, and without what differs from run to run
 * (nonces, times, audit ids).
 */
async function contents(db: mongo.Db, masterKey: string): Promise<Json> {
  const sealer = await sealerBehind(db, { CRUCIBLE_MASTER_KEY: masterKey });
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
