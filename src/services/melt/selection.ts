import { inputFee, sendAmountFor } from '../ecash/amounts.ts';

/** A proof to choose from. `feePpk`: what spending it costs (NUT-02); `retiring`: its keyset is inactive, use it first. */
export type Candidate = {
  tokenId: string;
  Y: string;
  keysetId: string;
  amount: bigint;
  feePpk: bigint;
  retiring: boolean;
};

/** What new outputs of the active keyset would look like. */
export type OutputTerms = { feePpk: bigint; denominations: readonly bigint[] };

/**
 * How to bring `need` (amount + fee reserve) to the mint.
 * `direct`: the inputs cover it and their own fee to the unit. `swap`: the inputs are first turned into `sendAmount`
 * (which covers `need` and its own melt fee) and `keepAmount`.
 */
export type Selection =
  | { kind: 'direct'; inputs: Candidate[]; meltFee: bigint }
  | { kind: 'swap'; inputs: Candidate[]; swapFee: bigint; sendAmount: bigint; keepAmount: bigint }
  | { kind: 'insufficient'; required: bigint; available: bigint };

export const maxInputs = 500;
const searchBudget = 20_000;

/**
 * Chooses proofs for a melt: an exact subset where there is one (no swap, fewest inputs), else the covering set that
 * wastes least on fees, then on size. The same input gives the same choice. Amounts in the wallet's unit. `mayBeDirect`: false
 * where a swap is to come first wherever there is enough for one.
 */
export function selectProofs(
  candidates: readonly Candidate[],
  need: bigint,
  terms: OutputTerms,
  mayBeDirect = true,
): Selection {
  const sorted = [...candidates].sort(largestFirst);
  const direct = () => {
    const exact = exactSubset(sorted, need);
    return exact === null ? null : { kind: 'direct' as const, inputs: exact, meltFee: feeOf(exact) };
  };
  const atOnce = mayBeDirect ? direct() : null;
  if (atOnce !== null) return atOnce;
  const sendAmount = sendAmountFor(need, terms.feePpk, terms.denominations);
  const covering = cheapestCover(sorted, sendAmount);
  if (covering !== null) {
    const swapFee = feeOf(covering);
    return {
      kind: 'swap',
      inputs: covering,
      swapFee,
      sendAmount,
      keepAmount: sum(covering) - swapFee - sendAmount,
    };
  }
  // Too little for a swap's own fee: what there is shall be spendable all the same.
  const instead = mayBeDirect ? null : direct();
  if (instead !== null) return instead;
  const available = sum(sorted);
  const feeOfAll = available < sendAmount ? 0n : feeOf(sorted.slice(0, maxInputs));
  return { kind: 'insufficient', required: sendAmount + feeOfAll, available };
}

/**
 * A subset with Σ amount − ⌈Σ ppk / 1000⌉ = need, or null. In thousandths, a proof is worth 1000·amount − ppk, and the
 * condition says that the worths add up to the window [1000·need, 1000·need + 999]. Depth first, largest first: where
 * denominations divide each other and there is no fee, the first path finds it if it exists.
 */
export function exactSubset(sorted: readonly Candidate[], need: bigint): Candidate[] | null {
  const groups = groupByWorth(sorted);
  const below = sumsBelow(groups);
  const dead = new Set<string>();
  const target = need * 1000n;
  let budget = searchBudget;

  function search(position: number, missing: bigint, used: number): number[] | null {
    if (missing > -1000n && missing <= 0n) return [];
    const group = groups[position];
    if (group === undefined || missing <= 0n || (below[position] ?? 0n) < missing || budget <= 0) return null;
    const key = `${position}:${missing}:${used}`;
    if (dead.has(key)) return null;
    budget -= 1;
    const most = group.worth <= 0n ? 0n : (missing + 999n) / group.worth;
    const limit = Math.min(group.members.length, maxInputs - used, Number(most));
    for (let count = limit; count >= 0; count -= 1) {
      const rest = search(position + 1, missing - BigInt(count) * group.worth, used + count);
      if (rest !== null) return [count, ...rest];
    }
    dead.add(key);
    return null;
  }

  const counts = need > 0n ? search(0, target, 0) : null;
  return counts === null
    ? null
    : counts.flatMap((count, position) => groups[position]?.members.slice(0, count) ?? []);
}

/** The cheapest of a few sensible covers with Σ amount − fee ≥ wanted, or null if even everything is too little. */
function cheapestCover(sorted: readonly Candidate[], wanted: bigint): Candidate[] | null {
  const retiringFirst = [...sorted].sort((a, b) => Number(b.retiring) - Number(a.retiring));
  const covers = [
    smallestSingle(sorted, wanted),
    greedyCover(sorted, wanted),
    greedyCover(retiringFirst, wanted),
    largestCover(sorted, wanted),
  ].filter((cover) => cover !== null);
  const [first, ...others] = covers;
  return first === undefined
    ? null
    : others.reduce((best, cover) => (wastesLess(cover, best) ? cover : best), first);
}

function smallestSingle(sorted: readonly Candidate[], wanted: bigint): Candidate[] | null {
  const single = sorted.findLast((candidate) => candidate.amount - feeOf([candidate]) >= wanted);
  return single === undefined ? null : [single];
}

/** The most valuable proofs until they cover: finds a cover whenever there is one of at most `maxInputs` proofs. */
function largestCover(sorted: readonly Candidate[], wanted: bigint): Candidate[] | null {
  const worth = ({ amount, feePpk }: Candidate) => amount * 1000n - feePpk;
  const byWorth = [...sorted].sort((a, b) => (worth(a) < worth(b) ? 1 : worth(a) > worth(b) ? -1 : 0));
  let missing = wanted * 1000n;
  const chosen: Candidate[] = [];
  for (const candidate of byWorth) {
    if (missing <= 0n) return chosen;
    if (worth(candidate) <= 0n || chosen.length >= maxInputs) return null;
    chosen.push(candidate);
    missing -= worth(candidate);
  }
  return missing <= 0n ? chosen : null;
}

/** Takes what fits under the rest, largest first; closes the gap with the smallest that does; drops what became needless. */
function greedyCover(ordered: readonly Candidate[], wanted: bigint): Candidate[] | null {
  const chosen = new Set<Candidate>();
  const passed: Candidate[] = [];
  let amount = 0n;
  let ppk = 0n;
  const gap = () => wanted - amount + (ppk + 999n) / 1000n;
  const take = (candidate: Candidate) => {
    chosen.add(candidate);
    amount += candidate.amount;
    ppk += candidate.feePpk;
  };
  for (const candidate of ordered) {
    if (candidate.amount * 1000n <= candidate.feePpk) continue; // costs more than it brings
    if (candidate.amount <= gap() && chosen.size < maxInputs) take(candidate);
    else passed.push(candidate);
  }
  const smallestFirst = passed.sort(largestFirst).reverse();
  while (gap() > 0n) {
    const closes = smallestFirst.findIndex(
      (candidate) => candidate.amount - candidate.feePpk / 1000n - 1n >= gap(),
    );
    const [next] = smallestFirst.splice(closes === -1 ? smallestFirst.length - 1 : closes, 1);
    if (next === undefined || chosen.size >= maxInputs) return null;
    take(next);
  }
  for (const candidate of [...chosen].sort(largestFirst).reverse()) {
    const feeWithout = (ppk - candidate.feePpk + 999n) / 1000n;
    if (amount - candidate.amount - feeWithout < wanted) continue;
    chosen.delete(candidate);
    amount -= candidate.amount;
    ppk -= candidate.feePpk;
  }
  return [...chosen];
}

function wastesLess(a: readonly Candidate[], b: readonly Candidate[]): boolean {
  const retiring = (set: readonly Candidate[]) => set.filter((candidate) => candidate.retiring).length;
  if (feeOf(a) !== feeOf(b)) return feeOf(a) < feeOf(b);
  if (retiring(a) !== retiring(b)) return retiring(a) > retiring(b);
  return sum(a) < sum(b);
}

type Group = { worth: bigint; members: Candidate[] };

function groupByWorth(sorted: readonly Candidate[]): Group[] {
  const groups: Group[] = [];
  for (const candidate of sorted) {
    const worth = candidate.amount * 1000n - candidate.feePpk;
    const last = groups.at(-1);
    if (last?.worth === worth) last.members.push(candidate);
    else groups.push({ worth, members: [candidate] });
  }
  return groups.sort((a, b) => (a.worth < b.worth ? 1 : a.worth > b.worth ? -1 : 0));
}

function sumsBelow(groups: readonly Group[]): bigint[] {
  const sums: bigint[] = [];
  let total = 0n;
  for (const group of [...groups].reverse()) {
    if (group.worth > 0n) total += group.worth * BigInt(group.members.length);
    sums.unshift(total);
  }
  return sums;
}

function feeOf(inputs: readonly Candidate[]): bigint {
  return inputFee(inputs.map(({ feePpk }) => feePpk));
}

function sum(inputs: readonly Candidate[]): bigint {
  return inputs.reduce((total, { amount }) => total + amount, 0n);
}

/** By amount, then retiring ones, then cheaper ones, then by name so that the order is always the same. */
function largestFirst(a: Candidate, b: Candidate): number {
  if (a.amount !== b.amount) return a.amount < b.amount ? 1 : -1;
  if (a.retiring !== b.retiring) return a.retiring ? -1 : 1;
  if (a.feePpk !== b.feePpk) return a.feePpk < b.feePpk ? -1 : 1;
  return a.Y < b.Y ? -1 : 1;
}
