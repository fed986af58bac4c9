import { invariant } from '../models/errors.ts';
import type { ReceiveOperation, SendOperation } from '../models/exchange.ts';
import {
  type Attempt,
  isFinished,
  isOfKind,
  type MeltOperation,
  type OfKind,
  type Operation,
  type OperationKey,
  type StoredReply,
} from '../models/operation.ts';
import type { OperationDocument } from '../models/schemas/operation.ts';
import type { UpkeepOperation } from '../models/upkeep.ts';
import type { Database } from './database.ts';
import { type Sealers, walletScope } from './dataKeys.ts';
import { createIdempotencyRecords } from './idempotencyRecords.ts';
import { operationDocument, operationFrom } from './operationDocuments.ts';
import { createOperationLeases } from './operationLeases.ts';
import type { Sealer } from './sealing.ts';
import type { Transaction } from './transaction.ts';
import { insertWhole, updateWhole } from './whole.ts';

/** A compare-and-set missed: another process has advanced the operation. Read it again. */
export class StaleOperation extends Error {
  constructor(operationId: string) {
    super(`operation ${operationId} has moved on`);
    this.name = 'StaleOperation';
  }
}

/** What a transition sets; identity and bookkeeping fields are not for the caller. */
export type Changes<T extends Operation> = Partial<
  Omit<
    T,
    | 'id'
    | 'kind'
    | 'npub'
    | 'walletId'
    | 'mintUrl'
    | 'unit'
    | 'version'
    | 'createdAt'
    | 'updatedAt'
    | 'timeline'
  >
>;

/** What takes hold of something in one transaction, which may be in doubt. */
export type Buriable = MeltOperation | SendOperation | ReceiveOperation | UpkeepOperation;

const maxTimelineEntries = 200;

export type OperationRepository = ReturnType<typeof createOperationRepository>;

export function createOperationRepository(database: Database, sealers: Sealers) {
  const { operations } = database;
  const leases = createOperationLeases(database, sealers);

  async function opened(found: OperationDocument): Promise<Operation> {
    return operationFrom(found, await sealers.toOpen(walletScope(found.wallet_id)));
  }

  /**
   * What this process has written, with what it was sealed by. The next version may be sealed by the same without a look at
   * the key: a database that still holds the version before, which the compare-and-set demands, holds its key as well.
   */
  const sealedBy = new WeakMap<Operation, Sealer>();

  async function sealed(operation: Operation, before: Operation | null, tx?: Transaction) {
    const known = before === null ? undefined : sealedBy.get(before);
    const sealer = known ?? (await sealers.toSeal(walletScope(operation.walletId), tx));
    sealedBy.set(operation, sealer);
    return operationDocument(operation, sealer);
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
    const found = await operations
      .findOne({ wallet_id: walletId, payment_hash_claim: paymentHash })
      .select({ _id: 1 })
      .lean<{ _id: string }>();
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

  /** Inserts a new operation with its creator's lease. Runs inside transaction A. `meltPlace`: see `freeMeltPlace`. */
  async function insert(
    tx: Transaction,
    operation: Operation,
    lease: { owner: string; leaseMs: number },
    meltPlace?: number,
  ): Promise<void> {
    const until = new Date(Date.now() + lease.leaseMs);
    const document = {
      ...(await sealed(operation, null, tx)),
      lease_owner: lease.owner,
      lease_until: until,
      ...(meltPlace === undefined ? {} : { melt_place: meltPlace }),
    };
    await insertWhole<OperationDocument>(operations, document, tx);
  }

  /**
   * A dead operation under an id whose insertion is in doubt: if this succeeds, that insertion never happened and never
   * will. @throws the duplicate key error when it did happen.
   */
  async function insertTombstone(operation: Buriable): Promise<void> {
    const document = await sealed(tombstoneOf(operation), null);
    await insertWhole<OperationDocument>(
      operations,
      { ...document, lease_owner: null, lease_until: null },
      null,
    );
  }

  /**
   * Moves an operation on by compare-and-set on id, state and version.
   * @returns the operation as written. @throws StaleOperation when it was not as the caller had read it.
   */
  async function transition<T extends Operation>(
    operation: T,
    changes: Changes<T>,
    event: string,
    at: Date,
    tx?: Transaction,
  ): Promise<T> {
    const next = advanced(operation, changes, event, at);
    const { _id, ...fields } = await sealed(next, operation, tx);
    // Nobody looks at it any more: the lease is given back with the same write.
    const lease = isFinished(next.state) ? { lease_owner: null, lease_until: null } : {};
    const absent = {
      ...(fields.open ? {} : { open: 1 }),
      ...(fields.payment_hash_claim ? {} : { payment_hash_claim: 1 }),
      ...(mayHang(next) ? {} : { melt_place: 1 }),
      ...(fields.budget_day === undefined ? { budget_day: 1, budget_unused: 1 } : {}),
    };
    const isMoved = await updateWhole<OperationDocument>(
      operations,
      { _id, wallet_id: operation.walletId, state: operation.state, version: operation.version },
      { $set: { ...fields, ...lease }, ...(Object.keys(absent).length > 0 ? { $unset: absent } : {}) },
      tx ?? null,
    );
    if (!isMoved) throw new StaleOperation(operation.id);
    return next;
  }

  /** Postpones the worker's next look without moving the operation on. */
  async function postpone(operation: Operation, dueAt: Date): Promise<void> {
    await operations.updateOne(
      { _id: operation.id, wallet_id: operation.walletId, version: operation.version },
      { $set: { due_at: dueAt } },
    );
  }

  /** The same after an error, when it is not known how far the operation came. */
  async function postponeOpen({ id, walletId }: OperationKey, dueAt: Date): Promise<void> {
    await operations.updateOne({ _id: id, wallet_id: walletId, open: true }, { $set: { due_at: dueAt } });
  }

  return {
    ...leases,
    ...createIdempotencyRecords(database),
    byId,
    ofKind,
    demandUnmoved,
    hold,
    ofWallet,
    byQuote,
    claiming,
    freeMeltPlace,
    insert,
    insertTombstone,
    transition,
    postpone,
    postponeOpen,
  };
}

function advanced<T extends Operation>(operation: T, changes: Changes<T>, event: string, at: Date): T {
  const state = changes.state ?? operation.state;
  const timeline = [...operation.timeline, { at, state, event }].slice(-maxTimelineEntries);
  return { ...operation, ...changes, version: operation.version + 1, updatedAt: at, timeline };
}

/** Of what never happened. Nothing was reserved, so nothing is given back. */
function tombstoneOf(operation: Buriable): Operation {
  const nothing = { inputs: [], attempts: [] };
  if (operation.kind === 'receive') {
    const failure = { cause: 'NOT_STARTED', detail: null };
    return { ...operation, ...nothing, state: 'refused', failure };
  }
  if (operation.kind === 'upkeep')
    return { ...operation, ...nothing, state: 'cancelled', sourceTokenIds: [] };
  return { ...operation, ...nothing, state: 'cancelled', budget: null, sourceTokenIds: [] };
}

/** Whether nobody knows yet when it ends. What is paid and waits for its change alone is no burden. */
function mayHang({ kind, state }: Operation): boolean {
  return kind === 'melt' && state !== 'paid' && !isFinished(state);
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
