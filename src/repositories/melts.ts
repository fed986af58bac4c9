import { invariant } from '../models/errors.ts';
import { feesPaid } from '../models/meltSums.ts';
import type {
  AtomicResult,
  MeltOperation,
  MeltPayment,
  MeltState,
  OperationKey,
} from '../models/operation.ts';
import { type Proof, sumAmounts } from '../models/proof.ts';
import type { AuditRepository } from './audit.ts';
import type { Database } from './database.ts';
import type { IdempotencyRecord } from './idempotencyRecords.ts';
import { BudgetSpent, createKeySpendingRepository } from './keySpending.ts';
import { demand, sameIds } from './meltGuards.ts';
import { type Changes, type OperationRepository, StaleOperation } from './operations.ts';
import { bookSources, freeSources, ownerOf, sourcesToBook } from './sourceBooking.ts';
import { type TokenReservation, TokensTaken } from './tokenReads.ts';
import { draftToken, type TokenRepository } from './tokens.ts';
import {
  CommitUnknown,
  duplicateKeyIndex,
  isWriteConflict,
  runTransaction,
  type Transaction,
} from './transaction.ts';

/** How transaction A ended. `unknown`: the commit was not confirmed; a tombstone decides. */
export type ReserveResult =
  | 'reserved'
  | 'tokens_taken'
  | 'too_many_open'
  | 'duplicate_payment'
  | 'idempotency_conflict'
  | 'over_budget'
  | 'unknown';

/** The rest of what transaction B must know. */
export type AtomicMeltMetadata = {
  /** The operation as it was when this was decided: it must still be so. */
  decidedOn: MeltOperation;
  payment: MeltPayment;
};

/** Others of the same wallet may draw the same place; with each try fewer do. */
const maxPlacesTried = 8;

const payableStates: readonly MeltState[] = ['melting', 'pending', 'paid'];

export type MeltRepository = ReturnType<typeof createMeltRepository>;

/** The four transactions of a melt. Each is all or nothing, and each may run twice without harm. */
export function createMeltRepository(
  database: Database,
  tokens: TokenRepository,
  operations: OperationRepository,
  audit: AuditRepository,
  now: () => Date,
) {
  const record = audit.ofOperations(now);
  const keySpending = createKeySpendingRepository(database);

  /**
   * Transaction A: operation, reservation and idempotency record, before anything leaves for the mint. The wallet then has
   * at most `maxOpen` melts of which nobody knows when they end.
   */
  async function reserve(
    operation: MeltOperation,
    reservations: readonly TokenReservation[],
    lease: { owner: string; leaseMs: number },
    idempotency: IdempotencyRecord | null,
    maxOpen: number,
    placesToTry = maxPlacesTried,
  ): Promise<ReserveResult> {
    invariant(
      sumAmounts(operation.inputs) === operation.sourceAmount,
      `${operation.id}: inputs differ from the source amount`,
    );
    // Hardly any is taken as a rule: only who meets another there looks which are free.
    const isFirst = placesToTry === maxPlacesTried;
    const place = isFirst
      ? Math.floor(Math.random() * maxOpen)
      : await operations.freeMeltPlace(operation.walletId, maxOpen);
    if (place === null) return 'too_many_open';
    try {
      await keySpending.inTurn(operation, async (tx) => {
        await operations.insert(tx, operation, lease, place);
        if (idempotency !== null) await operations.insertIdempotency(tx, idempotency, operation.createdAt);
        await tokens.reserve(tx, ownerOf(operation), reservations, operation.id);
        await record(tx, operation, 'melt.reserved', {
          amount: operation.sourceAmount,
          tokens: reservations.length,
        });
      });
      return 'reserved';
    } catch (error) {
      if (error instanceof TokensTaken || isWriteConflict(error)) return 'tokens_taken';
      if (error instanceof BudgetSpent) return 'over_budget';
      if (error instanceof CommitUnknown) return 'unknown';
      switch (duplicateKeyIndex(error)) {
        case 'one_payment_per_invoice':
          return 'duplicate_payment';
        case 'one_melt_per_place':
          return placesToTry > 1
            ? reserve(operation, reservations, lease, idempotency, maxOpen, placesToTry - 1)
            : 'tokens_taken';
        case 'one_operation_per_key':
          return 'idempotency_conflict';
        case '_id_':
          return 'unknown'; // a rerun met its own earlier commit
        default:
          throw error;
      }
    }
  }

  /**
   * Transaction B, the seed's `executeAtomicMelt`: sources → spent, keep → token `change` `${tx}_keep`, Lightning change →
   * token `change` `${tx}_melt_change`, operation → settled, audit. Where transaction S has booked a part, that part is
   * found done. Run again on a settled operation it changes nothing.
   * @throws StaleOperation, InvariantBroken; either way nothing was written.
   */
  async function executeAtomicMelt(
    sourceTokenIds: readonly string[],
    keepProofs: readonly Proof[],
    meltChangeProofs: readonly Proof[],
    transactionId: string,
    metadata: AtomicMeltMetadata,
  ): Promise<MeltOperation> {
    const { decidedOn: operation, payment } = metadata;
    invariant(operation.id === transactionId, `${transactionId}: decided on another operation`);
    return runTransaction(database, operation.walletId, async (tx) => {
      if (!payableStates.includes(operation.state)) return settledAlready(operation, tx);
      invariant(
        sameIds(operation.sourceTokenIds, sourceTokenIds),
        `${transactionId}: other source tokens than reserved`,
      );
      const at = now();
      const sources = sourcesToBook(operation, keepProofs, at);
      const change =
        meltChangeProofs.length === 0
          ? null
          : draftToken(ownerOf(operation), {
              transactionType: 'change',
              transactionId: `${transactionId}_melt_change`,
              proofs: [...meltChangeProofs],
              at,
            });
      const atomicResult: AtomicResult = {
        ...sources.certain,
        meltChangeTokenId: change?.id ?? null,
        meltChangeAmount: change?.totalAmount ?? 0n,
        meltChangeProofCount: meltChangeProofs.length,
      };
      // First of all its compare-and-set: whoever works at the operation just now has moved it before us, or finds it moved.
      const settled = await operations.moved(
        operation,
        {
          state: 'settled',
          atomicResult,
          payment,
          bookedEarly: true,
          change: [],
          changeComplete: true,
          finishedAt: operation.finishedAt ?? at,
        },
        'booked: sources spent, change credited',
        at,
        tx,
      );
      if (settled === null) return settledAlready(operation, tx);
      await sources.book(tokens, tx);
      if (change !== null) await tokens.insert(tx, change);
      await record(tx, operation, 'melt.settled', {
        paid: operation.quote.amount,
        fees: feesPaid(operation, atomicResult),
        sourceTokensSpent: atomicResult.sourceTokensSpent,
        keep: atomicResult.keepAmount,
        change: atomicResult.meltChangeAmount,
      });
      return settled;
    });
  }

  /** @throws StaleOperation where it is not settled, and not as it was either */
  async function settledAlready({ id, walletId }: OperationKey, tx: Transaction): Promise<MeltOperation> {
    const current = await operations.ofWallet(walletId, id, tx);
    if (current?.kind === 'melt' && current.state === 'settled') return current;
    throw new StaleOperation(id);
  }

  /**
   * Transaction S: books what is certain although the operation stays open. Sources → spent, keep credited; what was
   * split off for the payment stays with the operation. Also the way to `paid`, where the change is still to come.
   */
  async function bookEarly(
    operation: MeltOperation,
    changes: Changes<MeltOperation>,
    event: string,
  ): Promise<MeltOperation> {
    return runTransaction(database, operation.walletId, async (tx) => {
      const current = await read(operation, tx);
      demand(current, operation.version, payableStates);
      const at = now();
      const atomicResult = await bookSources(tokens, tx, current, current.held?.keep ?? [], at);
      const booked = await operations.transition(
        current,
        { ...changes, atomicResult, bookedEarly: true },
        event,
        at,
        tx,
      );
      await record(tx, current, 'melt.booked_early', { state: booked.state, keep: atomicResult.keepAmount });
      return booked;
    });
  }

  /**
   * Transaction R: the operation gives back what it holds. `proofs` = what now stands for the reservation at the mint
   * (swapped or fenced); empty where the mint never touched the sources, which are then simply free again.
   */
  async function release(operation: MeltOperation, proofs: readonly Proof[]): Promise<MeltOperation> {
    return runTransaction(database, operation.walletId, async (tx) => {
      const current = await read(operation, tx);
      if (current.state === 'released') return current;
      demand(current, operation.version, ['releasing']);
      const at = now();
      if (proofs.length === 0) {
        invariant(
          !current.bookedEarly && current.held === null,
          `${current.id}: a swapped operation has proofs to give back`,
        );
        await freeSources(tokens, tx, current);
      } else {
        if (!current.bookedEarly)
          await tokens.spendReserved(tx, current.walletId, current.sourceTokenIds, current.id, at);
        const draft = {
          transactionType: 'change' as const,
          transactionId: `${current.id}_release`,
          proofs: [...proofs],
          at,
        };
        await tokens.credit(tx, ownerOf(current), draft);
      }
      const keptEarlier = current.bookedEarly ? (current.atomicResult?.keepAmount ?? 0n) : 0n;
      const releasedAmount = proofs.length === 0 ? current.sourceAmount : sumAmounts(proofs) + keptEarlier;
      invariant(releasedAmount <= current.sourceAmount, `${current.id}: more released than was reserved`);
      const released = await operations.transition(
        current,
        { state: 'released', releasedAmount, finishedAt: at },
        'funds are back',
        at,
        tx,
      );
      await record(tx, current, 'melt.released', {
        released: releasedAmount,
        cause: current.failure?.cause ?? null,
      });
      return released;
    });
  }

  /** `prepared → cancelled`: nothing ever left. Frees tokens, invoice and idempotency key. */
  async function cancel(operation: MeltOperation, event: string): Promise<MeltOperation> {
    return runTransaction(database, operation.walletId, async (tx) => {
      const current = await read(operation, tx);
      if (current.state === 'cancelled') return current;
      demand(current, operation.version, ['prepared']);
      const at = now();
      await freeSources(tokens, tx, current);
      if (current.idempotencyId !== null)
        await operations.freeIdempotency(tx, current.walletId, current.idempotencyId);
      const changes = { state: 'cancelled' as const, releasedAmount: current.sourceAmount, finishedAt: at };
      const cancelled = await operations.transition(current, changes, event, at, tx);
      await record(tx, current, 'melt.cancelled', { released: current.sourceAmount });
      return cancelled;
    });
  }

  /** Reads and holds an operation: on a slow database, a lease renewed in between would undo the transaction each time. */
  async function read(key: OperationKey, tx: Transaction): Promise<MeltOperation> {
    const operation = await operations.hold(key, tx, now());
    invariant(operation?.kind === 'melt', `${key.id} is not a melt`);
    return operation;
  }

  return { reserve, executeAtomicMelt, bookEarly, release, cancel };
}
