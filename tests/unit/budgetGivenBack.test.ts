import { expect, it } from '@jest/globals';
import { operationDocument } from '../../src/repositories/operationDocuments.ts';
import { melt } from '../support/operations.ts';

const budget = { keyId: 'key_1', day: '2026-01-01', limit: 1_000n, reserved: 214n };
const seal = () => '';
const nothingBooked = {
  sourceTokensSpent: 1,
  keepTokenId: null,
  keepAmount: 0n,
  keepProofCount: 0,
  meltChangeTokenId: null,
  meltChangeAmount: 0n,
  meltChangeProofCount: 0,
};
const unusedOf = (state: 'written_off' | 'released' | 'pending', releasedAmount: bigint | null) =>
  operationDocument(melt({ state, sourceAmount: 512n, releasedAmount, budget }), seal).budget_unused;

it('a payment that was given up takes what it had reserved of its key’s budget, and no more', () => {
  expect(unusedOf('written_off', 0n)).toBe(0n);
  expect(unusedOf('written_off', 400n)).toBe(102n);
  expect(unusedOf('released', 512n)).toBe(214n);
  expect(unusedOf('pending', null)).toBeUndefined();
});

it.each([
  { state: 'released', releasedAmount: 0n, failure: { cause: 'STORE_BEHIND_MINT', detail: null } },
  { state: 'settled', releasedAmount: null, failure: null },
] as const)(
  'a payment that a recovery ends as $state, its sources free again, takes no more of a budget than that',
  (ended) => {
    const swap = { sendAmount: 214n, keepAmount: 99_786n, fee: 0n };
    const operation = melt({ ...ended, sourceAmount: 100_000n, swap, atomicResult: nothingBooked, budget });
    expect(operationDocument(operation, seal).budget_unused).toBe(0n);
  },
);

it('a payment that came to cost more than was reserved, as its mint has raised its fees, takes all that', () => {
  const swap = { sendAmount: 214n, keepAmount: 297n, fee: 1n };
  const atomicResult = { ...nothingBooked, keepAmount: 297n };
  const operation = melt({ state: 'settled', sourceAmount: 512n, swap, atomicResult, budget });
  expect(operationDocument(operation, seal).budget_unused).toBe(-1n);
});
