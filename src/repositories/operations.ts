import { invariant } from '../models/errors.ts';
import {
  type Attempt,
  isOfKind,
  type OfKind,
  type Operation,
  type OperationKey,
  type StoredReply,
} from '../models/operation.ts';
import type { OperationDocument } from '../models/schemas/operation.ts';
import type { Database } from './database.ts';
import { type Sealers, walletScope } from './dataKeys.ts';
import { createIdempotencyRecords } from './idempotencyRecords.ts';
import { operationFrom } from './operationDocuments.ts';
import { createOperationLeases } from './operationLeases.ts';
import { createOperationWrites, StaleOperation } from './operationWrites.ts';
import type { Transaction } from './transaction.ts';
import { readWhole } from './whole.ts';

export { type Buriable, type Changes, StaleOperation } from './operationWrites.ts';

export type OperationRepository = ReturnType<typeof createOperationRepository>;

export function createOperationRepository(database: Database, sealers: Sealers) {
  const { operations } = database;
  const leases = createOperationLeases(database, sealers);

  async function opened(found: OperationDocument): Promise<Operation> {
    return operationFrom(found, await sealers.toOpen(walletScope(found.wallet_id)));
  }

  /** For whoever knows nothing else of it. */
  async function byId(id: string): Promise<Operation | null> {
    const found = await operations.findOne({ _id: id }).lean<OperationDocument>();
    return found === null ? null : opened(found);
  }

  /**
   * Reads an open operation in a transaction and takes hold of it first: otherwise a lease renewed meanwhile makes the
   * transaction conflict at its last write, and on a slow database again and again.
   */
  async function hold({ id, walletId }: OperationKey, tx: Transaction, at: Date): Promise<Operation | null> {
    const touched = { $set: { updated_at: at } };
    const held = await operations
      .findOneAndUpdate({ _id: id, wallet_id: walletId, open: true }, touched, {
        session: tx.session,
        returnDocument: 'after',
      })
      .lean<OperationDocument>();
    return held === null ? ofWallet(walletId, id, tx) : opened(held);
  }

  /** @throws InvariantBroken where it is none of this kind */
  async function ofKind<K extends Operation['kind']>(
    kind: K,
    { id, walletId }: OperationKey,
  ): Promise<OfKind<K>> {
    const operation = await ofWallet(walletId, id);
    invariant(isOfKind(operation, kind), `${id} is not a ${kind}`);
    return operation;
  }

  /** @throws StaleOperation where it has moved on since it was read */
  async function demandUnmoved({ id, walletId, version }: Operation): Promise<void> {
    if ((await ofWallet(walletId, id))?.version !== version) throw new StaleOperation(id);
  }

  /** An operation of this wallet, so that one wallet's ids open nothing of another's. */
  async function ofWallet(walletId: string, id: string, tx?: Transaction): Promise<Operation | null> {
    const query = operations.findOne({ _id: id, wallet_id: walletId });
    const found = await (tx ? query.session(tx.session) : query).lean<OperationDocument>();
    return found === null ? null : opened(found);
  }

  async function byQuote(
    walletId: string,
    kind: Operation['kind'],
    quoteId: string,
  ): Promise<Operation | null> {
    const found = await operations
      .findOne({ wallet_id: walletId, kind, quote_id: quoteId })
      .lean<OperationDocument>();
    return found === null ? null : opened(found);
  }

  /** The operation that is paying, or has paid, this invoice for this wallet. */
  async function claiming(walletId: string, paymentHash: string): Promise<string | null> {
    const where = { wallet_id: walletId, payment_hash_claim: paymentHash };
    const [found] = await readWhole<OperationDocument>(operations, where, { fields: { _id: 1 }, limit: 1 });
    return found?._id ?? null;
  }

  /**
   * One of the `places` that a wallet has for open melts, drawn from those that are free now; a unique index lets one only
   * have it. Null when none is free.
   */
  async function freeMeltPlace(walletId: string, places: number): Promise<number | null> {
    const found = await operations
      .find({ wallet_id: walletId, melt_place: { $exists: true } })
      .select({ melt_place: 1 })
      .limit(places)
      .lean<Pick<OperationDocument, 'melt_place'>[]>();
    const taken = new Set(found.map(({ melt_place }) => melt_place));
    const free = Array.from({ length: places }, (_, place) => place).filter((place) => !taken.has(place));
    return free[Math.floor(Math.random() * free.length)] ?? null;
  }

  return {
    ...leases,
    ...createOperationWrites(database, sealers),
    ...createIdempotencyRecords(database),
    byId,
    ofKind,
    demandUnmoved,
    hold,
    ofWallet,
    byQuote,
    claiming,
    freeMeltPlace,
  };
}

/** The attempts of an operation with one of them changed. */
export function withAttempt(attempts: readonly Attempt[], changed: Attempt): Attempt[] {
  return attempts.map((attempt) =>
    attempt.purpose === changed.purpose && attempt.number === changed.number ? changed : attempt,
  );
}

/** An attempt whose request has come back with something. */
export function withReply(attempt: Attempt, reply: StoredReply): Attempt {
  return { ...attempt, reply, endedAt: reply.at };
}
