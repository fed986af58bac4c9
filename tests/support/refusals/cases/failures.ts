import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { FaultWish } from '../../../../simulator/client.ts';
import { askedOfMint } from '../../money.ts';
import { until } from '../../world.ts';
import type { RefusalCase } from '../cases.ts';
import type { Stage } from '../stage.ts';

type Refused = { code: number; detail?: string } | { body: unknown };

const meltPath = '/v1/melt/bolt11';
const faultFor = (refused: Refused): FaultWish['fault'] =>
  'code' in refused
    ? { kind: 'error_code', ...refused }
    : { kind: 'status', status: 400, body: refused.body, retryAfterSeconds: null };

/** The mint will not even quote. On both routes that ask it to. */
const unquoted = (what: string, fault: FaultWish['fault'], members: object, advice: RegExp): RefusalCase[] =>
  ['melt', 'melt/quote'].map((route) => ({
    code: 'PAYMENT_FAILED',
    what: `${what} (${route})`,
    async provoke(stage) {
      const invoice = await stage.invoice(100);
      await stage.world.sim.addFaults({ match: { path: '/v1/melt/quote/bolt11' }, fault });
      return stage.post(`${stage.wallet.at}/${route}`, { invoice });
    },
    says: new RegExp(
      `^The mint will not pay this invoice\\. Nothing was reserved and no money moved\\. ${advice.source}`,
    ),
    members: { released: 0, ...members },
  }));

const refusedQuote = (what: string, refused: Refused, members: object, advice: RegExp) =>
  unquoted(what, faultFor(refused), members, advice);

const newInvoice = /Its time is over; ask the payee for a new invoice/;
const nothingLeft = /Somebody else has paid this invoice; there is nothing left to pay/;
const tryLater = /Try again later; if it is refused again, ask the payee for another invoice/;
const noRoute = /Lightning found no way to the payee; try again later/;

/** What a mint may say that is none of the client's business, and what must not come through of it. */
const indiscretions = [
  'Traceback (most recent call last): File "/app/cashu/mint/ledger.py", line 912, in melt',
  'proof d341ee4871f1f889041e63cf0d3823c713eea6aff01e80f1719f08f9e5be98f6 is bad',
  'token cashuAeyJ0b2tlbiI6W3sibWludCI6Imh0dHBzOi8v is bad',
  'connect to postgres://mint:hunter2@10.0.0.7/mint failed',
  'TypeError: x is not a function at melt (/srv/mint/dist/index.js:10:15)',
  '<script>alert(1)</script>',
  '{"secret": "hush"}',
  'see C:\\mint\\log.txt',
];

const quoteCases: RefusalCase[] = [
  ...refusedQuote(
    'the invoice is paid already',
    { code: 20006, detail: 'invoice already paid' },
    { cause: 'INVOICE_ALREADY_PAID', causeDetail: 'invoice already paid' },
    nothingLeft,
  ),
  ...unquoted(
    'the mint calls the quote paid',
    { kind: 'alter_quote', set: { state: 'PAID' } },
    { cause: 'INVOICE_ALREADY_PAID', causeDetail: 'the mint reports the invoice as paid' },
    nothingLeft,
  ),
  ...unquoted(
    'the mint calls the quote pending',
    { kind: 'alter_quote', set: { state: 'PENDING' } },
    { cause: 'PAYMENT_UNDER_WAY', causeDetail: 'the mint reports the invoice as pending' },
    /Somebody else is paying this invoice just now; ask the payee/,
  ),
  ...refusedQuote(
    'the invoice is being paid by somebody',
    { code: 20005, detail: 'quote is pending' },
    { cause: 'PAYMENT_UNDER_WAY', causeDetail: 'quote is pending' },
    /Somebody else is paying/,
  ),
  ...refusedQuote(
    'the mint finds the invoice expired',
    { code: 20007, detail: 'expired' },
    { cause: 'EXPIRED', causeDetail: 'expired' },
    newInvoice,
  ),
  ...refusedQuote(
    'the amount is not one for this mint',
    { code: 11006, detail: 'too much' },
    { cause: 'AMOUNT_OUT_OF_RANGE', causeDetail: 'too much' },
    /The mint does not pay this amount; ask the payee for an invoice over another/,
  ),
  ...refusedQuote(
    'there is no route',
    { code: 20004, detail: 'no route found' },
    { cause: 'NO_ROUTE', causeDetail: 'no route found' },
    noRoute,
  ),
  ...refusedQuote(
    'Lightning fails',
    { code: 20004, detail: 'failed' },
    { cause: 'LIGHTNING_PAYMENT_FAILED', causeDetail: 'failed' },
    /Lightning could not deliver it; try again later/,
  ),
  ...refusedQuote(
    'the keyset is gone',
    { code: 12002, detail: 'inactive' },
    { cause: 'KEYSET_RETIRED', causeDetail: 'inactive' },
    /The mint has changed its keys meanwhile; try again/,
  ),
  ...refusedQuote(
    'the unit is not one for this mint',
    { code: 11013, detail: 'unit not supported' },
    { cause: 'MINT_REFUSED', causeDetail: 'unit not supported' },
    tryLater,
  ),
  ...refusedQuote(
    'a code that nobody knows',
    { code: 99999, detail: 'because' },
    { cause: 'MINT_REFUSED', causeDetail: 'because' },
    tryLater,
  ),
  ...refusedQuote(
    'no code',
    { body: { detail: 'no' } },
    { cause: 'MINT_REFUSED', causeDetail: 'no' },
    tryLater,
  ),
  ...refusedQuote('no reason', { body: {} }, { cause: 'MINT_REFUSED' }, tryLater),
  ...refusedQuote(
    'a reason that is not text',
    { body: { code: 'x', detail: [{ msg: 'no' }] } },
    { cause: 'MINT_REFUSED' },
    tryLater,
  ),
  ...refusedQuote(
    'a long reason',
    { code: 1, detail: 'no '.repeat(1_000) },
    { cause: 'MINT_REFUSED', causeDetail: 'no '.repeat(67).slice(0, 200).trim() },
    tryLater,
  ),
  ...refusedQuote(
    'a reason with line breaks and colours',
    { code: 1, detail: 'no\r\nway\u001b[31m' },
    { cause: 'MINT_REFUSED' },
    tryLater,
  ),
  ...indiscretions.flatMap((detail, at) =>
    refusedQuote(
      `an indiscreet reason (${at + 1})`,
      { code: 1, detail },
      { cause: 'MINT_REFUSED' },
      tryLater,
    ),
  ),
];

type Course = { behaviour?: 'fail'; routingFeeSat?: number };

/** A payment that was begun with a proof of 512 and ends without paying: all of it comes back. */
const failed = (
  what: string,
  members: object,
  advice: RegExp,
  {
    course = {},
    rules = [],
    during,
  }: { course?: Course; rules?: FaultWish[]; during?: (stage: Stage, invoice: string) => Promise<void> },
): RefusalCase => ({
  code: 'PAYMENT_FAILED',
  what,
  async provoke(stage) {
    const wallet = await stage.world.wallet(512);
    const { invoice } = await stage.world.sim.invoice({ amount: 100, ...course });
    await stage.world.sim.clearRequests();
    await stage.world.sim.addFaults(...rules);
    const answer = stage.melt(wallet, invoice);
    await during?.(stage, invoice);
    return answer;
  },
  says: new RegExp(
    `^The invoice was not paid, and these funds can no longer pay it\\. 512 sat are back in the wallet\\. ${advice.source}.* A new try takes a new Idempotency-Key`,
  ),
  members: {
    transactionId: expect.stringMatching(/^tx_melt_\w+$/),
    quoteId: expect.stringMatching(/\w/),
    released: 512,
    ...members,
  },
  leaves: 'settled',
});

const refusedMelt = (what: string, code: number, members: object, advice: RegExp): RefusalCase =>
  failed(what, members, advice, {
    rules: [{ match: { path: meltPath }, fault: { kind: 'error_code', code, detail: 'because' } }],
  });

/** Somebody else pays the invoice while our request is on its way. */
async function paidFromElsewhere({ world }: Stage, invoice: string): Promise<void> {
  await until(async () => (await askedOfMint(world, meltPath)) > 0, 'the melt');
  await world.sim.pay(invoice);
  await world.sim.release();
}

const again = /It was not sent to Lightning; try again/;

const meltCases: RefusalCase[] = [
  failed(
    'the payee cannot be reached',
    { cause: 'NO_ROUTE', causeDetail: 'Lightning payment failed: no route' },
    noRoute,
    { course: { behaviour: 'fail' } },
  ),
  failed(
    'the route costs more than was reserved',
    { cause: 'NO_ROUTE', causeDetail: 'Lightning payment failed: no route within the fee reserve' },
    noRoute,
    { course: { routingFeeSat: 50 } },
  ),
  failed(
    'somebody else was quicker to pay',
    { cause: 'INVOICE_ALREADY_PAID', causeDetail: 'invoice already paid' },
    nothingLeft,
    { rules: [{ match: { path: meltPath }, fault: 'hold' }], during: paidFromElsewhere },
  ),
  refusedMelt('the quote has expired', 20007, { cause: 'EXPIRED', causeDetail: 'because' }, newInvoice),
  refusedMelt(
    'Lightning fails',
    20004,
    { cause: 'LIGHTNING_PAYMENT_FAILED', causeDetail: 'because' },
    /Lightning could not deliver it/,
  ),
  refusedMelt(
    'the keyset of the change is gone',
    12002,
    { cause: 'KEYSET_RETIRED', causeDetail: 'because' },
    /The mint has changed its keys/,
  ),
  refusedMelt(
    'the mint finds fault with the inputs',
    10001,
    { cause: 'MINT_REFUSED', causeDetail: 'because' },
    tryLater,
  ),
  failed('the melt is lost each time', { cause: 'NOT_EXECUTED' }, /The mint never began it; try again/, {
    rules: [{ match: { path: meltPath }, fault: 'drop_before', times: null }],
  }),
  failed('the swap is refused', { cause: 'NOT_STARTED' }, again, {
    rules: [{ match: { path: '/v1/swap' }, fault: { kind: 'error_code', code: 11005 } }],
  }),
  {
    ...failed(
      'the same again under its key',
      { cause: 'NO_ROUTE', causeDetail: 'Lightning payment failed: no route' },
      noRoute,
      {},
    ),
    async provoke(stage) {
      const wallet = await stage.world.wallet(512);
      const { invoice } = await stage.world.sim.invoice({ amount: 100, behaviour: 'fail' });
      const key = { 'idempotency-key': randomUUID() };
      const first = await stage.melt(wallet, invoice, {}, key);
      expect(first.headers.get('idempotency-replayed')).toBeNull();
      const answer = await stage.melt(wallet, invoice, {}, key);
      expect(answer.headers.get('idempotency-replayed')).toBe('true');
      expect(answer.body['transactionId']).toBe(first.body['transactionId']);
      return answer;
    },
  },
];

export const failureCases: RefusalCase[] = [...quoteCases, ...meltCases];
