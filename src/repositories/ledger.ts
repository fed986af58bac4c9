import type { Balance, WalletStatistics } from '../models/wallet.ts';
import type { Database } from './database.ts';
import { runTransaction, runTransactionIfRoom, type Transaction } from './transaction.ts';

type TokenSum = { _id: { status: string; reserved: boolean }; total: number; tokens: number };
type OperationSum = { held: number; awaited: number };
type ArchiveSum = { tokens: number; total: bigint };
type Sums = { tokens: readonly TokenSum[]; operations: readonly OperationSum[]; archive: ArchiveSum };

const noArchive: ArchiveSum = { tokens: 0, total: 0n };

export type LedgerRepository = ReturnType<typeof createLedgerRepository>;

/**
 * Sums over what a wallet holds, all of one moment: tokens and operations are read in one snapshot. None but those of statistics
 * reads a document of what is over, and archived tokens count by their sum (ADR 41).
 */
export function createLedgerRepository(database: Database, now: () => Date) {
  /** From an index alone. */
  async function tokenSums(filter: object, { session }: Transaction): Promise<TokenSum[]> {
    const sums = {
      _id: { status: '$status', reserved: { $ne: ['$reserved_by', null] } },
      total: { $sum: '$total_amount' },
      tokens: { $sum: 1 },
    };
    return database.tokens
      .aggregate<TokenSum>([{ $match: filter }, { $group: sums }], { hint: 'by_status_and_amount' })
      .session(session);
  }

  /** What no token holds: of operations that are under way, and of those that wait for a person. */
  async function operationSums(walletId: string, { session }: Transaction): Promise<OperationSum[]> {
    const sums = {
      _id: { kind: '$kind' },
      held: { $sum: '$held_amount' },
      awaited: { $sum: { $cond: [stillAwaited(now()), '$details.amount', 0] } },
    };
    const summed = (filter: object, hint: string) =>
      database.operations
        .aggregate<OperationSum>([{ $match: { wallet_id: walletId, ...filter } }, { $group: sums }], { hint })
        .session(session);
    const open = await summed({ open: true }, 'open_by_kind');
    return [...open, ...(await summed({ state: 'needs_attention' }, 'waits_for_person'))];
  }

  async function archiveSum(walletId: string, { session }: Transaction): Promise<ArchiveSum> {
    const found = await database.archiveSums
      .findOne({ _id: walletId, wallet_id: walletId })
      .session(session)
      .lean<{ tokens: number; total_amount: bigint }>();
    return found === null ? noArchive : { tokens: found.tokens, total: BigInt(found.total_amount) };
  }

  /** What a wallet holds and awaits now. Reads nothing of its past, however long that is: no spent token, no ended operation. */
  async function holdings(walletId: string): Promise<Omit<Balance, 'spent'>> {
    const { spent: _, ...held } = await runTransaction(database, walletId, async (tx) =>
      balanceFrom({
        tokens: await tokenSums({ wallet_id: walletId, status: 'unspent' }, tx),
        operations: await operationSums(walletId, tx),
        archive: noArchive,
      }),
    );
    return held;
  }

  async function balance(walletId: string): Promise<Balance> {
    return runTransactionIfRoom(database, walletId, async (tx) =>
      balanceFrom({
        tokens: await tokenSums({ wallet_id: walletId, status: { $in: ['unspent', 'spent'] } }, tx),
        operations: await operationSums(walletId, tx),
        archive: await archiveSum(walletId, tx),
      }),
    );
  }

  /** Counts, from indexes as long as what they count; of what is unspent the documents are read, too. */
  async function statistics(walletId: string): Promise<WalletStatistics> {
    const { tokens, archive, melts, proofs } = await runTransactionIfRoom(database, walletId, async (tx) => ({
      tokens: await tokenSums({ wallet_id: walletId }, tx),
      archive: await archiveSum(walletId, tx),
      melts: await meltsByState(walletId, tx),
      proofs: await unspentProofs(walletId, tx),
    }));
    const count = (status: string) =>
      tokens.filter(({ _id }) => _id.status === status).reduce((sum, row) => sum + row.tokens, 0);
    const among = (states: readonly string[], including: boolean) =>
      melts
        .filter(({ _id: { state } }) => states.includes(state) === including)
        .reduce((sum, row) => sum + row.count, 0);
    return {
      tokens: {
        pending: count('pending'),
        unspent: count('unspent'),
        spent: count('spent') + archive.tokens,
        failed: count('failed'),
      },
      proofs,
      melts: {
        // What a person has written off is none of the three: nobody knows whether it was paid.
        open: among(['settled', 'paid', 'released', 'cancelled', 'written_off'], false),
        paid: among(['settled', 'paid'], true),
        failed: among(['released', 'cancelled'], true),
      },
    };
  }

  async function meltsByState(walletId: string, { session }: Transaction) {
    const counts = { _id: { state: '$state' }, count: { $sum: 1 } };
    return database.operations
      .aggregate<{ _id: { state: string }; count: number }>(
        [{ $match: { wallet_id: walletId, kind: 'melt' } }, { $group: counts }],
        { hint: 'newest_by_state' },
      )
      .session(session);
  }

  async function unspentProofs(walletId: string, { session }: Transaction): Promise<number> {
    const counts = { _id: {}, proofs: { $sum: { $size: { $ifNull: ['$proofs', []] } } } };
    const [row] = await database.tokens
      .aggregate<{ proofs: number }>(
        [{ $match: { wallet_id: walletId, status: 'unspent' } }, { $group: counts }],
        { hint: 'by_status_and_amount' },
      )
      .session(session);
    return row?.proofs ?? 0;
  }

  return { balance, holdings, statistics };
}

/** A mint quote that can still be paid, or was paid and is being issued. */
function stillAwaited(at: Date): object {
  return {
    $and: [
      { $eq: ['$kind', 'minting'] },
      {
        $or: [
          { $eq: ['$state', 'issuing'] },
          {
            $and: [
              { $eq: ['$state', 'awaiting_payment'] },
              { $gt: [{ $ifNull: ['$details.expiry', new Date(8.64e15)] }, at] },
            ],
          },
        ],
      },
    ],
  };
}

function balanceFrom({ tokens, operations, archive }: Sums): Balance {
  const total = (status: string, reserved?: boolean) =>
    tokens
      .filter(({ _id }) => _id.status === status && (reserved === undefined || _id.reserved === reserved))
      .reduce((sum, row) => sum + BigInt(row.total), 0n);
  const held = operations.reduce((sum, row) => sum + BigInt(row.held), 0n);
  const pending = operations.reduce((sum, row) => sum + BigInt(row.awaited), 0n);
  const spendable = total('unspent', false);
  const reserved = total('unspent', true) + held;
  return {
    unspent: spendable + reserved,
    reserved,
    spendable,
    pending,
    spent: total('spent') + archive.total,
  };
}
