import type { Balance, WalletStatistics } from '../models/wallet.ts';
import type { Database } from './database.ts';
import { runTransaction, runTransactionIfRoom, type Transaction } from './transaction.ts';

type TokenSum = { _id: { status: string; reserved: boolean }; total: number; tokens: number; proofs: number };
type OperationSum = { _id: { kind: string; state: string }; held: number; awaited: number; count: number };
type Sums = { tokens: TokenSum[]; operations: OperationSum[] };

export type LedgerRepository = ReturnType<typeof createLedgerRepository>;

/** Sums over what a wallet holds, all of one moment: tokens and operations are read in one snapshot. */
export function createLedgerRepository(database: Database, now: () => Date) {
  async function tokenSums(filter: object, { session }: Transaction): Promise<TokenSum[]> {
    return database.tokens
      .aggregate<TokenSum>([
        { $match: filter },
        {
          $group: {
            _id: { status: '$status', reserved: { $ne: ['$reserved_by', null] } },
            total: { $sum: '$total_amount' },
            tokens: { $sum: 1 },
            proofs: { $sum: { $size: { $ifNull: ['$proofs', []] } } },
          },
        },
      ])
      .session(session);
  }

  async function operationSums(filter: object, { session }: Transaction): Promise<OperationSum[]> {
    return database.operations
      .aggregate<OperationSum>([
        { $match: filter },
        {
          $group: {
            _id: { kind: '$kind', state: '$state' },
            held: { $sum: '$held_amount' },
            awaited: { $sum: { $cond: [stillAwaited(now()), '$details.amount', 0] } },
            count: { $sum: 1 },
          },
        },
      ])
      .session(session);
  }

  const sums = (walletId: string): Promise<Sums> =>
    runTransactionIfRoom(database, walletId, async (tx) => ({
      tokens: await tokenSums({ wallet_id: walletId }, tx),
      operations: await operationSums({ wallet_id: walletId }, tx),
    }));

  /** What a wallet holds and awaits now. Reads nothing of its past, however long that is: no spent token, no ended operation. */
  async function holdings(walletId: string): Promise<Omit<Balance, 'spent'>> {
    const { spent: _, ...held } = await runTransaction(database, walletId, async (tx) =>
      balanceFrom({
        tokens: await tokenSums({ wallet_id: walletId, status: 'unspent' }, tx),
        operations: [
          ...(await operationSums({ wallet_id: walletId, open: true }, tx)),
          ...(await operationSums({ wallet_id: walletId, state: 'needs_attention' }, tx)),
        ],
      }),
    );
    return held;
  }

  async function balance(walletId: string): Promise<Balance> {
    return balanceFrom(await sums(walletId));
  }

  async function statistics(walletId: string): Promise<WalletStatistics> {
    const { tokens, operations } = await sums(walletId);
    const count = (status: string) =>
      tokens.filter(({ _id }) => _id.status === status).reduce((sum, row) => sum + row.tokens, 0);
    const melts = (states: readonly string[], including: boolean) =>
      operations
        .filter(({ _id }) => _id.kind === 'melt' && states.includes(_id.state) === including)
        .reduce((sum, row) => sum + row.count, 0);
    return {
      tokens: {
        pending: count('pending'),
        unspent: count('unspent'),
        spent: count('spent'),
        failed: count('failed'),
      },
      proofs: tokens.filter(({ _id }) => _id.status === 'unspent').reduce((sum, row) => sum + row.proofs, 0),
      melts: {
        // What a person has written off is none of the three: nobody knows whether it was paid.
        open: melts(['settled', 'paid', 'released', 'cancelled', 'written_off'], false),
        paid: melts(['settled', 'paid'], true),
        failed: melts(['released', 'cancelled'], true),
      },
    };
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

function balanceFrom({ tokens, operations }: Sums): Balance {
  const total = (status: string, reserved?: boolean) =>
    tokens
      .filter(({ _id }) => _id.status === status && (reserved === undefined || _id.reserved === reserved))
      .reduce((sum, row) => sum + BigInt(row.total), 0n);
  const held = operations.reduce((sum, row) => sum + BigInt(row.held), 0n);
  const pending = operations.reduce((sum, row) => sum + BigInt(row.awaited), 0n);
  const spendable = total('unspent', false);
  const reserved = total('unspent', true) + held;
  return { unspent: spendable + reserved, reserved, spendable, pending, spent: total('spent') };
}
