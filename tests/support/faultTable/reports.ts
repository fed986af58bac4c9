import { expect } from '@jest/globals';
import type { ReportDocument } from '../../../src/models/schemas/account.ts';
import type { TestWallet } from '../world.ts';
import type { Stand } from './stand.ts';

/** What is filed of a refused request stays true: nothing was started, or nothing was sent. */
const refusals = ['MINT_UNAVAILABLE'];

/** All has ended right, so nothing may still call for a person: reports of what was wrong meanwhile are closed. */
export async function expectHonestReports({ world }: Stand, { npub }: TestWallet): Promise<void> {
  const open = await world.context.database.reports
    .find({ npub, status: 'open', severity: { $in: ['CRITICAL', 'HIGH'] }, code: { $nin: refusals } })
    .lean<ReportDocument[]>();
  expect(open.map(({ code, summary }) => `${code}: ${summary}`)).toEqual([]);
}

/** Something is told to the client that looks wrong, and is not: then somebody has been told why. */
export async function expectReported({ world }: Stand, transactionId: string, code: string): Promise<void> {
  const reports = await world.context.database.reports
    .find({ transaction_id: transactionId })
    .lean<ReportDocument[]>();
  expect(reports.map((report) => report.code)).toContain(code);
}
