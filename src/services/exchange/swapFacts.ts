import type { ReceiveOperation, SendOperation, Spell } from '../../models/exchange.ts';
import { type Attempt, type AttemptPurpose, attemptsFor } from '../../models/operation.ts';
import type { Proof } from '../../models/proof.ts';
import type { UpkeepOperation } from '../../models/upkeep.ts';
import { hasSignatures } from '../mint/replies.ts';
import { refusalOf } from '../operations/renewal.ts';
import type { Standing, SwapFacts } from './swapDecision.ts';

/** An operation that is, or becomes, one swap. */
export type Exchanging = SendOperation | ReceiveOperation | UpkeepOperation;

/** The swap under way: what it is for, and what it takes. */
export type SwapJob = { purpose: Extract<AttemptPurpose, 'swap' | 'reclaim' | 'redeem'>; inputs: Proof[] };

/** The swap that an operation has under way; null where it waits for others, or has ended. */
export function jobOf(operation: Exchanging): SwapJob | null {
  switch (operation.state) {
    case 'swapping':
      return { purpose: 'swap', inputs: operation.inputs };
    case 'reclaiming':
      return { purpose: 'reclaim', inputs: operation.reclaiming };
    case 'redeeming':
      return { purpose: 'redeem', inputs: operation.inputs };
    case 'sent':
    case 'claimed':
    case 'reclaimed':
    case 'partly_claimed':
    case 'released':
    case 'cancelled':
    case 'received':
    case 'refused':
    case 'kept_up':
    case 'needs_attention':
    case 'written_off':
      return null;
  }
}

/** What `decideSwap` needs to know, read from what is stored. */
export function swapFactsOf(operation: Exchanging, { purpose }: SwapJob, now: Date): SwapFacts {
  const attempts = attemptsFor(operation, purpose);
  const latest = attempts.at(-1);
  return {
    signed: hasSignatures(latest),
    refusal: refusalOf(latest),
    surelyDead: attempts.every(({ posts, refusals }) => refusals >= posts),
    allAnswered: attempts.every(isAnswered),
    refusals: attempts.reduce((count, { refusals }) => count + refusals, 0),
    refused: standing(operation.refused, now),
    gone: standing(operation.gone, now),
    unverified: standing(operation.unverified, now),
  };
}

/** Nothing of it is under way: whatever the mint said, it has looked at each request and not carried it out. */
const isAnswered = ({ posts, answers }: Attempt): boolean => answers >= posts;

function standing(spell: Spell | null, now: Date): Standing | null {
  if (spell === null) return null;
  return {
    forMs: now.getTime() - spell.since.getTime(),
    notedMsAgo: now.getTime() - spell.lastAt.getTime(),
  };
}
