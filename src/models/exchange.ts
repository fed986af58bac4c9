import type { BudgetClaim, OperationBase } from './operation.ts';
import type { Proof } from './proof.ts';

/**
 * States of a send: ecash of the wallet, made into a token for somebody else by a swap (NUT-03).
 *
 *   swapping ─► sent ─► claimed
 *      │         │ ▲
 *      │         ▼ │
 *      │      reclaiming ─► reclaimed, partly_claimed
 *      ├─► cancelled (nothing had left)
 *      └─► released (the mint swaps it not); any state whose invariant broke ─► needs_attention;
 *          what a person gives up ─► written_off
 */
export const sendStates = [
  'swapping',
  'sent',
  'reclaiming',
  'claimed',
  'partly_claimed',
  'reclaimed',
  'released',
  'cancelled',
  'needs_attention',
  'written_off',
] as const;
export type SendState = (typeof sendStates)[number];

/** States of a receive: a token of somebody else, swapped into ecash that this wallet alone knows. */
export const receiveStates = ['redeeming', 'received', 'refused', 'needs_attention', 'written_off'] as const;
export type ReceiveState = (typeof receiveStates)[number];

/** Whom a token is locked to (NUT-11). From `locktime` on, whoever has `refundPubkey` may take it, too. */
export type Lock = { pubkey: string; refundPubkey: string | null; locktime: Date | null };

/** First and last of the looks in which something odd was seen, with no other look between them. */
export type Spell = { since: Date; lastAt: Date };

/** Why something was not done, as a stable word, and in the mint's own. */
export type Failure = { cause: string; detail: string | null };

/** What the swap under way of a send or receive leaves behind from one look to the next. */
export type SwapNotes = {
  /** The mint calls inputs spent, and our outputs unsigned. */
  gone: Spell | null;
  /** The mint shows signatures that do not verify. */
  unverified: Spell | null;
  /** The mint refuses it, in words of its own. */
  refused: Spell | null;
};

/** What only a send has, besides its proofs. Amounts in the wallet's unit. */
export type SendDetails = SwapNotes & {
  /** What the token is worth. */
  amount: bigint;
  sourceTokenIds: string[];
  sourceAmount: bigint;
  keepAmount: bigint;
  /** Input fee of the swap (NUT-02). */
  fee: bigint;
  lock: Lock | null;
  /** Sources are spent, the rest is credited, and the token is out: from `sent` on. */
  booked: boolean;
  /** The pending token that holds what was handed out. */
  tokenId: string | null;
  keepTokenId: string | null;
  /** How much of it its mint called spent at the latest look. */
  spentAmount: bigint;
  /** What came back into the wallet, fees taken off. */
  reclaimedAmount: bigint | null;
  reclaimTokenId: string | null;
  failure: Failure | null;
  answerBy: Date | null;
  idempotencyId: string | null;
  budget: BudgetClaim | null;
  finishedAt: Date | null;
};

/** The proofs that a send has in hand. Bearer money: sealed at rest. */
export type SendProofs = {
  inputs: Proof[];
  /** What was handed out, and its text (NUT-00). */
  token: { proofs: Proof[]; text: string } | null;
  /** What a reclaim under way takes of it. */
  reclaiming: Proof[];
};

export type SendOperation = OperationBase & SendDetails & SendProofs & { kind: 'send'; state: SendState };

/** What only a receive has, besides its proofs. */
export type ReceiveDetails = SwapNotes & {
  /** Names the ecash: SHA-256 over its Ys. One receive of it at a time, and only one that succeeds. */
  tokenHash: string;
  /** What the token says that it is worth. */
  amount: bigint;
  /** Input fee of the swap; what is credited is the rest. */
  fee: bigint;
  tokenId: string | null;
  /** How much of it others had spent, where that is why it was refused. */
  spentAmount: bigint;
  failure: Failure | null;
  answerBy: Date | null;
  idempotencyId: string | null;
  finishedAt: Date | null;
};

/** Somebody else's proofs until they are swapped. Bearer money: sealed at rest. */
export type ReceiveProofs = { inputs: Proof[] };

export type ReceiveOperation = OperationBase &
  ReceiveDetails &
  ReceiveProofs & { kind: 'receive'; state: ReceiveState };

/** What a send that has ended took of its key's budget: what really left the wallet. Null while it has not ended. */
export function budgetTakenBySend({
  state,
  amount,
  fee,
  sourceAmount,
  booked,
  reclaimedAmount,
}: SendOperation): bigint | null {
  switch (state) {
    case 'written_off':
      return booked ? amount + fee : sourceAmount;
    case 'claimed':
      return amount + fee;
    case 'partly_claimed':
    case 'reclaimed':
      return amount + fee - (reclaimedAmount ?? 0n);
    case 'released':
    case 'cancelled':
      return 0n;
    case 'swapping':
    case 'sent':
    case 'reclaiming':
    case 'needs_attention':
      return null;
  }
}
