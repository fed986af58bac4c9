import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createReportRepository } from '../../src/repositories/reports.ts';
import { comesTo } from '../support/mischief.ts';
import { type Json, startWorld, until, untilLater, type World } from '../support/world.ts';

const hourMs = 3_600_000;
const reportsAt = '/api/support/reports';

let world: World;
let headers: { authorization: string };
let deskKeyId: string;
let aheadMs = 0;
beforeAll(async () => {
  const clock = () => Date.now() + aheadMs;
  world = await startWorld({
    simulator: { feeReserveMinSat: 4, clock },
    env: { CRUCIBLE_ANSWER_WITHIN_MS: '600', CRUCIBLE_FENCE_DELAY_MS: '120000' },
    overrides: { now: () => new Date(clock()) },
  });
  const { apiKeys } = world.context.services;
  const { key, token } = await apiKeys.issue({
    label: 'support desk',
    scopes: ['support:read', 'support:write'],
    npub: null,
    expiresAt: null,
  });
  deskKeyId = key.id;
  headers = { authorization: `Bearer ${token}` };
});
afterAll(() => world.end());

const get = (path: string) => world.call('GET', path, undefined, headers);
const resolve = (supportId: unknown, note: string) =>
  world.call('POST', `${reportsAt}/${String(supportId)}/resolve`, { note }, headers);
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
        whatItMeans: expect.stringContaining('Nothing is lost'),
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

describe('a report that a person has called resolved', () => {
  const draft = (dedupeKey: string, transactionId: string | null = null) =>
    ({ dedupeKey, severity: 'HIGH', code: 'FEE_ABOVE_LIMIT', summary: 'dear', transactionId }) as const;

  it('keeps who, when and why, in the audit log too, and says so to whoever resolves it again', async () => {
    const { reports } = world.context.services;
    const { npub } = await world.wallet();
    const supportId = await reports.file({ ...draft('resolved:1'), npub });
    const first = await resolve(supportId, 'the mint was asked');
    const resolution = {
      at: expect.any(String),
      keyId: deskKeyId,
      label: 'support desk',
      note: 'the mint was asked',
    };
    expect(first).toMatchObject({
      status: 200,
      body: { supportId, status: 'resolved', alreadyResolved: false, resolution },
    });
    const again = await resolve(supportId, 'I have, too');
    expect(again.body).toEqual({ ...first.body, alreadyResolved: true });
    const { body } = await get(`${reportsAt}/${supportId}`);
    expect(body).toMatchObject({ status: 'resolved', closedAt: null, resolutions: [resolution] });
    expect(await listed(`npub=${npub}&status=open`)).toEqual([]);
    expect(await listed(`npub=${npub}&status=resolved`)).toMatchObject([{ supportId }]);
    const audited = await world.context.database.audit.find({ 'details.supportId': supportId }).lean();
    expect(audited).toMatchObject([
      {
        event: 'report.resolved',
        npub,
        details: { keyId: deskKeyId, label: 'support desk', note: 'the mint was asked' },
      },
    ]);
  });

  it('is closed when the server sees that it is over, and keeps both', async () => {
    const { reports } = world.context.services;
    const supportId = await reports.file(draft('resolved:2'));
    await resolve(supportId, 'being looked into');
    await reports.close('resolved:2', 'The mint takes less again.');
    expect((await get(`${reportsAt}/${supportId}`)).body).toMatchObject({
      status: 'closed',
      closedHow: 'The mint takes less again.',
      resolutions: [{ note: 'being looked into' }],
    });
  });

  it('is closed when whoever looks for what has ended, or for what waits no more, finds it so', async () => {
    const { services, database } = world.context;
    const wallet = await world.wallet(64);
    const { invoice } = await world.sim.invoice({ amount: 10 });
    const id = String((await wallet.melt(invoice)).body['transactionId']);
    await comesTo(wallet, id, 'settled');
    const supportId = await services.reports.file(draft(`late:${id}`, id));
    await resolve(supportId, 'told the customer');
    const present = async () => (await get(`${reportsAt}/${supportId}`)).body;
    await until(async () => (await present())['status'] === 'closed', 'the report of what has ended closed');
    expect(await present()).toMatchObject({
      closedHow: 'The operation ended as settled.',
      resolutions: [{ note: 'told the customer' }],
    });
    const waiting = await services.reports.file(draft('waits'));
    await resolve(waiting, 'will be back');
    expect(await createReportRepository(database).openKeys('FEE_ABOVE_LIMIT')).toContain('waits');
  });

  it('that was closed before stays closed, and keeps the note', async () => {
    const { reports } = world.context.services;
    const supportId = await reports.file(draft('resolved:3'));
    await reports.close('resolved:3', 'The mint takes less again.');
    expect((await resolve(supportId, 'customer told')).body).toMatchObject({
      status: 'closed',
      alreadyResolved: false,
    });
    expect((await get(`${reportsAt}/${supportId}`)).body).toMatchObject({
      status: 'closed',
      closedHow: 'The mint takes less again.',
      resolutions: [{ note: 'customer told' }],
    });
    expect((await resolve(supportId, 'again')).body).toMatchObject({ alreadyResolved: true });
  });

  it.each([
    ['of an operation, is open again under its id', 'tx_melt_1795229787123_0123456789abcdef'],
    ['of none, has an open one beside it', null],
  ])('and is met again: %s', async (_what, transactionId) => {
    const { reports } = world.context.services;
    const met = draft(`again:${transactionId}`, transactionId);
    const supportId = await reports.file(met);
    await resolve(supportId, 'dealt with');
    aheadMs += 1_000;
    const next = await reports.file(met);
    expect(next === supportId).toBe(transactionId !== null);
    expect((await get(`${reportsAt}/${next}`)).body).toMatchObject({ status: 'open' });
    const { body } = await get(`${reportsAt}/${supportId}`);
    expect(body).toMatchObject({
      resolutions: [{ note: 'dealt with' }],
      count: transactionId === null ? 1 : 2,
    });
    await reports.close(met.dedupeKey, 'over');
    for (const id of [supportId, next])
      expect((await get(`${reportsAt}/${id}`)).body).toMatchObject({ status: 'closed', closedHow: 'over' });
  });
});

it('a key that may only read resolves nothing', async () => {
  const supportId = await world.context.services.reports.file({
    dedupeKey: 'readers',
    severity: 'HIGH',
    code: 'FEE_ABOVE_LIMIT',
    summary: 'dear',
  });
  const authorization = `Bearer ${await world.keyFor(['support:read'])}`;
  const refused = await world.call(
    'POST',
    `${reportsAt}/${supportId}/resolve`,
    { note: 'x' },
    { authorization },
  );
  expect(refused).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  expect((await get(`${reportsAt}/${supportId}`)).body).toMatchObject({ status: 'open', resolutions: [] });
});
