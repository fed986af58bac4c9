import { nearMs, oddForMs } from '../operations/oddities.ts';
import type { Refusal } from '../operations/refusal.ts';

/** Something odd that every look since has seen: for how long, and how long ago that was noted last. */
export type Standing = { forMs: number; notedMsAgo: number };

/** All that a decision needs to know of the swap under way. Times in ms; null where it was not so at the last look. */
export type SwapFacts = {
  /** The latest reply carries signatures: they only need to be verified. */
  signed: boolean;
  refusal: Refusal;
  /** Every request came back with a definite refusal: none can still be on its way. */
  surelyDead: boolean;
  /** Every request came back with a refusal, definite or not. */
  allAnswered: boolean;
  /** How many came back with a definite one. */
  refusals: number;
  refused: Standing | null;
  gone: Standing | null;
  unverified: Standing | null;
};

/** What the mint says now of the swap's inputs, and of all outputs that any of its attempts has named. */
export type SwapView = {
  inputs: 'UNSPENT' | 'PENDING' | 'SPENT' | 'PARTLY_SPENT' | 'UNREACHABLE';
  outputs: 'SIGNED' | 'UNSIGNED' | 'UNREACHABLE';
};

export type SwapDecision =
  | 'accept'
  | 'wait'
  | 'repeat'
  | 'renew'
  /** Others have some of the inputs: noted, and believed when it is seen again. */
  | 'note_gone'
  | 'gone'
  | 'forget_gone'
  | 'forget_unverified'
  /** The mint will not swap it, and no request of ours can still do so. */
  | 'refused'
  /** It has refused for long, and an earlier request of ours may still be under way. */
  | 'refused_for_long';

/** So many definite refusals, whatever for, and it is given up. */
const enoughRefusals = 5;
/** For so long refusals in unlisted words are answered by trying again. */
const patientWithRefusalsMs = 60_000;
/** A mint may spend inputs a moment before it shows what it signed for them. */
const signsWithinMs = 60_000;
/** A note that is not renewed in time would begin anew, and an hour would never be over. */
const renewNoteAfterMs = nearMs / 4;

/** What to do next about a swap of all or nothing: a pure function of its attempts and what the mint says. */
export function decideSwap(facts: SwapFacts, view: SwapView): SwapDecision {
  if (facts.signed || view.outputs === 'SIGNED') return 'accept';
  if (facts.unverified !== null && view.outputs === 'UNSIGNED') return 'forget_unverified';
  if (view.outputs === 'UNREACHABLE' || view.inputs === 'UNREACHABLE') return 'wait';
  switch (view.inputs) {
    case 'SPENT':
    case 'PARTLY_SPENT':
      return whenGone(facts);
    case 'PENDING':
      return facts.gone === null ? 'wait' : 'forget_gone';
    case 'UNSPENT':
      if (facts.gone !== null) return 'forget_gone';
      return facts.refusal === 'none' ? 'repeat' : whenRefused(facts);
  }
}

/** Where none of our requests can be what spent them, a second look is enough. */
function whenGone({ gone, allAnswered }: SwapFacts): SwapDecision {
  if (gone === null || gone.notedMsAgo > renewNoteAfterMs) return 'note_gone';
  return allAnswered || gone.forMs >= signsWithinMs ? 'gone' : 'wait';
}

function whenRefused({ refusal, surelyDead, allAnswered, refusals, refused }: SwapFacts): SwapDecision {
  if (surelyDead && (refusal === 'definite' || refusals >= enoughRefusals)) return 'refused';
  const forMs = refused?.forMs ?? 0;
  if (allAnswered && forMs >= patientWithRefusalsMs) return 'refused';
  return forMs >= oddForMs ? 'refused_for_long' : 'renew';
}
