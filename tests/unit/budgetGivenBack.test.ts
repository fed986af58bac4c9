import { expect, it } from '@jest/globals';
import { operationDocument } from '../../src/repositories/operationDocuments.ts';
import { melt } from '../support/operations.ts';

const budget = { keyId: 'key_1', day: '2026-01-01', limit: 1_000n, reserved: 214n };
const sealer = { seal: () => '', open: () => '' };
const unusedOf = (state: 'written_off' | 'released' | 'pending', releasedAmount: bigint | null) =>
  operationDocument(melt({ state, sourceAmount: 512n, releasedAmount, budget }), sealer).budget_unused;

it('a payment that was given up takes what it had reserved of its key’s budget, and no more', () => {
  expect(unusedOf('written_off', 0n)).toBe(0n);
  expect(unusedOf('written_off', 400n)).toBe(102n);
  expect(unusedOf('released', 512n)).toBe(214n);
  expect(unusedOf('pending', null)).toBeUndefined();
});
