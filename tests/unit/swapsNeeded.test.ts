import { expect, it } from '@jest/globals';
import { split } from '../../src/services/ecash/amounts.ts';
import { type Candidate, selectProofs } from '../../src/services/melt/selection.ts';
import { changeParts, type OutputKeyset } from '../../src/services/operations/swapRequests.ts';

const powers = Array.from({ length: 32 }, (_, at) => 2n ** BigInt(at));
const keyset: OutputKeyset = {
  id: '01ab',
  unit: 'sat',
  active: true,
  inputFeePpk: 0n,
  finalExpiry: null,
  keys: Object.fromEntries(powers.map((power) => [power.toString(), '02'])),
};
const terms = { feePpk: 0n, denominations: [...powers].reverse() };

/** Numbers from 0 to 1 that are the same each time (a linear congruence). */
function* drawn(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

let proofs = 0;
const proofOf = (amount: bigint): Candidate => ({
  tokenId: 'tok',
  Y: String(++proofs).padStart(8, '0'),
  keysetId: keyset.id,
  amount,
  feePpk: 0n,
  retiring: false,
});
const worth = (of: readonly Candidate[]) => of.reduce((sum, { amount }) => sum + amount, 0n);
const without = (wallet: Candidate[], spent: readonly Candidate[]) =>
  wallet.filter((proof) => !spent.includes(proof));

/** A wallet after a payment whose route took a part of the fee reserve, and whether that took a swap. */
function paid(wallet: Candidate[], amount: bigint, routeTakes: number) {
  const feeReserve = amount / 100n > 2n ? amount / 100n : 2n;
  const fee = BigInt(Math.floor(Number(feeReserve) * routeTakes));
  const selection = selectProofs(wallet, amount + feeReserve, terms);
  if (selection.kind === 'insufficient') return null;
  const sent = selection.kind === 'swap' ? selection.sendAmount : worth(selection.inputs);
  const back = sent - amount - fee;
  const kept =
    selection.kind === 'swap' && selection.keepAmount > 0n ? changeParts(selection.keepAmount, keyset) : [];
  const change = back > 0n ? split(back, terms.denominations) : [];
  const gained = [...kept.map((part) => part.amount), ...change].map(proofOf);
  return { wallet: [...without(wallet, selection.inputs), ...gained], swapped: selection.kind === 'swap' };
}

it('of realistic payments one after the other, at least 70 % need no swap', () => {
  const numbers = drawn(7);
  const draw = () => numbers.next().value;
  let [payments, swaps] = [0, 0];
  for (let wallets = 0; wallets < 60; wallets += 1) {
    let wallet = split(20_000n, terms.denominations).map(proofOf);
    for (let count = 0; count < 20; count += 1) {
      const amount = BigInt(Math.round(10 * 200 ** draw()));
      const after = paid(wallet, amount, draw() < 0.5 ? 0 : draw());
      if (after === null) break;
      wallet = after.wallet;
      payments += 1;
      swaps += Number(after.swapped);
    }
  }
  expect(payments).toBeGreaterThan(1_000);
  expect(1 - swaps / payments).toBeGreaterThanOrEqual(0.7);
});

it('amounts that lie far apart are not made into thousands of small ones', () => {
  const odd = { ...keyset, keys: { 1: '02', 5000: '02' } };
  expect(changeParts(5_000n, odd)).toEqual([{ role: 'keep', amount: 5_000n }]);
});
