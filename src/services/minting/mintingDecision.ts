import type { MintingState } from '../../models/operation.ts';
import { oddForMs } from '../operations/oddities.ts';

/** What a decision needs to know of a minting. Times in ms. */
export type MintingFacts = {
  state: MintingState;
  /** The latest reply carries signatures: they only need to be verified. */
  signed: boolean;
  /** The latest attempt was refused because its keyset signs no more. */
  keysetRetired: boolean;
  /** Its backend is in a known trouble, which takes some minutes: the same request would be refused again. */
  heldBack: boolean;
  /** How long the quote has been expired; negative while it can still be paid in time. */
  expiredForMs: number;
  sinceUpdateMs: number;
};

export type MintingView = {
  quote: 'UNPAID' | 'PAID' | 'ISSUED' | 'MISSING' | 'UNREACHABLE';
  outputs: 'SIGNED' | 'UNSIGNED' | 'UNREACHABLE';
};

export type MintingDecision =
  | 'wait'
  | 'start_issue'
  | 'repeat_issue'
  | 'renew_issue'
  | 'credit'
  | 'expire'
  | 'attention'
  | 'done';

/** Payments arrive late: an expired quote is watched for 30 days. */
export const watchExpiredMs = 30 * 24 * 3_600_000;

/** What to do next with a minting: a pure function of the operation and what the mint says. */
export function decideMinting(facts: MintingFacts, view: MintingView): MintingDecision {
  switch (facts.state) {
    case 'awaiting_payment':
      return decideAwaiting(facts, view);
    case 'issuing':
      return decideIssuing(facts, view);
    case 'issued':
    case 'expired':
    case 'needs_attention':
    case 'written_off':
      return 'done';
  }
}

function decideAwaiting(facts: MintingFacts, view: MintingView): MintingDecision {
  switch (view.quote) {
    case 'PAID':
      return 'start_issue';
    case 'ISSUED':
      // We asked for nothing, so somebody else took it; but one early answer of the mint does not prove that.
      return facts.sinceUpdateMs >= oddForMs ? 'attention' : 'wait';
    case 'UNPAID':
    case 'MISSING':
      return facts.expiredForMs >= watchExpiredMs ? 'expire' : 'wait';
    case 'UNREACHABLE':
      return 'wait';
  }
}

/** An issue is finished, never undone: signed → credit; else the same request again, or a new one after a rotation. */
function decideIssuing(facts: MintingFacts, view: MintingView): MintingDecision {
  if (facts.signed || view.outputs === 'SIGNED') return 'credit';
  if (view.outputs === 'UNREACHABLE' || view.quote === 'UNREACHABLE') return 'wait';
  switch (view.quote) {
    case 'PAID':
      if (facts.keysetRetired) return 'renew_issue';
      return facts.heldBack ? 'wait' : 'repeat_issue';
    case 'ISSUED':
      return facts.sinceUpdateMs >= oddForMs ? 'attention' : 'wait';
    case 'UNPAID':
    case 'MISSING':
      return 'wait';
  }
}
