import { expect } from '@jest/globals';
import { severities } from '../../../src/models/report.ts';
import type { ReportDocument } from '../../../src/models/schemas/account.ts';
import { reportCodes } from '../../../src/services/support/plainWords.ts';
import { member, proofsOf } from '../money.ts';
import type { Json, Reply, TestWallet } from '../world.ts';
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

/** What the client was told, and whether the mint's ledger, or the wallet, has the money where PAID says that it is. */
export type Story = { told: Reply; isPaid: () => Promise<boolean> };

/**
 * Whoever has only the report on the screen can answer the customer, at this moment: every report about the wallet, and the
 * one that the client was told, is complete, agrees with the ledger, and shows no secret.
 */
export async function expectTrueReports(stand: Stand, wallet: TestWallet, story: Story): Promise<void> {
  const { world, until } = stand;
  const read = (supportId: string) => world.call('GET', `/api/support/reports/${supportId}`);
  const { told, isPaid } = story;
  const named = told.body['supportId'];
  const mustBeNamed = told.status >= 500 || ['CRITICAL', 'HIGH'].includes(String(told.body['severity']));
  expect(typeof named === 'string').toBe(mustBeNamed);
  const secrets = (await proofsOf(world, wallet.npub)).map(({ secret }) => secret);

  for (const supportId of await idsAbout(stand, wallet, named)) {
    await until(async () => (await read(supportId)).status === 200, 'the report to be read');
    const { body } = await read(supportId);
    stand.tally.reportsRead += 1;
    expectComplete(body);
    expect(secrets.filter((secret) => JSON.stringify(body).includes(secret))).toEqual([]);
    const claims = claimsOf(body);
    if (claims.paid) expect(await isPaid()).toBe(true);
    if (claims.unpaid) expect(await isPaid()).toBe(false);
    if (supportId !== named) continue;
    // The client was refused: nothing of its request may have moved money where the report says so.
    if (/no money moved/i.test(meaningOf(body))) expect(await isPaid()).toBe(false);
    expect(body['code']).toBe(told.body['code']);
    expect(body['requestIds']).toContain(told.headers.get('x-request-id'));
  }
}

async function idsAbout({ world }: Stand, { npub }: TestWallet, named: unknown): Promise<Set<string>> {
  const { status, body } = await world.call('GET', `/api/support/reports?npub=${npub}&limit=100`);
  expect(status).toBe(200);
  const reports = body['reports'];
  if (!Array.isArray(reports)) throw new Error('no list of reports');
  const ids = reports.map((report: Json) => String(report['supportId']));
  return new Set(typeof named === 'string' ? [...ids, named] : ids);
}

/** All that a person needs, in words. */
function expectComplete(body: Json): void {
  expect(severities).toContain(body['severity']);
  expect(reportCodes).toContain(body['code']);
  for (const field of ['summary', 'whatItMeans', 'whatTheServerDoes', 'whatToDo'])
    expect(body[field]).toEqual(expect.stringMatching(/\S.{10,}/s));
  if (body['status'] === 'closed')
    expect(body).toMatchObject({
      closedAt: expect.any(String),
      closedHow: expect.stringMatching(/\S/),
      whatTheServerDoes: expect.stringContaining(String(body['closedHow'])),
      whatToDo: 'Nothing more about this incident.',
    });
  if (body['transactionId'] === null) return;
  const timeline = member(body['operation'], 'timeline');
  if (!Array.isArray(timeline)) throw new Error('a report about an operation has no timeline');
  expect(body['operation']).toMatchObject({
    transactionId: body['transactionId'],
    whereTheMoneyIs: expect.stringMatching(/\S.{10,}/s),
    state: timeline.at(-1)?.state,
  });
}

const meaningOf = (body: Json): string => String(body['whatItMeans']).replace(/^While it was so: /, '');

/** What the report says of the money that can never be otherwise afterwards. */
function claimsOf(body: Json): { paid: boolean; unpaid: boolean } {
  const status = body['operation'] === null ? null : member(body['operation'], 'status');
  return {
    paid: status === 'PAID' || meaningOf(body).startsWith('The invoice is paid'),
    unpaid: status === 'FAILED',
  };
}
