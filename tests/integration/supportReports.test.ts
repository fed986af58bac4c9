import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { comesTo } from '../support/mischief.ts';
import { type Json, startWorld, until, untilLater, type World } from '../support/world.ts';

const hourMs = 3_600_000;
const reportsAt = '/api/support/reports';

let world: World;
let headers: { authorization: string };
let aheadMs = 0;
beforeAll(async () => {
  const clock = () => Date.now() + aheadMs;
  world = await startWorld({
    simulator: { feeReserveMinSat: 4, clock },
    env: { CRUCIBLE_ANSWER_WITHIN_MS: '600', CRUCIBLE_FENCE_DELAY_MS: '120000' },
    overrides: { now: () => new Date(clock()) },
  });
  headers = { authorization: `Bearer ${await world.keyFor(['support:read'])}` };
});
afterAll(() => world.end());

const get = (path: string) => world.call('GET', path, undefined, headers);
async function listed(query: string): Promise<Json[]> {
  const { status, body } = await get(`${reportsAt}?${query}`);
  expect(status).toBe(200);
  return Array.isArray(body['reports']) ? body['reports'] : [];
}

describe('support, with a customer on the line whose payment hangs', () => {
  it('finds the report, reads where the money is, and later how it has ended', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, behaviour: 'pending' });
    const asked = await wallet.melt(invoice, { memo: 'for nobody else to read' });
    const id = String(asked.body['transactionId']);
    await comesTo(wallet, id, 'pending');
    aheadMs += hourMs;
    const ofCustomer = `npub=${wallet.npub}`;
    await until(async () => (await listed(ofCustomer)).length > 0, 'the report');
    const [entry] = await listed(`${ofCustomer}&status=open&severity=HIGH&code=OPERATION_OPEN_TOO_LONG`);
    expect(entry).toMatchObject({ transactionId: id, npub: wallet.npub, status: 'open', count: 1 });

    const open = await get(`${reportsAt}/${String(entry?.['supportId'])}`);
    expect(open).toMatchObject({
      status: 200,
      body: {
        ...entry,
        whatItMeans: expect.stringContaining('reserved'),
        whatTheServerDoes: expect.stringContaining('Asks the mint'),
        whatToDo: expect.stringMatching(/\w/),
        closedAt: null,
        operation: {
          transactionId: id,
          kind: 'melt',
          status: 'PENDING',
          state: 'pending',
          whereTheMoneyIs: expect.stringContaining('reserved for this payment'),
          timeline: expect.arrayContaining([expect.objectContaining({ state: 'prepared' })]),
        },
      },
    });
    expect(JSON.stringify(open.body)).not.toContain('for nobody else');

    await world.sim.settle(paymentHash, 'paid');
    const isBooked = async () => (await wallet.status(id)).body['state'] === 'settled';
    const later = () => {
      aheadMs += 2_000;
    };
    await untilLater(later, isBooked, 'the payment booked', 30_000);
    await until(async () => (await listed(`${ofCustomer}&status=open`)).length === 0, 'the report closed');
    const closed = await get(`${reportsAt}/${String(entry?.['supportId'])}`);
    expect(closed.body).toMatchObject({
      status: 'closed',
      closedHow: 'The operation ended as settled.',
      whatItMeans: expect.stringMatching(/^While it was so: /),
      whatToDo: 'Nothing more about this incident.',
      operation: {
        status: 'PAID',
        state: 'settled',
        whereTheMoneyIs: expect.stringContaining('invoice is paid'),
      },
    });
  });
});

describe('the list', () => {
  it('is turned page by page, with each report once', async () => {
    const { reports } = world.context.services;
    for (let number = 1; number <= 5; number += 1)
      await reports.file({
        dedupeKey: `page:${number}`,
        severity: 'MEDIUM',
        code: 'MINT_ERROR',
        summary: `number ${number}`,
        requestId: `req-${number}`,
      });
    const met: unknown[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await get(`${reportsAt}?severity=MEDIUM&limit=2${cursor}`);
      if (Array.isArray(body['reports'])) met.push(...body['reports'].map(({ summary }: Json) => summary));
      const { nextCursor, hasMore } = Object(body['pagination']);
      expect(hasMore).toBe(nextCursor !== null);
      if (nextCursor === null) break;
      cursor = `&cursor=${String(nextCursor)}`;
    }
    expect(met).toEqual([5, 4, 3, 2, 1].map((number) => `number ${number}`));
    expect(await listed(`since=${new Date(Date.now() + aheadMs + hourMs).toISOString()}`)).toEqual([]);
  });
});

it('a report tells which requests have met it, and is found by every id that was told', async () => {
  const { reports } = world.context.services;
  const draft = { dedupeKey: 'told', severity: 'HIGH', code: 'MINT_UNAVAILABLE', summary: 'silent' } as const;
  const supportId = await reports.file({ ...draft, requestId: 'order-7' });
  await reports.file({ ...draft, requestId: 'order-8' });
  const other = 'sup_00000000000000000abc';
  await world.context.database.reports.updateOne({ _id: supportId }, { $set: { other_ids: [other] } });
  const { body } = await get(`${reportsAt}/${other}`);
  expect(body).toMatchObject({
    supportId,
    count: 2,
    requestIds: ['order-7', 'order-8'],
    otherIds: [other],
    operation: null,
  });
});
