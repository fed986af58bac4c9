import mongoose from 'mongoose';
import { apiKeySchema, auditSchema, reportSchema, walletSchema } from '../models/schemas/account.ts';
import { counterSchema, idempotencySchema, operationSchema } from '../models/schemas/operation.ts';
import { tokenSchema } from '../models/schemas/token.ts';

const serverSelectionTimeoutMs = 4_000;

/**
 * Connects and builds every index before it returns, so that no write ever runs without its guards.
 * All writes are majority and journalled, all reads are of majority-committed data on the primary.
 */
export async function openDatabase(uri: string) {
  const connection = mongoose.createConnection(uri, {
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
  const database = {
    connection,
    tokens: connection.model('CashuToken', tokenSchema),
    operations: connection.model('Operation', operationSchema),
    idempotency: connection.model('IdempotencyKey', idempotencySchema),
    counters: connection.model('Counter', counterSchema),
    wallets: connection.model('Wallet', walletSchema),
    apiKeys: connection.model('ApiKey', apiKeySchema),
    audit: connection.model('AuditEvent', auditSchema),
    reports: connection.model('ErrorReport', reportSchema),
    close: () => connection.close(),
  };
  for (const model of Object.values(connection.models)) {
    await model.createCollection();
    await model.createIndexes();
  }
  return database;
}

/** One connection with its models. Several may live in a process, so nothing hangs on mongoose's global one. */
export type Database = Awaited<ReturnType<typeof openDatabase>>;
