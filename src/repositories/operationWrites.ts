import { isDeepStrictEqual } from 'node:util';
import type { ReceiveOperation, SendOperation } from '../models/exchange.ts';
import { isFinished, type MeltOperation, type Operation, type OperationKey } from '../models/operation.ts';
import type { OperationDocument } from '../models/schemas/operation.ts';
import type { UpkeepOperation } from '../models/upkeep.ts';
import type { Database } from './database.ts';
import { type Sealers, walletScope } from './dataKeys.ts';
import { operationDocument, type StoredOperation } from './operationDocuments.ts';
import { sealingParts } from './sealedParts.ts';
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

/** How operations come to be written, and each of their versions after the first. */
export function createOperationWrites({ operations }: Pick<Database, 'operations'>, sealers: Sealers) {
  /**
   * What this process has written, and how. The next version may be sealed by the same without a look at the key: a database that still
   * holds the version before, which the compare-and-set demands, holds its key as well.
   */
  const written = new WeakMap<Operation, Written>();

  async function document(
    operation: Operation,
    before: Operation | null,
    tx?: Transaction,
  ): Promise<Written> {
    const known = before === null ? undefined : written.get(before);
    const sealer = known?.sealer ?? (await sealers.toSeal(walletScope(operation.walletId), tx));
    const { seal, all } = sealingParts(sealer, known?.sealed);
    const made = { sealer, sealed: all, stored: operationDocument(operation, seal) };
    written.set(operation, made);
    return made;
  }

  /** Inserts a new operation with its creator's lease. Runs inside transaction A. `meltPlace`: see `freeMeltPlace`. */
  async function insert(
    tx: Transaction,
    operation: Operation,
    lease: { owner: string; leaseMs: number },
    meltPlace?: number,
  ): Promise<void> {
    const until = new Date(Date.now() + lease.leaseMs);
    const inserted = {
      ...(await document(operation, null, tx)).stored,
      lease_owner: lease.owner,
      lease_until: until,
      ...(meltPlace === undefined ? {} : { melt_place: meltPlace }),
    };
    await insertWhole<OperationDocument>(operations, inserted, tx);
  }

  /**
   * A dead operation under an id whose insertion is in doubt: if this succeeds, that insertion never happened and never
   * will. @throws the duplicate key error when it did happen.
   */
  async function insertTombstone(operation: Buriable): Promise<void> {
    const { stored } = await document(tombstoneOf(operation), null);
    const dead = { ...stored, lease_owner: null, lease_until: null };
    await insertWhole<OperationDocument>(operations, dead, null);
  }

  /**
   * Moves an operation on by compare-and-set on id, state and version.
   * @returns the operation as written. @throws StaleOperation when it was not as the caller had read it.
   */
  async function transition<T extends Operation>(...of: Parameters<typeof moved<T>>): Promise<T> {
    const next = await moved(...of);
    if (next === null) throw new StaleOperation(of[0].id);
    return next;
  }

  /** The same. @returns null when it was not as the caller had read it; nothing is written then */
  async function moved<T extends Operation>(
    operation: T,
    changes: Changes<T>,
    event: string,
    at: Date,
    tx?: Transaction,
  ): Promise<T | null> {
    const next = advanced(operation, changes, event, at);
    const before = written.get(operation)?.stored ?? null;
    const { stored, sealer } = await document(next, operation, tx);
    // Nobody looks at it any more: the lease is given back with the same write.
    const lease = isFinished(next.state) ? { lease_owner: null, lease_until: null } : {};
    const absent = {
      ...(stored.open ? {} : { open: 1 }),
      ...(stored.payment_hash_claim ? {} : { payment_hash_claim: 1 }),
      ...(mayHang(next) ? {} : { melt_place: 1 }),
      ...(stored.budget_day === undefined ? { budget_day: 1, budget_unused: 1 } : {}),
    };
    const isMoved = await updateWhole<OperationDocument>(
      operations,
      {
        _id: operation.id,
        wallet_id: operation.walletId,
        state: operation.state,
        version: operation.version,
      },
      {
        $set: { ...differences(before, stored), ...lease },
        ...(Object.keys(absent).length > 0 ? { $unset: absent } : {}),
      },
      tx ?? null,
    );
    if (!isMoved) return null;
    // That version stands in this transaction, and so does the key that it was sealed by.
    if (tx !== undefined) sealers.vouch(walletScope(operation.walletId), sealer, tx);
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

  return { insert, insertTombstone, transition, moved, postpone, postponeOpen };
}

/** How a version was written. */
type Written = {
  sealer: Sealer;
  sealed: ReturnType<typeof sealingParts>['all'];
  stored: StoredOperation;
};

/**
 * What is to be written of the next version, the database holding the one before: the less is written, the fewer indexes are touched.
 * When it is due is always said: that may have been put off without a new version.
 */
function differences(before: StoredOperation | null, next: StoredOperation): Partial<StoredOperation> {
  const { _id, due_at, ...rest } = next;
  const old = new Map(Object.entries(before ?? {}));
  const changed = Object.entries(rest).filter(([name, value]) => !isDeepStrictEqual(value, old.get(name)));
  return { due_at, ...Object.fromEntries(changed) };
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
