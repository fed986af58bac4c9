import type { QueryFilter } from 'mongoose';
import { invariant } from '../models/errors.ts';
import { receiveStates, sendStates } from '../models/exchange.ts';
import { meltStates, mintingStates, type TimelineEntry } from '../models/operation.ts';
import type { OperationDocument } from '../models/schemas/operation.ts';
import type {
  KindInStates,
  ListPosition,
  MeltOutline,
  MintingOutline,
  ReceiveOutline,
  SendOutline,
  TransactionKey,
  TransactionKind,
  TransactionOutline,
  TransactionStory,
} from '../models/transaction.ts';
import type { Database } from './database.ts';

/** Which operations of a wallet are listed. Null where that does not matter. */
export type TransactionFilter = {
  among: readonly KindInStates[] | null;
  externalId: string | null;
  /** Only what is older than the entry at this place. */
  after: ListPosition | null;
};

/** All that is read of a document: neither attempts nor anything sealed. */
const outlined = {
  kind: 1,
  state: 1,
  created_at: 1,
  updated_at: 1,
  memo: 1,
  external_id: 1,
  'details.amount': 1,
  'details.quote.amount': 1,
  'details.sourceAmount': 1,
  'details.swap.keepAmount': 1,
  'details.payment.paidAt': 1,
  'details.atomicResult.keepAmount': 1,
  'details.atomicResult.meltChangeAmount': 1,
  'details.releasedAmount': 1,
  'details.failure.cause': 1,
  'details.fee': 1,
  'details.spentAmount': 1,
  'details.reclaimedAmount': 1,
} as const;

type OutlineDocument = Pick<
  OperationDocument,
  '_id' | 'state' | 'created_at' | 'updated_at' | 'memo' | 'external_id'
> & {
  kind: TransactionKind;
  /** What is null in the store may be left out. */
  details: {
    amount?: bigint;
    quote?: { amount: bigint };
    sourceAmount?: bigint;
    swap?: { keepAmount: bigint } | null;
    payment?: { paidAt: Date } | null;
    atomicResult?: { keepAmount: bigint; meltChangeAmount: bigint } | null;
    releasedAmount?: bigint | null;
    failure?: { cause: string } | null;
    fee?: bigint;
    spentAmount?: bigint;
    reclaimedAmount?: bigint | null;
  };
};

export type TransactionListRepository = ReturnType<typeof createTransactionListRepository>;

/** What a wallet's owner may see of its operations, whatever their kind. Reads alone, and each from an index in its order. */
export function createTransactionListRepository({ operations }: Pick<Database, 'operations'>) {
  /** The newest of a wallet's operations, newest first; of those that began at the same moment, the greater id first. */
  async function newest(
    walletId: string,
    filter: TransactionFilter,
    atMost: number,
  ): Promise<TransactionOutline[]> {
    const found = await Promise.all(
      listQueries(walletId, filter).map(({ where, hint }) =>
        operations
          .find(where)
          .select(outlined)
          .sort(newestFirst)
          .limit(atMost)
          .hint(hint)
          .lean<OutlineDocument[]>(),
      ),
    );
    return found.flat().map(outlineFrom).sort(byAge).slice(0, atMost);
  }

  /** One operation of this wallet, so that one wallet's ids open nothing of another's. */
  async function story(walletId: string, id: string): Promise<TransactionStory | null> {
    const found = await operations
      .findOne({ _id: id, wallet_id: walletId, ...told })
      .select({ ...outlined, timeline: 1 })
      .lean<OutlineDocument & { timeline: TimelineEntry[] }>();
    return found === null ? null : { outline: outlineFrom(found), timeline: found.timeline };
  }

  /** Which of these wallets has an operation; null where none has. */
  async function holder(walletIds: readonly string[], of: TransactionKey): Promise<string | null> {
    const named: QueryFilter<OperationDocument> =
      'transactionId' in of ? { _id: of.transactionId } : { kind: 'minting', quote_id: of.quoteId };
    const found = await operations
      .findOne({ ...named, wallet_id: { $in: [...walletIds] } })
      .select({ wallet_id: 1 })
      .lean<Pick<OperationDocument, 'wallet_id'>>();
    return found?.wallet_id ?? null;
  }

  return { newest, story, holder };
}

/** What upkeep does is no transaction of the owner's. */
const told = { kind: { $ne: 'upkeep' } } as const;

export const newestFirst = { created_at: -1, _id: -1 } as const;

/**
 * One query for each kind, since states of one name may mean different things. What is to be read begins where its bounds
 * begin, however much is newer: `$nor` alone leaves out those of the same moment that were listed before.
 */
export function listQueries(walletId: string, { among, externalId, after }: TransactionFilter) {
  const where = {
    wallet_id: walletId,
    ...(externalId === null ? {} : { external_id: externalId }),
    ...(after === null
      ? {}
      : {
          created_at: { $lte: after.createdAt },
          $nor: [{ created_at: after.createdAt, _id: { $gte: after.id } }],
        }),
  };
  // A wallet's few upkeeps are read past.
  if (among === null)
    return [{ where: { ...where, ...told }, hint: externalId === null ? 'newest' : 'by_external_id' }];
  return among.map(({ kind, states }) => ({
    where: { ...where, kind, state: { $in: [...states] } },
    hint: externalId === null ? 'newest_by_state' : 'by_external_id',
  }));
}

function byAge(a: TransactionOutline, b: TransactionOutline): number {
  return b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1);
}

function outlineFrom(document: OutlineDocument): TransactionOutline {
  switch (document.kind) {
    case 'melt':
      return meltFrom(document);
    case 'minting':
      return mintingFrom(document);
    case 'send':
      return sendFrom(document);
    case 'receive':
      return receiveFrom(document);
  }
}

function meltFrom(document: OutlineDocument): MeltOutline {
  const { quote, sourceAmount, swap, payment, atomicResult, releasedAmount, failure } = document.details;
  const state = meltStates.find((known) => known === document.state);
  invariant(state !== undefined, `${document._id}: unknown state`);
  invariant(quote !== undefined && sourceAmount !== undefined, `${document._id}: a melt without amounts`);
  return {
    ...toldOf(document),
    kind: 'melt',
    state,
    amount: BigInt(quote.amount),
    sourceAmount: BigInt(sourceAmount),
    releasedAmount: asBigint(releasedAmount),
    isPaid: (payment ?? null) !== null,
    change: atomicResult
      ? BigInt(atomicResult.keepAmount) + BigInt(atomicResult.meltChangeAmount)
      : (asBigint(swap?.keepAmount) ?? 0n),
    failureCause: failure?.cause ?? null,
  };
}

function mintingFrom(document: OutlineDocument): MintingOutline {
  const { amount } = document.details;
  const state = mintingStates.find((known) => known === document.state);
  invariant(state !== undefined, `${document._id}: unknown state`);
  invariant(amount !== undefined, `${document._id}: a minting without an amount`);
  return { ...toldOf(document), kind: 'minting', state, amount: BigInt(amount) };
}

function sendFrom(document: OutlineDocument): SendOutline {
  const { amount, fee, spentAmount, reclaimedAmount } = document.details;
  const state = sendStates.find((known) => known === document.state);
  invariant(state !== undefined, `${document._id}: unknown state`);
  invariant(amount !== undefined && fee !== undefined, `${document._id}: a send without amounts`);
  return {
    ...toldOf(document),
    kind: 'send',
    state,
    amount: BigInt(amount),
    fee: BigInt(fee),
    spentAmount: asBigint(spentAmount) ?? 0n,
    reclaimedAmount: asBigint(reclaimedAmount),
  };
}

function receiveFrom(document: OutlineDocument): ReceiveOutline {
  const { amount, fee } = document.details;
  const state = receiveStates.find((known) => known === document.state);
  invariant(state !== undefined, `${document._id}: unknown state`);
  invariant(amount !== undefined && fee !== undefined, `${document._id}: a receive without amounts`);
  return { ...toldOf(document), kind: 'receive', state, amount: BigInt(amount), fee: BigInt(fee) };
}

function toldOf({ _id, created_at, updated_at, memo, external_id }: OutlineDocument) {
  return {
    id: _id,
    createdAt: created_at,
    updatedAt: updated_at,
    memo: memo ?? null,
    externalId: external_id ?? null,
  };
}

/** The driver gives 64-bit integers back as numbers; inside, money is bigint. */
const asBigint = (stored: bigint | null | undefined): bigint | null =>
  stored === null || stored === undefined ? null : BigInt(stored);
