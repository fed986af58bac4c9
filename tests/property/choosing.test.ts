import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inputFee, sendAmountFor } from '../../src/services/ecash/amounts.ts';
import { choose, costOf, wholeOf } from '../../src/services/melt/choosing.ts';
import { type Candidate, selectProofs } from '../../src/services/melt/selection.ts';

const amounts = Array.from({ length: 20 }, (_, exponent) => 2n ** BigInt(exponent)).reverse();
const keys = Object.fromEntries(amounts.map((amount) => [String(amount), '02']));

const wallet: fc.Arbitrary<Candidate[]> = fc
  .array(
    fc.record({
      amount: fc.integer({ min: 0, max: 12 }).map((exponent) => 2n ** BigInt(exponent)),
      feePpk: fc.constantFrom(0n, 100n, 1000n),
    }),
    { maxLength: 30 },
  )
  .map((drafts) =>
    drafts.map((draft, index) => ({
      ...draft,
      retiring: false,
      tokenId: `tok_${index % 3}`,
      Y: index.toString(16).padStart(6, '0'),
      keysetId: `keyset_${draft.feePpk}`,
    })),
  );

const sum = (inputs: readonly Candidate[]) => inputs.reduce((total, { amount }) => total + amount, 0n);
const quoteOf = (amount: bigint, feeReserve: bigint) => ({ id: 'q', amount, feeReserve, expiry: null });
const keysetOf = (inputFeePpk: bigint) => ({
  ...{ id: '00', unit: 'sat', active: true, inputFeePpk, finalExpiry: null, keys },
});

it('whatever a wallet can bring to the mint is covered, and nothing beyond it', () => {
  fc.assert(
    fc.property(
      wallet,
      fc.constantFrom(0n, 100n, 1000n),
      fc.integer({ min: 0, max: 300 }).map(BigInt),
      fc.integer({ min: -5, max: 40 }).map(BigInt),
      fc.boolean(),
      fc.integer({ min: 0, max: 60 }).map(BigInt),
      (candidates, ppk, feeReserve, less, mayBeDirect, mayCost) => {
        const { reach } = wholeOf(candidates);
        const need = reach - less;
        fc.pre(need > feeReserve);
        const quote = quoteOf(need - feeReserve, feeReserve);
        const chosen = choose(candidates, quote, keysetOf(ppk), { wantsAll: true, mayBeDirect, mayCost });
        if (need > reach) {
          const available = sum(candidates);
          expect(chosen).toEqual({ kind: 'insufficient', available, required: available + need - reach });
          return;
        }
        if (chosen.kind === 'insufficient') throw new Error('not covered');
        const cost = costOf(chosen, quote);
        expect(cost).toBeGreaterThanOrEqual(feeReserve);
        expect(quote.amount + cost).toBeLessThanOrEqual(sum(candidates));
        if (chosen.kind !== 'direct') {
          expect(chosen.sendAmount).toBe(sendAmountFor(need, ppk, amounts));
          return;
        }
        expect(chosen.meltFee).toBe(inputFee(chosen.inputs.map(({ feePpk }) => feePpk)));
        expect(sum(chosen.inputs) - chosen.meltFee).toBeGreaterThanOrEqual(need);
        expect(new Set(chosen.inputs).size).toBe(chosen.inputs.length);
      },
    ),
    { numRuns: 300 },
  );
});

it('whoever does not want all of it never brings more than is needed without a swap', () => {
  fc.assert(
    fc.property(
      wallet,
      fc.integer({ min: 1, max: 5_000 }).map(BigInt),
      fc.boolean(),
      (candidates, need, mayBeDirect) => {
        const chosen = choose(candidates, quoteOf(need, 0n), keysetOf(100n), {
          wantsAll: false,
          mayBeDirect,
          mayCost: 2n,
        });
        if (chosen.kind === 'direct') expect(sum(chosen.inputs) - chosen.meltFee).toBe(need);
      },
    ),
  );
});

it('a wallet that is to swap first can pay within the same limits as one that is not, and swaps where they allow it', () => {
  fc.assert(
    fc.property(
      wallet,
      fc.constantFrom(0n, 100n, 1000n),
      fc.integer({ min: 1, max: 500 }).map(BigInt),
      fc.integer({ min: 0, max: 20 }).map(BigInt),
      (candidates, ppk, amount, mayCost) => {
        const quote = quoteOf(amount, 2n);
        const wishes = { wantsAll: false, mayCost };
        const free = choose(candidates, quote, keysetOf(ppk), { ...wishes, mayBeDirect: true });
        const chosen = choose(candidates, quote, keysetOf(ppk), { ...wishes, mayBeDirect: false });
        expect(chosen.kind === 'insufficient').toBe(free.kind === 'insufficient');
        if (chosen.kind === 'insufficient' || free.kind === 'insufficient') return;
        if (costOf(free, quote) <= mayCost) expect(costOf(chosen, quote)).toBeLessThanOrEqual(mayCost);
        const swapped = selectProofs(candidates, amount + 2n, { feePpk: ppk, denominations: amounts }, false);
        if (swapped.kind === 'swap' && costOf(swapped, quote) <= mayCost) expect(chosen).toEqual(swapped);
      },
    ),
    { numRuns: 1_000 },
  );
});
