import { randomUUID } from 'node:crypto';
import mongoose from 'mongoose';
import { createFairTurns, type FairTurns } from '../models/fairTurns.ts';
import { bearerTokenSchema, keySpendingSchema, signedRequestSchema } from '../models/schemas/access.ts';
import { apiKeySchema, reportSchema, walletSchema } from '../models/schemas/account.ts';
import { archiveSumSchema, archivedTokenSchema as spentTokenSchema } from '../models/schemas/archive.ts';
import { auditSchema, sealSchema, unsealedSchema } from '../models/schemas/audit.ts';
import { dataKeySchema } from '../models/schemas/dataKey.ts';
import { deploymentSchema } from '../models/schemas/deployment.ts';
import { archivedTokenSchema, archivedWalletSchema } from '../models/schemas/legacy.ts';
import { standingSchema } from '../models/schemas/metrics.ts';
import { counterSchema, idempotencySchema, operationSchema } from '../models/schemas/operation.ts';
import { rateCounterSchema, rateLimitSchema } from '../models/schemas/rateLimit.ts';
import { tokenSchema } from '../models/schemas/token.ts';
import { refuseUnfitDatabase } from './durability.ts';
import { refuseUnmigrated } from './legacy/shape.ts';

const serverSelectionTimeoutMs = 4_000;
/** Longer than any transaction takes whose database answers, and half as long as others wait for their turn. */
const longestTurnMs = 5_000;
/** Beyond this the database gets no faster, and each transaction slower (ADR 42). */
const usualTransactions = 8;

/** Turns for the transactions of one process, which its wallets take one after the other. */
export const createTransactionTurns = (places = usualTransactions): FairTurns =>
  createFairTurns({ places, holdMs: longestTurnMs });

/**
 * Connects and builds every index before it returns, so that no write ever runs without its guards. `beforeIndexes` may
 * refuse the database by throwing; until it has returned, nothing is written.
 * @throws DatabaseUnfit where what it confirms would not be kept, StoreNotMigrated where documents of the earlier design are left; nothing is written then.
 */
export async function openDatabase(
  uri: string,
  beforeIndexes: (database: Database) => Promise<void> = async () => {},
  turns: FairTurns = createTransactionTurns(),
): Promise<Database> {
  const database = await connectDatabase(uri, turns);
  try {
    await refuseUnfitDatabase(database.connection);
    await refuseUnmigrated(database.connection);
    await beforeIndexes(database);
    await buildIndexes(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Creates every collection with its indexes, where they are missing. */
export async function buildIndexes({ connection }: Pick<Database, 'connection'>): Promise<void> {
  for (const model of Object.values(connection.models)) {
    await model.createCollection();
    await model.createIndexes();
  }
}

/**
 * Connects and writes nothing: for `crucible migrate`, which meets a store as it is.
 * All writes are majority and journalled, all reads are of majority-committed data on the primary.
 */
export async function connectDatabase(uri: string, turns: FairTurns = createTransactionTurns()) {
  const appName = instanceName(uri);
  const connection = mongoose.createConnection(uri, {
    appName,
    serverSelectionTimeoutMS: serverSelectionTimeoutMs,
    connectTimeoutMS: serverSelectionTimeoutMs,
    socketTimeoutMS: 20_000,
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: 10_000 },
    readConcern: { level: 'majority' },
    readPreference: 'primary',
    retryWrites: true,
    autoIndex: false,
    autoCreate: false,
    bufferCommands: false,
    maxPoolSize: 50,
  });
  await connection.asPromise();
  return {
    connection,
    turns,
    appName,
    tokens: connection.model('CashuToken', tokenSchema),
    archivedTokens: connection.model('ArchivedSpentToken', spentTokenSchema),
    archiveSums: connection.model('ArchiveSum', archiveSumSchema),
    operations: connection.model('Operation', operationSchema),
    idempotency: connection.model('IdempotencyKey', idempotencySchema),
    counters: connection.model('Counter', counterSchema),
    wallets: connection.model('Wallet', walletSchema),
    apiKeys: connection.model('ApiKey', apiKeySchema),
    keySpending: connection.model('KeySpending', keySpendingSchema),
    signedRequests: connection.model('SignedRequest', signedRequestSchema),
    bearerTokens: connection.model('BearerToken', bearerTokenSchema),
    rateLimits: connection.model('RateLimit', rateLimitSchema),
    rateCounters: connection.model('RateCounter', rateCounterSchema),
    audit: connection.model('AuditEvent', auditSchema),
    unsealed: connection.model('UnsealedEvent', unsealedSchema),
    seals: connection.model('AuditSeal', sealSchema),
    reports: connection.model('ErrorReport', reportSchema),
    deployment: connection.model('Deployment', deploymentSchema),
    standings: connection.model('MetricStanding', standingSchema),
    dataKeys: connection.model('DataKey', dataKeySchema),
    legacyTokens: connection.model('ArchivedToken', archivedTokenSchema),
    legacyWallets: connection.model('ArchivedWallet', archivedWalletSchema),
    close: () => connection.close(),
  };
}

/**
 * Under which the database knows this instance: `crucible/<database>/<uuid>`, at most 109 of the 128 bytes allowed. By it
 * instances tell one another, and those of another deployment, from a server that has died (deadTransactions.ts).
 */
function instanceName(uri: string): string {
  const { dbName } = new mongoose.mongo.MongoClient(uri).options;
  return `crucible/${dbName}/${randomUUID()}`;
}

/** One connection with its models. Several may live in a process, so nothing hangs on mongoose's global one. */
export type Database = Awaited<ReturnType<typeof connectDatabase>>;
