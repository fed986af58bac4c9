import { describe, expect, it } from '@jest/globals';
import type { Proof } from '../../src/models/proof.ts';
import type { ReportDraft } from '../../src/models/report.ts';
import { createIncidents } from '../../src/services/melt/incidents.ts';
import { melt } from '../support/operations.ts';

const proof = (amount: bigint): Proof => ({ Y: `02${amount}`, keysetId: '00', amount, secret: 's', C: '02' });

/** 1,100 paid in for 1,000 with a reserve of 50: at least 50 come back, and at most 100. */
const operation = melt({
  state: 'paid',
  quote: { id: 'quote_1', amount: 1_000n, feeReserve: 50n, expiry: null },
  inputs: [proof(1_100n)],
});

async function reportsOn(...change: bigint[]): Promise<Pick<ReportDraft, 'code' | 'severity' | 'summary'>[]> {
  const filed: ReportDraft[] = [];
  const incidents = createIncidents({
    file: async (draft) => {
      filed.push(draft);
      return 'sup_1';
    },
    close: async () => undefined,
  });
  const proofs = change.map(proof);
  await incidents.changeIs(operation, { proofs, complete: true, unverified: 0, answered: true });
  return filed.map(({ code, severity, summary }) => ({ code, severity, summary }));
}

describe('the change of a paid melt', () => {
  it.each([
    ['nothing', []],
    ['a part', [32n, 16n, 1n]],
  ])('that is less than was certainly due, %s, is reported with both sums', async (_what, change) => {
    const got = change.reduce((sum, amount) => sum + amount, 0n);
    expect(await reportsOn(...change)).toMatchObject([
      {
        code: 'CHANGE_BELOW_MINIMUM',
        severity: 'HIGH',
        summary: expect.stringContaining(`${got} of at least 50 sat`),
      },
    ]);
  });

  it.each([
    ['the least that is due', [50n]],
    ['all that can be', [64n, 32n, 4n]],
  ])('that is %s is no incident', async (_what, change) => {
    expect(await reportsOn(...change)).toEqual([]);
  });

  it('that is more than was paid in is for the record', async () => {
    expect(await reportsOn(101n)).toMatchObject([{ code: 'CHANGE_ABOVE_MAXIMUM', severity: 'MEDIUM' }]);
  });
});
