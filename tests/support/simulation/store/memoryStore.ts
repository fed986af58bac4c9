import { keySpendingSchema } from '../../../../src/models/schemas/access.ts';
import { walletSchema } from '../../../../src/models/schemas/account.ts';
import { archiveSumSchema } from '../../../../src/models/schemas/archive.ts';
import { auditSchema, unsealedSchema } from '../../../../src/models/schemas/audit.ts';
import {
  counterSchema,
  idempotencySchema,
  operationSchema,
} from '../../../../src/models/schemas/operation.ts';
import { tokenSchema } from '../../../../src/models/schemas/token.ts';
import { createTransactionTurns, type Database } from '../../../../src/repositories/database.ts';
import { createMemoryModel } from './memoryModel.ts';
import { MemorySession, type Shelf } from './session.ts';
import { type UniqueIndex, uniqueIndexes } from './uniqueness.ts';

/** What a call to the store is, for whoever lets it fail or come late. */
export type StoreCall = { kind: 'read' | 'write' | 'begin' | 'commit'; what: string };

/** Carries a call to the store and its answer back. `apply` is the moment at which it takes effect. */
export type Carry = <T>(call: StoreCall, apply: () => T) => Promise<T>;

/**
 * A MongoDB in memory, as far as the repositories of a melt use one: the real repositories run on it. Its unique indexes
 * are those of the real schemas. The contract tests (tests/integration/repositoryContract.test.ts) compare the two.
 */
export type MemoryStore = {
  /** Committed documents, for looking behind the repositories. */
  shelves: Record<
    | 'tokens'
    | 'archiveSums'
    | 'operations'
    | 'idempotency'
    | 'counters'
    | 'wallets'
    | 'audit'
    | 'unsealed'
    | 'keySpending',
    Shelf
  >;
  /** A client's view of the store. */
  connect(carry: Carry): Database;
};

export function createMemoryStore(now: () => Date): MemoryStore {
  const shelf = (name: string, indexes: readonly UniqueIndex[]): Shelf => ({
    name,
    docs: new Map(),
    indexes,
    revision: 0,
  });
  const shelves = {
    tokens: shelf('cashu_tokens', uniqueIndexes(tokenSchema)),
    archiveSums: shelf('archive_sums', uniqueIndexes(archiveSumSchema)),
    operations: shelf('operations', uniqueIndexes(operationSchema)),
    idempotency: shelf('idempotency_keys', uniqueIndexes(idempotencySchema)),
    counters: shelf('counters', uniqueIndexes(counterSchema)),
    wallets: shelf('wallets', uniqueIndexes(walletSchema)),
    audit: shelf('audit_events', uniqueIndexes(auditSchema)),
    unsealed: shelf('audit_unsealed', uniqueIndexes(unsealedSchema)),
    keySpending: shelf('key_spending', uniqueIndexes(keySpendingSchema)),
  };

  function connect(carry: Carry): Database {
    const model = (of: Shelf) => createMemoryModel(of, carry, now);
    const database: unknown = {
      tokens: model(shelves.tokens),
      archiveSums: model(shelves.archiveSums),
      operations: model(shelves.operations),
      idempotency: model(shelves.idempotency),
      counters: model(shelves.counters),
      wallets: model(shelves.wallets),
      audit: model(shelves.audit),
      unsealed: model(shelves.unsealed),
      keySpending: model(shelves.keySpending),
      connection: {
        startSession: () =>
          carry(
            { kind: 'begin', what: 'begin' },
            () => new MemorySession((apply) => carry({ kind: 'commit', what: 'commit' }, apply)),
          ),
      },
      turns: createTransactionTurns(),
      close: async () => undefined,
    };
    if (!standsIn(database)) throw new Error('the in-memory store lacks a collection');
    return database;
  }

  return { shelves, connect };
}

const needed = [
  'tokens',
  'archiveSums',
  'operations',
  'idempotency',
  'counters',
  'wallets',
  'audit',
  'unsealed',
  'keySpending',
  'connection',
  'turns',
];

/** Stands in for a connected database in everything that the melt's repositories ask of it. */
function standsIn(candidate: unknown): candidate is Database {
  return typeof candidate === 'object' && candidate !== null && needed.every((name) => name in candidate);
}
