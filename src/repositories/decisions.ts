import { invariant } from '../models/errors.ts';
import type { SwapNotes } from '../models/exchange.ts';
import {
  type AtomicResult,
  attemptsFor,
  type MeltOperation,
  meltInputs,
  type Operation,
} from '../models/operation.ts';
import { type Proof, sumAmounts } from '../models/proof.ts';
import type { AuditEvent } from '../models/report.ts';
import type { AuditRepository } from './audit.ts';
import { createComebacks, type ProofNames } from './comebacks.ts';
import type { Database } from './database.ts';
import { type Changes, type OperationRepository, StaleOperation } from './operations.ts';
import { bookSources, nothingKept, ownerOf } from './sourceBooking.ts';
import type { TokenRepository } from './tokens.ts';
import { runTransaction, type Transacting, type Transaction } from './transaction.ts';

export type DecisionRepository = ReturnType<typeof createDecisionRepository>;

/** What of a stopped operation goes on where it was stopped; null where that is no state to go on from. */
export function stateBefore<S extends string>(
  { timeline }: Pick<Operation, 'timeline'>,
  among: readonly S[],
): S | null {
  const before = timeline.findLast(({ state }) => state !== 'needs_attention')?.state;
  return among.find((state) => state === before) ?? null;
}

/** What a fence has brought home already while others have spent the rest: it is the wallet's, and no payment can take it. */
export function fencedRest(operation: MeltOperation): Proof[] {
  const secrets = new Set(
    attemptsFor(operation, 'fence').flatMap(({ outputs }) => outputs.map(({ secret }) => secret)),
  );
  return (operation.held?.send ?? []).filter(({ secret }) => secrets.has(secret));
}

/** What that fence left out, since the mint called it spent. No payment can take it either: it would have to take all. */
export function leftOut(operation: MeltOperation): Proof[] {
  const back = fencedRest(operation);
  return back.length === 0 ? [] : (operation.held?.send ?? []).filter((proof) => !back.includes(proof));
}

/** What people decide about operations: each decision with its audit event, both or neither (ADR 36). */
export function createDecisionRepository(
  database: Transacting & Pick<Database, 'wallets' | 'tokens' | 'archivedTokens'>,
  tokens: TokenRepository,
  operations: OperationRepository,
  audit: AuditRepository,
) {
  const comebacks = createComebacks(database);

  /** Has an operation go on from another state, or with a decision to keep to. @throws StaleOperation */
  function takeUp<T extends Operation>(
    operation: T,
    changes: Changes<T>,
    event: string,
    noted: AuditEvent,
  ): Promise<T> {
    return runTransaction(database, operation.walletId, (tx) => goOn(tx, operation, changes, event, noted));
  }

  /** The same of a payment that was given up. @throws StaleOperation, UnderRecovery, CameBack */
  function takeUpAgain(
    operation: MeltOperation,
    names: ProofNames,
    changes: Changes<MeltOperation>,
    event: string,
    noted: AuditEvent,
  ): Promise<MeltOperation> {
    return runTransaction(database, operation.walletId, async (tx) => {
      await comebacks.demandNone(tx, operation, names);
      return goOn(tx, operation, changes, event, noted);
    });
  }

  async function goOn<T extends Operation>(
    tx: Transaction,
    operation: T,
    changes: Changes<T>,
    event: string,
    noted: AuditEvent,
  ): Promise<T> {
    const taken = await operations.transition(operation, changes, event, noted.at, tx);
    await audit.append(noted, tx);
    return taken;
  }

  /**
   * Ends an operation without knowing its outcome: what it has reserved and nobody can prove to be the wallet's is spent by
   * these books; what is proven becomes spendable, and so does `unspent`, which a fence had left out.
   * Not beside a recovery, which may have passed by what it would have to find.
   * @throws StaleOperation, UnderRecovery, ProofsArchived, CommitUnknown
   */
  function writeOff(operation: Operation, unspent: readonly Proof[], noted: AuditEvent): Promise<void> {
    return runTransaction(database, operation.walletId, async (tx) => {
      // First of all: whoever works at it just now has moved it before us, or finds it moved.
      const current = await operations.hold(operation, tx, noted.at);
      if (current?.version !== operation.version) throw new StaleOperation(operation.id);
      await comebacks.demandNoRecovery(tx, operation);
      const { books, missing } = forgiving();
      await close(tx, books, operation, unspent, noted.at);
      const details = {
        ...noted.details,
        ...(missing.tokens === 0 ? {} : { missingTokens: missing.tokens }),
      };
      await audit.append({ ...noted, details }, tx);
    });
  }

  /**
   * That some of its tokens are not there any more may be what has stopped it: it is counted here, and stops nothing. What is
   * credited has lain about for as long as people took.
   */
  function forgiving() {
    const missing = { tokens: 0 };
    const spendReserved: TokenRepository['spendReserved'] = async (...of) => {
      missing.tokens += await tokens.spendStillReserved(...of);
    };
    return { missing, books: { ...tokens, credit: tokens.creditFound, spendReserved } };
  }

  async function close(
    tx: Transaction,
    books: TokenRepository,
    operation: Operation,
    unspent: readonly Proof[],
    at: Date,
  ): Promise<void> {
    const ended = { state: 'written_off' as const, finishedAt: at };
    const failure = { cause: 'WRITTEN_OFF', detail: null };
    switch (operation.kind) {
      case 'melt':
        return closeMelt(tx, books, operation, unspent, at);
      case 'minting':
        await operations.transition(operation, { state: 'written_off' }, given, at, tx);
        return books.fail(tx, operation.walletId, operation.tokenId, at);
      case 'receive':
        await operations.transition(operation, { ...ended, failure }, given, at, tx);
        return;
      case 'send': {
        await operations.transition(operation, { ...ended, failure }, given, at, tx);
        const { booked, tokenId, sourceTokenIds } = operation;
        invariant(!booked || tokenId !== null, `${operation.id}: booked, and nothing was handed out`);
        return spend(tx, books, operation, booked && tokenId !== null ? [tokenId] : sourceTokenIds, at);
      }
      case 'upkeep':
        await operations.transition(operation, { ...ended, failure }, given, at, tx);
        return spend(tx, books, operation, operation.sourceTokenIds, at);
    }
  }

  const spend = (
    tx: Transaction,
    books: TokenRepository,
    { id, walletId }: Pick<Operation, 'id' | 'walletId'>,
    tokenIds: readonly string[],
    at: Date,
  ): Promise<void> => books.spendReserved(tx, walletId, tokenIds, id, at, 'written_off');

  /** Where a fence has brought the rest home, these funds cannot pay any more: that is released, not given up. */
  async function closeMelt(
    tx: Transaction,
    books: TokenRepository,
    operation: MeltOperation,
    unspent: readonly Proof[],
    at: Date,
  ): Promise<void> {
    const back = [...fencedRest(operation), ...unspent];
    await books.takeOut(
      tx,
      operation.walletId,
      operation.id,
      unspent.map(({ Y }) => Y),
    );
    const atomicResult =
      operation.held === null && !operation.bookedEarly
        ? await sourcesGivenUp(tx, books, operation, at)
        : await bookSources(books, tx, operation, operation.held?.keep ?? [], at);
    if (back.length > 0)
      await books.credit(tx, ownerOf(operation), {
        transactionType: 'change',
        transactionId: `${operation.id}_release`,
        proofs: back,
        at,
      });
    const releasedAmount = atomicResult.keepAmount + sumAmounts(back);
    invariant(releasedAmount <= operation.sourceAmount, `${operation.id}: more released than was reserved`);
    const booked = { atomicResult, bookedEarly: true, releasedAmount, finishedAt: at };
    const failure = { cause: 'WRITTEN_OFF', detail: null };
    if (back.length > 0) {
      const missingAmount = atStake(operation, unspent);
      const released = { ...booked, state: 'released' as const, missingAmount };
      const ending = missingAmount === 0n ? released : { ...released, failure };
      const event =
        missingAmount === 0n
          ? 'the mint calls what was missing unspent: all of it is back'
          : 'a person has written off what is missing: the rest is back';
      await operations.transition(operation, ending, event, at, tx);
      return;
    }
    await operations.transition(operation, { ...booked, failure, state: 'written_off' }, given, at, tx);
  }

  async function sourcesGivenUp(
    tx: Transaction,
    books: TokenRepository,
    operation: MeltOperation,
    at: Date,
  ): Promise<AtomicResult> {
    await spend(tx, books, operation, operation.sourceTokenIds, at);
    return { ...nothingKept, sourceTokensSpent: operation.sourceTokenIds.length };
  }

  return { takeUp, takeUpAgain, writeOff };
}

const given = 'a person has written it off';

/** What the wallet loses by these books if an operation is written off, in its unit. `unspent`: of what a fence left out. */
export function atStake(operation: Operation, unspent: readonly Proof[]): bigint {
  switch (operation.kind) {
    case 'melt':
      if (fencedRest(operation).length > 0) return (operation.missingAmount ?? 0n) - sumAmounts(unspent);
      return operation.held === null ? operation.sourceAmount : sumAmounts(meltInputs(operation));
    case 'send':
      return operation.booked ? operation.amount : operation.sourceAmount;
    case 'minting':
    case 'receive':
    case 'upkeep':
      return operation.amount;
  }
}

/** Nothing odd has been seen of a swap that is taken up again. */
export const nothingOdd: SwapNotes = { gone: null, unverified: null, refused: null };
