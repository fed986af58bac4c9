import type { ReceiveOperation, SendOperation } from './exchange.ts';
import type { MeltOperation, MintingOperation, Operation, TimelineEntry } from './operation.ts';

/** What has become of an operation, in the same words for every kind. `EXPIRED`: nobody paid, and nobody watches any more. */
export const transactionStatuses = ['PENDING', 'PAID', 'FAILED', 'EXPIRED', 'NEEDS_ATTENTION'] as const;
export type TransactionStatus = (typeof transactionStatuses)[number];

/** What names one operation of an owner: its own id, or its mint quote's. */
export type TransactionKey = { transactionId: string } | { quoteId: string };

/** Kinds of operations as clients name them. */
export const transactionTypes = ['mint', 'melt', 'send', 'receive'] as const;
export type TransactionType = (typeof transactionTypes)[number];

/** Kinds of operations that the owner of a wallet knows of. Upkeep is none of them: nobody asked for it, and it moves no money. */
export type TransactionKind = Exclude<Operation['kind'], 'upkeep'>;

type Told = 'id' | 'createdAt' | 'updatedAt' | 'memo' | 'externalId';

/** What a list tells of a melt, and what its fee follows from. None of it is sealed. */
export type MeltOutline = Pick<MeltOperation, Told | 'kind' | 'state' | 'sourceAmount' | 'releasedAmount'> & {
  amount: bigint;
  isPaid: boolean;
  /** What came back: as booked, or, before the booking, what the swap has put aside. */
  change: bigint;
  failureCause: string | null;
};

/** What a list tells of a minting. */
export type MintingOutline = Pick<MintingOperation, Told | 'kind' | 'state' | 'amount'>;

/** What a list tells of a send. */
export type SendOutline = Pick<
  SendOperation,
  Told | 'kind' | 'state' | 'amount' | 'fee' | 'spentAmount' | 'reclaimedAmount'
>;

/** What a list tells of a receive. */
export type ReceiveOutline = Pick<ReceiveOperation, Told | 'kind' | 'state' | 'amount' | 'fee'>;

/** An operation as a list reads it. */
export type TransactionOutline = MeltOutline | MintingOutline | SendOutline | ReceiveOutline;

/** The same with its story. */
export type TransactionStory = { outline: TransactionOutline; timeline: TimelineEntry[] };

/** A place between two entries of a wallet's list, by the entry before it. */
export type ListPosition = { createdAt: Date; id: string };

/** Operations of one kind that are in one of these states. */
export type KindInStates = { kind: TransactionKind; states: readonly string[] };
