import type { Attempt, AttemptPurpose } from './attempt.ts';
import type { BackendTrouble } from './backendTrouble.ts';
import type { ReceiveOperation, ReceiveState, SendOperation, SendState } from './exchange.ts';
import type { Proof } from './proof.ts';
import type { UpkeepOperation, UpkeepState } from './upkeep.ts';

export { type Attempt, type AttemptPurpose, posted, type StoredReply, unsentAttempt } from './attempt.ts';

/**
 * States of a melt (docs/architecture.md has the diagram):
 *
 *   prepared ─► swapping ─► swapped ─► melting ─► pending ─► paid ─► settled
 *   prepared ─► cancelled; swapping … pending ─► releasing ─► released; releasing ─► pending;
 *   any state whose invariant broke ─► needs_attention; what a person gives up ─► written_off (ADR 36)
 */
export const meltStates = [
  'prepared',
  'swapping',
  'swapped',
  'melting',
  'pending',
  'paid',
  'releasing',
  'settled',
  'released',
  'cancelled',
  'needs_attention',
  'written_off',
] as const;
export type MeltState = (typeof meltStates)[number];

/** States of a minting: ecash issued for a Lightning payment that somebody makes to us. */
export const mintingStates = [
  'awaiting_payment',
  'issuing',
  'issued',
  'expired',
  'needs_attention',
  'written_off',
] as const;
export type MintingState = (typeof mintingStates)[number];

/** States in which nobody has anything left to do; they reserve nothing (`needs_attention` waits for a person). */
export const finishedStates = [
  'settled',
  'released',
  'cancelled',
  'issued',
  'expired',
  'claimed',
  'partly_claimed',
  'reclaimed',
  'received',
  'refused',
  'kept_up',
  'needs_attention',
  'written_off',
] as const;

export function isFinished(
  state: MeltState | MintingState | SendState | ReceiveState | UpkeepState,
): boolean {
  return (finishedStates as readonly string[]).includes(state);
}

/** What the state of an operation of any kind may be called. */
export const statePattern = /^[a-z_]{1,32}$/;

export type TimelineEntry = { at: Date; state: string; event: string };

/** What support may see of an operation of any kind: what became of it, and none of its secrets. */
export type OperationStory = Pick<
  OperationBase,
  'id' | 'npub' | 'walletId' | 'mintUrl' | 'createdAt' | 'timeline'
> & {
  kind: Operation['kind'];
  state: string;
  /** Whether the server has something left to do about it. */
  isOpen: boolean;
  /** A person has given it up, or what was missing of it. */
  isWrittenOff: boolean;
  /** The latest that the mint's words told of its backend, and has not been answered otherwise since; null = nothing. */
  trouble: { kind: BackendTrouble; at: Date } | null;
};

/** Where an operation is found: on a sharded cluster, its wallet says on which shard. */
export type OperationKey = Pick<OperationBase, 'id' | 'walletId'>;

/** What every kind of operation has. */
export type OperationBase = {
  id: string;
  npub: string;
  walletId: string;
  mintUrl: string;
  unit: string;
  /** Grows with every transition; each write names the version that it has read. */
  version: number;
  /** When the worker should look next. */
  dueAt: Date;
  attempts: Attempt[];
  timeline: TimelineEntry[];
  requestId: string | null;
  /** The owner's own words, for the owner alone. */
  memo: string | null;
  /** What the owner's program calls it. */
  externalId: string | null;
  createdAt: Date;
  updatedAt: Date;
};

export type MeltQuote = {
  id: string;
  amount: bigint;
  feeReserve: bigint;
  expiry: Date | null;
  /** How long the mint took to make it; operations of earlier versions lack it. */
  tookMs?: number;
};

/** What the seed calls the atomic result: how transaction B booked the payment. */
export type AtomicResult = {
  sourceTokensSpent: number;
  keepTokenId: string | null;
  keepAmount: bigint;
  keepProofCount: number;
  meltChangeTokenId: string | null;
  meltChangeAmount: bigint;
  meltChangeProofCount: number;
};

export type MeltPayment = { preimage: string | null; preimageVerified: boolean; paidAt: Date };

/** Proofs that the operation itself holds between its swap and its booking. */
export type HeldProofs = { send: Proof[]; keep: Proof[] };

/**
 * What a melt has reserved of the budget of the API key that it was asked with, in sat: the amount and the highest fee. It
 * counts for the UTC day on which it was reserved, whenever it ends.
 */
export type BudgetClaim = { keyId: string; day: string; limit: bigint; reserved: bigint };

/** What only a melt has, besides its proofs. */
export type MeltDetails = {
  invoice: string;
  paymentHash: string;
  quote: MeltQuote;
  sourceTokenIds: string[];
  sourceAmount: bigint;
  /** Null where the inputs fit exactly and go to the melt as they are. */
  swap: { sendAmount: bigint; keepAmount: bigint; fee: bigint } | null;
  /** Input fee of the melt itself (NUT-02). */
  meltInputFee: bigint;
  /** Transaction S has run: sources are spent and keep is credited, only `held.send` is still the operation's. */
  bookedEarly: boolean;
  payment: MeltPayment | null;
  /** Whether the mint has said all that it will say about change. */
  changeComplete: boolean;
  failure: { cause: string; detail: string | null } | null;
  releasedAmount: bigint | null;
  missingAmount: bigint | null;
  atomicResult: AtomicResult | null;
  /** How often quote and inputs both looked untouched since the last attempt: the fence wants two. */
  unpaidSightings: number;
  /** When some inputs were first seen spent by somebody else, with no look since that saw otherwise. */
  partlySince: Date | null;
  /** When that was noted last. */
  partlySeenAt: Date | null;
  /** Since when the mint has called the quote paid while our inputs are not spent there. */
  doubtedSince: Date | null;
  /** When that was noted last. */
  doubtedSeenAt: Date | null;
  /** Since when what the mint shows as its signatures for the swap or fence under way has not verified. */
  unverifiedSince: Date | null;
  /** When that was noted last. */
  unverifiedSeenAt: Date | null;
  /** First and last of the mint's own refusals of its swap, with no long silence or outage among them. */
  swapRefused: { since: Date; lastAt: Date } | null;
  /** When a person had its ecash taken back, whatever the mint says of the quote; null where nobody has. */
  fenceDecidedAt: Date | null;
  /** The most that the payment may cost besides its amount. */
  feeCap: bigint;
  /** Until then the creating request is still waiting to answer its client. */
  answerBy: Date | null;
  idempotencyId: string | null;
  /** Null where whoever asked has no budget to keep to. */
  budget: BudgetClaim | null;
  finishedAt: Date | null;
};

/** The proofs that a melt has in hand. Bearer money: sealed at rest. */
export type MeltProofs = {
  inputs: Proof[];
  held: HeldProofs | null;
  /** Lightning change verified so far, not yet credited. */
  change: Proof[];
};

export type MeltOperation = OperationBase & MeltDetails & MeltProofs & { kind: 'melt'; state: MeltState };

/** What only a minting has. */
export type MintingDetails = {
  quoteId: string;
  invoice: string;
  amount: bigint;
  expiry: Date | null;
  /** The pending token that the ecash will land in. */
  tokenId: string;
  /** NUT-20: public key that the quote is locked to; null where the mint does not support it. */
  quotePubkey: string | null;
  /** When the mint was first seen to call the quote paid, whatever it says later; null while it was not. */
  paidSince: Date | null;
  /** First and last of the looks in which what the mint has signed did not verify, with no long gap and no other answer among them. */
  unverified: { since: Date; lastAt: Date } | null;
  idempotencyId: string | null;
};

export type MintingOperation = OperationBase & MintingDetails & { kind: 'minting'; state: MintingState };

export type Operation = MeltOperation | MintingOperation | SendOperation | ReceiveOperation | UpkeepOperation;

export const operationKinds = [
  'melt',
  'minting',
  'send',
  'receive',
  'upkeep',
] as const satisfies readonly Operation['kind'][];

/** The operations of one kind. */
export type OfKind<K extends Operation['kind']> = Extract<Operation, { kind: K }>;

export function isOfKind<K extends Operation['kind']>(
  operation: Operation | null,
  kind: K,
): operation is OfKind<K> {
  return operation?.kind === kind;
}

/** The proofs that go to the mint with the melt request. */
export function meltInputs(operation: MeltOperation): Proof[] {
  if (operation.swap === null) return operation.inputs;
  return operation.held?.send ?? [];
}

export function attemptsFor(operation: Operation, purpose: AttemptPurpose): Attempt[] {
  return operation.attempts.filter((attempt) => attempt.purpose === purpose);
}

/** Since when the operation has been in its state: repeats and notes do not make the waits short again. */
export function enteredStateAt({
  state,
  timeline,
  updatedAt,
}: Pick<Operation, 'state' | 'timeline' | 'updatedAt'>): Date {
  const before = timeline.findLastIndex((entry) => entry.state !== state);
  return timeline[before + 1]?.at ?? updatedAt;
}
