import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inputFee } from '../../src/services/ecash/amounts.ts';
import {
  type Candidate,
  maxInputs,
  type OutputTerms,
  type Selection,
  selectProofs,
} from '../../src/services/melt/selection.ts';

const powers = Array.from({ length: 20 }, (_, exponent) => 2n ** BigInt(exponent)).reverse();

type Draft = { amount: bigint; feePpk: bigint; retiring: boolean };
const candidatesFrom = (drafts: readonly Draft[]): Candidate[] =>
  drafts.map((draft, index) => ({
    ...draft,
    tokenId: `tok_${index % 5}`,
    Y: index.toString(16).padStart(6, '0'),
    keysetId: `keyset_${draft.feePpk}`,
  }));

const ppk = fc.constantFrom(0n, 100n, 1000n);
const draftOf = (fee: fc.Arbitrary<bigint>, largest = 9): fc.Arbitrary<Draft> =>
  fc.record({
    amount: fc.integer({ min: 0, max: largest }).map((exponent) => 2n ** BigInt(exponent)),
    feePpk: fee,
    retiring: fc.boolean(),
  });
/** All of one fee, or mixed. */
const wallet = (maxLength: number): fc.Arbitrary<Candidate[]> =>
  fc
    .oneof(
      ...[0n, 100n, 1000n].map((fee) => fc.array(draftOf(fc.constant(fee)), { maxLength })),
      fc.array(draftOf(ppk), { maxLength }),
    )
    .map(candidatesFrom);
const need = fc.integer({ min: 1, max: 1_500 }).map(BigInt);
const terms: fc.Arbitrary<OutputTerms> = ppk.map((feePpk) => ({ feePpk, denominations: powers }));

const sum = (inputs: readonly Candidate[]) => inputs.reduce((total, { amount }) => total + amount, 0n);
const feeOf = (inputs: readonly Candidate[]) => inputFee(inputs.map(({ feePpk }) => feePpk));
const worthSpending = ({ amount, feePpk }: Candidate) => amount * 1000n > feePpk;

/** Every subset of a small set of proofs. */
function subsets(candidates: readonly Candidate[]): Candidate[][] {
  return Array.from({ length: 2 ** candidates.length }, (_, mask) =>
    candidates.filter((_candidate, index) => Math.floor(mask / 2 ** index) % 2 === 1),
  );
}

function checkSums(selection: Selection, needed: bigint, { feePpk }: OutputTerms): void {
  switch (selection.kind) {
    case 'direct':
      expect(selection.meltFee).toBe(feeOf(selection.inputs));
      expect(sum(selection.inputs) - selection.meltFee).toBe(needed);
      return;
    case 'swap': {
      const { inputs, swapFee, sendAmount, keepAmount } = selection;
      expect(swapFee).toBe(feeOf(inputs));
      expect(sum(inputs)).toBe(swapFee + sendAmount + keepAmount);
      expect(keepAmount >= 0n).toBe(true);
      const parts = sendAmount.toString(2).replaceAll('0', '').length;
      expect(sendAmount - inputFee(Array<bigint>(parts).fill(feePpk)) >= needed).toBe(true);
      return;
    }
    case 'insufficient':
      expect(selection.required >= needed).toBe(true);
  }
}

describe('selection', () => {
  it('adds up: inputs = fee + what is sent + what is kept, and what is sent covers need and melt fee', () => {
    fc.assert(
      fc.property(wallet(40), need, terms, (candidates, needed, given) => {
        const selection = selectProofs(candidates, needed, given);
        checkSums(selection, needed, given);
        if (selection.kind === 'insufficient') return;
        expect(new Set(selection.inputs).size).toBe(selection.inputs.length);
        expect(
          selection.inputs.every((input) => candidates.includes(input) || hasTwin(candidates, input)),
        ).toBe(true);
        expect(selection.inputs.length).toBeLessThanOrEqual(maxInputs);
      }),
      { numRuns: 400 },
    );
  });

  it('finds an exact subset, and so needs no swap, whenever there is one', () => {
    fc.assert(
      fc.property(wallet(10), need, terms, (candidates, needed, given) => {
        const exact = subsets(candidates.filter(worthSpending)).some(
          (set) => set.length > 0 && sum(set) - feeOf(set) === needed,
        );
        expect(selectProofs(candidates, needed, given).kind === 'direct').toBe(exact);
      }),
      { numRuns: 300 },
    );
  });

  it('does not call a wallet too poor that could pay in any way', () => {
    fc.assert(
      fc.property(wallet(10), need, terms, (candidates, needed, given) => {
        const selection = selectProofs(candidates, needed, given);
        if (selection.kind !== 'insufficient') return;
        const worthwhile = candidates.filter(worthSpending);
        const most = sum(worthwhile) - feeOf(worthwhile);
        const sending = (amount: bigint) => {
          const parts = amount.toString(2).replaceAll('0', '').length;
          return amount - inputFee(Array<bigint>(parts).fill(given.feePpk)) >= needed;
        };
        for (let amount = needed; amount <= most; amount += 1n) expect(sending(amount)).toBe(false);
      }),
      { numRuns: 400 },
    );
  });

  it('takes no proof to a swap that the others could do without', () => {
    fc.assert(
      fc.property(wallet(25), need, terms, (candidates, needed, given) => {
        const selection = selectProofs(candidates, needed, given);
        if (selection.kind !== 'swap') return;
        for (const input of selection.inputs) {
          const others = selection.inputs.filter((other) => other !== input);
          expect(sum(others) - feeOf(others) < selection.sendAmount).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('pays no more in fees for a swap than the most valuable proofs would cost', () => {
    fc.assert(
      fc.property(wallet(25), need, terms, (candidates, needed, given) => {
        const selection = selectProofs(candidates, needed, given);
        if (selection.kind !== 'swap') return;
        const worth = ({ amount, feePpk }: Candidate) => Number(amount * 1000n - feePpk);
        const dearest = [...candidates].sort((a, b) => worth(b) - worth(a) || Number(b.amount - a.amount));
        const enough = dearest.findIndex((_candidate, index) => {
          const first = dearest.slice(0, index + 1);
          return sum(first) - feeOf(first) >= selection.sendAmount;
        });
        expect(selection.swapFee <= feeOf(dearest.slice(0, enough + 1))).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('depends on what there is, not on the order in which it is found', () => {
    fc.assert(
      fc.property(
        wallet(30).chain((candidates) =>
          fc.tuple(
            fc.constant(candidates),
            fc.shuffledSubarray(candidates, { minLength: candidates.length, maxLength: candidates.length }),
          ),
        ),
        need,
        terms,
        ([candidates, shuffled], needed, given) => {
          expect(selectProofs(shuffled, needed, given)).toEqual(selectProofs(candidates, needed, given));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('pays from a few large proofs among more small ones than fit into one request', () => {
    const dust = Array.from({ length: 700 }, () => ({ amount: 1n, feePpk: 0n, retiring: false }));
    const large = [1024n, 1024n].map((amount) => ({ amount, feePpk: 0n, retiring: false }));
    const given = { feePpk: 0n, denominations: powers };
    const selection = selectProofs(candidatesFrom([...dust, ...large]), 2024n, given);
    expect(selection.kind).not.toBe('insufficient');
    checkSums(selection, 2024n, given);
  });

  it('takes less than a second for ten thousand proofs, whether it succeeds or not', () => {
    const sizes = fc.array(draftOf(ppk, 14), { minLength: 10_000, maxLength: 10_000 });
    fc.assert(
      fc.property(sizes, fc.bigInt({ min: 1n, max: 3_000_000n }), terms, (drafts, needed, given) => {
        const candidates = candidatesFrom(drafts);
        const startedAt = performance.now();
        const selection = selectProofs(candidates, needed, given);
        expect(performance.now() - startedAt).toBeLessThan(1_000);
        checkSums(selection, needed, given);
      }),
      { numRuns: 8 },
    );
  });
});

function hasTwin(candidates: readonly Candidate[], input: Candidate): boolean {
  return candidates.some(({ Y }) => Y === input.Y);
}
