import type { MeltQuote } from '../../models/operation.ts';
import { sumAmounts } from '../../models/proof.ts';
import { denominations, inputFee } from '../ecash/amounts.ts';
import type { OutputKeyset } from '../operations/swapRequests.ts';
import type { Chosen } from './drafting.ts';
import { type Candidate, maxInputs, type Selection, selectProofs } from './selection.ts';

/**
 * The cheapest way to pay a quote. `wantsAll`: it was made for all that there is. `mayBeDirect`: whether proofs that fit may go as
 * they are though there is enough for a swap. `mayCost`: besides the amount; they may where a swap would cost more.
 */
export function choose(
  candidates: readonly Candidate[],
  quote: MeltQuote,
  keyset: OutputKeyset,
  { wantsAll, mayBeDirect, mayCost }: { wantsAll: boolean; mayBeDirect: boolean; mayCost: bigint },
): Selection {
  const need = quote.amount + quote.feeReserve;
  const terms = { feePpk: keyset.inputFeePpk, denominations: denominations(keyset.keys) };
  const wished = selectProofs(candidates, need, terms, mayBeDirect);
  const isTooDear = wished.kind === 'swap' && costOf(wished, quote) > mayCost;
  const selection = isTooDear && !mayBeDirect ? selectProofs(candidates, need, terms) : wished;
  if (!wantsAll || selection.kind !== 'insufficient') return selection;
  // Too little for a swap and the melt behind it may be enough for the melt alone; what is too much then comes back as change.
  const { inputs, meltFee, reach } = wholeOf(candidates);
  if (reach >= need) return { kind: 'direct', inputs, meltFee };
  return { ...selection, required: selection.available + need - reach };
}

/** The most that the payment can cost besides its amount. */
export function costOf(chosen: Chosen, quote: MeltQuote): bigint {
  if (chosen.kind === 'direct') return sumAmounts(chosen.inputs) - quote.amount;
  return chosen.sendAmount - quote.amount + chosen.swapFee;
}

/**
 * All that is worth more than spending it costs, the most valuable first, so far as one request takes it. `reach`: what can
 * be brought to a mint with it, amount and fee reserve together.
 */
export function wholeOf(candidates: readonly Candidate[]): {
  inputs: Candidate[];
  meltFee: bigint;
  reach: bigint;
} {
  const worth = ({ amount, feePpk }: Candidate) => amount * 1000n - feePpk;
  const inputs = candidates
    .filter((candidate) => worth(candidate) > 0n)
    .sort((a, b) => (worth(a) === worth(b) ? (a.Y < b.Y ? -1 : 1) : worth(a) < worth(b) ? 1 : -1))
    .slice(0, maxInputs);
  const meltFee = inputFee(inputs.map(({ feePpk }) => feePpk));
  return { inputs, meltFee, reach: sumAmounts(inputs) - meltFee };
}
