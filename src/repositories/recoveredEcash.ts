import type { SendOperation } from '../models/exchange.ts';
import {
  type AtomicResult,
  isFinished,
  type MeltOperation,
  type MeltPayment,
  type MintingOperation,
  type Operation,
} from '../models/operation.ts';
import { type Proof, sumAmounts } from '../models/proof.ts';
import type { OperationDocument } from '../models/schemas/operation.ts';
import type { TokenDocument } from '../models/schemas/token.ts';
import type { UpkeepOperation } from '../models/upkeep.ts';
import type { Wallet } from '../models/wallet.ts';
import { createArchiveLookUp, ProofsArchived } from './archive/lookUp.ts';
import type { AuditRepository } from './audit.ts';
import type { Database } from './database.ts';
import { type Sealers, walletScope } from './dataKeys.ts';
import { readAttempt } from './operationDocuments.ts';
import { type Changes, type OperationRepository, StaleOperation } from './operations.ts';
import { createOutputsInHand } from './outputsInHand.ts';
import { countedIn } from './recoveryDocuments.ts';
import { nothingKept, ownerOf } from './sourceBooking.ts';
import { type TokenOutline, toOutline } from './tokenReads.ts';
import type { TokenRepository } from './tokens.ts';
import {
  duplicateKeyIndex,
  isWriteConflict,
  runTransaction,
  type Transacting,
  type Transaction,
} from './transaction.ts';

export type RecoveredEcashRepository = ReturnType<typeof createRecoveredEcashRepository>;

/** What a recovery reads of a wallet, and the transactions by which it puts the books right. */
export function createRecoveredEcashRepository(
  database: Transacting &
    Pick<Database, 'tokens' | 'operations' | 'wallets' | 'archivedTokens' | 'archiveSums'>,
  sealers: Sealers,
  tokens: TokenRepository,
  operations: OperationRepository,
  audit: AuditRepository,
  now: () => Date,
) {
  const record = audit.ofOperations(now);
  const archive = createArchiveLookUp(database);

  /** The keysets of everything that the wallet has, or ever had, in a token or an operation. */
  async function keysets(walletId: string): Promise<Set<string>> {
    const [ofTokens, ofOperations] = await Promise.all([
      database.tokens.distinct('proofs.keyset_id', { wallet_id: walletId }),
      database.operations.distinct('attempts.keyset_id', { wallet_id: walletId }),
    ]);
    // Last, as in `booked`.
    const archived = await database.archiveSums.distinct('keysets', { wallet_id: walletId });
    return new Set([...ofTokens, ...archived, ...ofOperations].map(String).filter((id) => id !== ''));
  }

  /**
   * Those of these proofs, by name, that a token holds, whatever has become of it. Archived tokens are looked at last: what goes
   * there meanwhile is seen twice, and not missed.
   */
  async function booked({ id, mintUrl }: Wallet, Ys: readonly string[]): Promise<ReadonlySet<string>> {
    const holding = await tokens.holding({ id, mintUrl }, Ys);
    const live = holding.flatMap(({ proofs }) => proofs.map(({ Y }) => Y));
    return new Set([...live, ...(await archive.among({ walletId: id, mintUrl }, Ys))]);
  }

  /** Open operations that are older than this, each read when it is its turn. */
  async function* openBefore(walletId: string, before: Date): AsyncGenerator<Operation> {
    // By id, not by a cursor: the database would forget that while a slow mint is asked about each of many.
    const ids = await database.operations
      .find({ wallet_id: walletId, open: true, created_at: { $lt: before } })
      .select({ _id: 1 })
      .lean<Pick<OperationDocument, '_id'>[]>();
    for (const { _id } of ids) {
      const operation = await operations.ofWallet(walletId, _id);
      if (operation !== null && !isFinished(operation.state)) yield operation;
    }
  }

  /** How many melts are open that are older than this. */
  function openMeltsBefore(walletId: string, before: Date): Promise<number> {
    return database.operations
      .countDocuments({ wallet_id: walletId, open: true, kind: 'melt', created_at: { $lt: before } })
      .hint('open_by_kind');
  }

  /**
   * Outputs, by B_, whose proofs went into a melt or a fence that has ended: by these books they are spent for good, though
   * no token says so. A mint that was itself restored from an old backup calls them unspent again. Not where a person has
   * written off what a fence had left out: nothing of ours has taken that.
   */
  async function spentOutputs(walletId: string): Promise<ReadonlySet<string>> {
    const spent = new Set<string>();
    const ended = database.operations
      .find({
        wallet_id: walletId,
        kind: 'melt',
        state: { $in: ['settled', 'released'] },
        'details.failure.cause': { $ne: 'WRITTEN_OFF' },
      })
      .select({ attempts: 1 })
      .lean<Pick<OperationDocument, '_id' | 'attempts'>>()
      .cursor();
    for await (const { _id, attempts } of ended) {
      const opener = await sealers.toOpen(walletScope(walletId));
      for (const attempt of attempts) {
        if (attempt.purpose !== 'swap') continue;
        for (const { role, B_ } of readAttempt(attempt, _id, opener).outputs)
          if (role === 'send') spent.add(B_);
      }
    }
    return spent;
  }

  /** Unreserved tokens with proofs that are not known spent, by id, after `afterId`. No secrets. */
  async function believedGood(walletId: string, afterId: string, limit: number): Promise<TokenOutline[]> {
    const found = await database.tokens
      .find({
        _id: { $gt: afterId },
        wallet_id: walletId,
        status: { $in: ['unspent', 'pending'] },
        reserved_by: null,
        'proofs.Y': { $exists: true },
      })
      .select({ 'proofs.sealed': 0, 'proofs.C': 0 })
      .sort({ _id: 1 })
      .limit(limit)
      .lean<TokenDocument[]>();
    return found.map(toOutline);
  }

  /**
   * Credits ecash that was found by the wallet's seed, as a token of its own, and counts it in the recovery.
   * @returns false where one of the proofs is, or was, in a token by now, or the recovery is over, in other hands; then nothing was written.
   */
  async function credit(wallet: Wallet, transactionId: string, proofs: readonly Proof[]): Promise<boolean> {
    const { id: walletId, npub, mintUrl, unit } = wallet;
    try {
      await runTransaction(database, walletId, async (tx) => {
        const at = now();
        const owner = { npub, walletId, mintUrl, unit };
        await tokens.creditFound(tx, owner, {
          transactionType: 'received',
          transactionId,
          proofs: [...proofs],
          at,
        });
        // With the crediting, so that whoever asks is told the sum, wherever the recovery was cut off.
        const { modifiedCount } = await database.wallets.updateOne(
          { _id: walletId, recovery: { $exists: true } },
          [{ $set: countedIn(sumAmounts(proofs), proofs.length) }],
          { session: tx.session, updatePipeline: true },
        );
        if (modifiedCount !== 1) throw new RecoveryOver();
        const details = {
          amount: sumAmounts(proofs),
          proofs: proofs.map(({ Y, amount }) => ({ Y, amount })),
        };
        await audit.append({ walletId, npub, transactionId, event: 'wallet.restored', details, at }, tx);
      });
      return true;
    } catch (error) {
      if (error instanceof RecoveryOver || error instanceof ProofsArchived) return false;
      if (duplicateKeyIndex(error) !== null || isWriteConflict(error)) return false;
      throw error;
    }
  }

  /**
   * Ends a melt that was paid in a time that these books do not know. Its sources are free, for the recovery to compare with
   * the mint like all others; what came of them is found by the seed. @throws StaleOperation
   */
  async function closePaidMelt(operation: MeltOperation, payment: MeltPayment): Promise<void> {
    await closeMelt(operation, async (_tx, booked) => ({
      state: 'settled',
      payment,
      atomicResult: booked,
      bookedEarly: true,
      change: [],
      changeComplete: true,
    }));
  }

  /**
   * Ends a melt that these funds can never pay, since requests that these books do not know have taken them. What they have
   * left `untouched` of its swap's outputs is a token again; all else is as above. @throws StaleOperation
   */
  async function closeUnpaidMelt(operation: MeltOperation, untouched: readonly Proof[]): Promise<void> {
    await closeMelt(operation, async (tx, booked, at) => {
      if (untouched.length > 0) {
        const draft = {
          transactionType: 'change' as const,
          transactionId: `${operation.id}_release`,
          proofs: [...untouched],
          at,
        };
        await tokens.creditFound(tx, ownerOf(operation), draft);
      }
      return {
        state: 'released',
        releasedAmount: booked.keepAmount + sumAmounts(untouched),
        failure: { cause: 'STORE_BEHIND_MINT', detail: null },
      };
    });
  }

  async function closeMelt(
    operation: MeltOperation,
    book: (tx: Transaction, booked: AtomicResult, at: Date) => Promise<Changes<MeltOperation>>,
  ): Promise<void> {
    await runTransaction(database, operation.walletId, async (tx) => {
      const current = await demandUnchanged(operation, tx);
      if (current.kind !== 'melt') throw new StaleOperation(operation.id);
      const at = now();
      await tokens.unreserve(tx, current.walletId, current.id);
      const booked = current.atomicResult ?? {
        ...nothingKept,
        sourceTokensSpent: current.sourceTokenIds.length,
      };
      const ending = await book(tx, booked, at);
      const event = 'ended by what the mint says: the books had fallen behind it';
      await operations.transition(current, { ...ending, finishedAt: at }, event, at, tx);
      await record(tx, current, 'melt.ended_by_recovery', { paid: ending.state === 'settled' });
    });
  }

  /** Ends a minting that was issued and credited in a time that these books do not know. @throws StaleOperation */
  async function closeMinting(operation: MintingOperation): Promise<void> {
    await runTransaction(database, operation.walletId, async (tx) => {
      const current = await demandUnchanged(operation, tx);
      if (current.kind !== 'minting') throw new StaleOperation(operation.id);
      const at = now();
      await tokens.forgo(tx, current.walletId, current.tokenId, at);
      const event = 'issued in a time that the books have lost; what is left of it is found by the seed';
      await operations.transition(current, { state: 'issued' }, event, at, tx);
      await record(tx, current, 'mint.ended_by_recovery', { amount: current.amount });
    });
  }

  /** Ends a send or upkeep whose sources requests that these books do not know have taken; they are compared like all others. */
  async function closeSwap(operation: SendOperation | UpkeepOperation): Promise<void> {
    await runTransaction(database, operation.walletId, async (tx) => {
      const current = await demandUnchanged(operation, tx);
      if (current.kind !== 'send' && current.kind !== 'upkeep') throw new StaleOperation(operation.id);
      const at = now();
      await tokens.unreserve(tx, current.walletId, current.id);
      const failure = { cause: 'STORE_BEHIND_MINT', detail: null };
      const changes = { state: 'released' as const, failure, finishedAt: at };
      const event = 'ended by what the mint says: the books had fallen behind it';
      await operations.transition(current, changes, event, at, tx);
      await record(tx, current, `${current.kind}.ended_by_recovery`, { amount: current.amount });
    });
  }

  async function demandUnchanged({ id, walletId, version }: Operation, tx: Transaction): Promise<Operation> {
    const current = await operations.ofWallet(walletId, id, tx);
    if (current === null || current.version !== version || isFinished(current.state))
      throw new StaleOperation(id);
    return current;
  }

  return {
    ...createOutputsInHand(database, sealers),
    keysets,
    booked,
    openBefore,
    openMeltsBefore,
    spentOutputs,
    believedGood,
    credit,
    closePaidMelt,
    closeUnpaidMelt,
    closeMinting,
    closeSwap,
  };
}

/** Somebody else has finished it: what was found since is not this one's to credit. */
class RecoveryOver extends Error {}
