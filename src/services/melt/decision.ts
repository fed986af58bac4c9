import type { MeltState } from '../../models/operation.ts';
import { nearMs, oddForMs } from '../operations/oddities.ts';
import type { Refusal } from '../operations/refusal.ts';

/** What the last melt reply said, if there is one. */
export type MeltReading = 'none' | 'paid' | 'pending' | 'rejected' | 'unknown';

/** Something odd that every look since has seen: for how long, and how long ago that was noted last. */
export type Standing = { forMs: number; notedMsAgo: number };

/** All that a decision needs to know of an operation. Times in ms. */
export type MeltFacts = {
  state: MeltState;
  /** The request that made the operation, or a worker that found it. */
  role: 'creator' | 'worker';
  needsSwap: boolean;
  /** Older than the time after which a worker takes over what the creator left. */
  orphaned: boolean;
  /** The latest swap (or fence) reply carries signatures: they only need to be verified. */
  swapSigned: boolean;
  swapRefusal: Refusal;
  /** Every swap request came back with a definite refusal: none can still be on its way. */
  swapSurelyDead: boolean;
  /** How many of its swap requests came back with a definite refusal. */
  swapRefusals: number;
  /** From the mint's first refusal of its swap to the latest, in whatever words of its own; null = there was none. */
  swapRefusedForMs: number | null;
  meltReading: MeltReading;
  meltPosts: number;
  /** The creator may still repeat its melt: few repeats so far, and soon after the first. */
  mayRepeatMelt: boolean;
  sinceLastMeltMs: number;
  fenceDelayMs: number;
  unpaidSightings: number;
  /** Some inputs are spent by others; null = not so when last seen. */
  partlySpent: Standing | null;
  /** The quote is called paid while our inputs are not spent; null = not so when last seen. */
  doubted: Standing | null;
  /** What the mint shows as its signatures for the swap or fence under way does not verify; null = not so when last seen. */
  unverified: Standing | null;
  /** A person has decided that its ecash is taken back, whatever the mint says of the quote. */
  fenceDecided: boolean;
  hasFence: boolean;
  fenceSigned: boolean;
  fenceRefusal: Refusal;
};

/** What the mint says now. `outputs` are those of the swap or fence under way. */
export type MintView = {
  quote: 'PAID' | 'PENDING' | 'UNPAID' | 'MISSING' | 'UNREACHABLE';
  inputs: 'UNSPENT' | 'PENDING' | 'SPENT' | 'PARTLY_SPENT' | 'UNREACHABLE';
  outputs: 'SIGNED' | 'UNSIGNED' | 'UNREACHABLE';
};

export type Decision =
  | 'wait'
  | 'cancel'
  | 'start_swap'
  | 'repeat_swap'
  | 'renew_swap'
  | 'accept_swap'
  | 'start_melt'
  | 'repeat_melt'
  | 'hang'
  | 'pay'
  | 'note_unpaid'
  | 'note_partly_spent'
  | 'forget_partly_spent'
  | 'note_doubt'
  | 'doubt'
  | 'forget_doubt'
  | 'forget_unverified'
  | 'forget_unpaid'
  | 'start_fence'
  | 'start_partial_fence'
  | 'repeat_fence'
  | 'renew_fence'
  | 'resume'
  | 'start_release'
  | 'finish_release'
  | 'collect_change'
  | 'attention'
  | 'attention_doubted'
  | 'attention_swap_refused'
  | 'done';

/** So many refusals of a swap, no request of which can still be on its way, and the melt is given up: nothing was at stake yet. */
export const enoughSwapRefusals = 5;

/** States in which the decision needs no look at the mint. */
export function needsMintView(facts: MeltFacts): boolean {
  switch (facts.state) {
    case 'swapping':
      return !facts.swapSigned;
    case 'pending':
      return true;
    case 'melting':
      return facts.meltReading !== 'paid' && facts.meltReading !== 'pending';
    case 'releasing':
      return facts.hasFence && !facts.fenceSigned;
    case 'prepared':
    case 'swapped':
    case 'paid':
    case 'settled':
    case 'released':
    case 'cancelled':
    case 'needs_attention':
    case 'written_off':
      return false;
  }
}

/**
 * What to do next with a melt: a pure function of the operation and what the mint says (docs/architecture.md). Nothing is
 * released without proof, and an unknown outcome only ever leads to another question.
 */
export function decide(facts: MeltFacts, view: MintView): Decision {
  switch (facts.state) {
    case 'prepared':
      if (facts.role === 'creator') return facts.needsSwap ? 'start_swap' : 'start_melt';
      return facts.orphaned ? 'cancel' : 'wait';
    case 'swapping':
      return decideSwap(facts, view);
    case 'swapped':
      if (facts.role === 'creator') return 'start_melt';
      return facts.orphaned ? 'start_release' : 'wait';
    case 'melting':
      return decideMelting(facts, view);
    case 'pending':
      return decidePending(facts, view);
    case 'releasing':
      return decideReleasing(facts, view);
    case 'paid':
      return 'collect_change';
    case 'settled':
    case 'released':
    case 'cancelled':
    case 'needs_attention':
    case 'written_off':
      return 'done';
  }
}

/** A swap is finished, never undone: the same request again, or a new one that competes for the same inputs. */
function decideSwap(facts: MeltFacts, view: MintView): Decision {
  if (facts.swapSigned || view.outputs === 'SIGNED') return 'accept_swap';
  if (isUnverifiedNoMore(facts, view)) return 'forget_unverified';
  if (view.outputs === 'UNREACHABLE' || view.inputs === 'UNREACHABLE') return 'wait';
  if (isPartlySpentNoMore(facts, view)) return 'forget_partly_spent';
  switch (view.inputs) {
    case 'PENDING':
    case 'SPENT':
      return 'wait';
    case 'PARTLY_SPENT':
      return whenPartlySpent(facts, 'attention');
    case 'UNSPENT':
      return facts.swapRefusal === 'none' ? 'repeat_swap' : whenSwapRefused(facts);
  }
}

/** A mint that is out of order calls nobody, for however long: only refusals of its own do. */
function whenSwapRefused(facts: MeltFacts): Decision {
  if (facts.swapSurelyDead)
    return facts.swapRefusal === 'definite' || facts.swapRefusals >= enoughSwapRefusals
      ? 'start_release'
      : 'renew_swap';
  return facts.swapRefusal !== 'nonsense' && isLong(facts.swapRefusedForMs)
    ? 'attention_swap_refused'
    : 'renew_swap';
}

/** One answer of the mint proves nothing: it is noted, and acted on if it is still so an hour later. */
function whenPartlySpent({ partlySpent }: MeltFacts, then: 'attention' | 'start_partial_fence'): Decision {
  if (!isStanding(partlySpent)) return 'note_partly_spent';
  return isLong(partlySpent.forMs) ? then : 'wait';
}

/** The same for what makes no sense. Seen again it is reported, and an hour later a person is called. */
function whenDoubted({ doubted }: MeltFacts): Decision {
  if (!isStanding(doubted)) return 'note_doubt';
  return isLong(doubted.forMs) ? 'attention_doubted' : 'doubt';
}

/** The same for signatures that do not verify, once they have been looked at. */
export function whenUnverified(unverified: Standing | null): 'note' | 'wait' | 'attention' {
  if (!isStanding(unverified)) return 'note';
  return isLong(unverified.forMs) ? 'attention' : 'wait';
}

/** Not long ago it was seen, too. What was seen before a gap in looking has to be confirmed first. */
const isStanding = (odd: Standing | null): odd is Standing => odd !== null && odd.notedMsAgo <= nearMs;

const isLong = (forMs: number | null): boolean => forMs !== null && forMs >= oddForMs;

function isPartlySpentNoMore({ partlySpent }: MeltFacts, { inputs }: MintView): boolean {
  return partlySpent !== null && inputs !== 'PARTLY_SPENT' && inputs !== 'UNREACHABLE';
}

/** The mint has signed nothing after all: what did not verify was not its. */
function isUnverifiedNoMore({ unverified }: MeltFacts, { outputs }: MintView): boolean {
  return unverified !== null && outputs === 'UNSIGNED';
}

/** PAID on the quote, and not by our inputs: a quote may be another wallet's, or have the state of its invoice. */
function isDoubtful(view: MintView): boolean {
  return view.quote === 'PAID' && (view.inputs === 'UNSPENT' || view.inputs === 'PARTLY_SPENT');
}

/** Whatever is out of sight, what is seen rules the contradiction out. */
function isDoubtedNoMore({ doubted }: MeltFacts, { quote, inputs }: MintView): boolean {
  const isClear = (quote !== 'PAID' && quote !== 'UNREACHABLE') || inputs === 'PENDING' || inputs === 'SPENT';
  return doubted !== null && isClear;
}

/** PAID on the quote is believed once our inputs are gone, too. A quote can be another wallet's, or a mint's mistake. */
function paidWithOurInputs(view: MintView): boolean {
  return view.quote === 'PAID' && view.inputs === 'SPENT';
}

function decideMelting(facts: MeltFacts, view: MintView): Decision {
  if (facts.meltReading === 'paid' || paidWithOurInputs(view)) return 'pay';
  if (
    facts.meltReading === 'pending' ||
    view.quote === 'PAID' ||
    view.quote === 'PENDING' ||
    view.inputs === 'PENDING'
  )
    return 'hang';
  if (surelyRefused(facts, view)) return 'start_release';
  const onlyAttemptRefused = facts.meltReading === 'rejected' && facts.meltPosts === 1;
  const mayBeGone = view.inputs === 'UNSPENT' || view.inputs === 'UNREACHABLE';
  if (facts.role === 'creator' && facts.mayRepeatMelt && mayBeGone && !onlyAttemptRefused)
    return 'repeat_melt';
  return 'hang';
}

/** The only request came back with a definite refusal, and quote and proofs agree: no fence is needed. */
function surelyRefused(facts: MeltFacts, view: MintView): boolean {
  return (
    facts.meltReading === 'rejected' &&
    facts.meltPosts === 1 &&
    view.quote === 'UNPAID' &&
    view.inputs === 'UNSPENT'
  );
}

function decidePending(facts: MeltFacts, view: MintView): Decision {
  if (facts.hasFence && view.outputs === 'SIGNED') return 'start_release';
  if (facts.meltReading === 'paid' || paidWithOurInputs(view)) return 'pay';
  if (isDoubtedNoMore(facts, view)) return 'forget_doubt';
  if (isUnverifiedNoMore(facts, view)) return 'forget_unverified';
  if (isPartlySpentNoMore(facts, view)) return 'forget_partly_spent';
  if (isToBeFenced(facts, view)) return 'start_fence';
  if (view.quote === 'UNREACHABLE' || view.inputs === 'UNREACHABLE') return 'wait';
  if (view.quote === 'PENDING' || view.inputs === 'PENDING')
    return facts.unpaidSightings > 0 ? 'forget_unpaid' : 'wait';
  if (isDoubtful(view)) return whenDoubted(facts);
  if (!facts.hasFence && surelyRefused(facts, view)) return 'start_release';
  switch (view.inputs) {
    case 'SPENT':
      return 'wait'; // ours are gone and nobody says why: keep asking, never release
    case 'PARTLY_SPENT':
      return whenPartlySpent(facts, 'start_partial_fence');
    case 'UNSPENT':
      if (facts.unpaidSightings >= 1 && facts.sinceLastMeltMs >= facts.fenceDelayMs) return 'start_fence';
      return facts.unpaidSightings < 2 ? 'note_unpaid' : 'wait';
  }
}

/**
 * By a person's decision. Whatever the quote is said to be: fence and payment take the same inputs, so at most one of them
 * happens. The melt request has had its time to arrive all the same.
 */
function isToBeFenced({ fenceDecided, sinceLastMeltMs, fenceDelayMs }: MeltFacts, { inputs }: MintView) {
  return fenceDecided && inputs === 'UNSPENT' && sinceLastMeltMs >= fenceDelayMs;
}

function decideReleasing(facts: MeltFacts, view: MintView): Decision {
  if (!facts.hasFence || facts.fenceSigned || view.outputs === 'SIGNED') return 'finish_release';
  if (facts.meltReading === 'paid' || paidWithOurInputs(view)) return 'resume';
  if (isDoubtedNoMore(facts, view)) return 'forget_doubt';
  if (isUnverifiedNoMore(facts, view)) return 'forget_unverified';
  if (view.outputs === 'UNREACHABLE' || view.inputs === 'UNREACHABLE') return 'wait';
  switch (view.inputs) {
    case 'PENDING':
      return 'wait';
    case 'SPENT':
    case 'PARTLY_SPENT':
      return 'resume';
    case 'UNSPENT':
      if (!facts.fenceDecided && isDoubtful(view)) return whenDoubted(facts);
      // It may be paying after all.
      if (!facts.fenceDecided && view.quote !== 'UNPAID' && view.quote !== 'MISSING') return 'wait';
      return facts.fenceRefusal === 'none' ? 'repeat_fence' : 'renew_fence';
  }
}
