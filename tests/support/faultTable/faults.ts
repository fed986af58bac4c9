import type { AskedFault, FaultWish } from '../../../simulator/client.ts';
import type { Flaw } from '../../../simulator/faults/faults.ts';
import type { AnswerKind, Phase } from './phases.ts';

/** A fault of the table: what it is called, whom it can meet, and what the simulator is told. */
export type FaultRow = {
  name: string;
  /** The answers that it makes sense at. */
  meets: readonly AnswerKind[] | 'every answer';
  rules: (phase: Pick<Phase, 'request' | 'answers'>) => FaultWish[];
  /** The mint keeps change for good: the melt ends after a day. */
  withholdsChange?: true;
  /** How far the mint's own clock is off. */
  clockOffByMs?: number;
};

/** Where the mint does something; everywhere else it only answers a question, and doing it or not is the same. */
const deeds: readonly AnswerKind[] = ['swap signatures', 'melt', 'issued signatures'];
const signed: readonly AnswerKind[] = ['swap signatures', 'melt', 'restored signatures', 'issued signatures'];

const row = (
  name: string,
  fault: FaultWish['fault'],
  meets: FaultRow['meets'] = 'every answer',
): FaultRow => ({
  name,
  meets,
  rules: ({ request }) => [{ match: request, fault }],
});

/** A question is repeated by the gateway, so trouble on its way must outlast that to be noticed by anybody else. */
const trouble = (...[name, fault, meets]: Parameters<typeof row>): FaultRow => ({
  ...row(name, fault, meets),
  rules: ({ request, answers }) => [{ match: request, fault, times: deeds.includes(answers) ? 1 : 3 }],
});

/** From BOLT-11's own examples: 2,500 µBTC for a cup of coffee. */
const otherInvoice =
  'lnbc2500u1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpuaztrnwngzn3kdzw5hydlzf03qdgm2hdq27cqv3agm2awhz5se903vruatfhq77w3ls4evs3ch9zw97j25emudupq63nyw24cg27h2rspfj9srp';
const minutesMs = 60_000;

/** What can happen to any request on its way, and to its reply. */
export const deliveryFaults: readonly FaultRow[] = [
  trouble('cut before it is processed', 'drop_before'),
  trouble('answered late', { kind: 'delay', delayMs: 200 }),
  trouble('answered after the server gave up', { kind: 'delay', delayMs: 1_800 }),
  trouble('held until the trouble is over', 'hold'),
  trouble('500, not processed', { kind: 'status', status: 500 }),
  trouble('503 with Retry-After', { kind: 'status', status: 503, retryAfterSeconds: 1 }),
  trouble('429 with Retry-After', { kind: 'status', status: 429, retryAfterSeconds: 1 }),
  trouble('half a body', { kind: 'truncate' }),
  trouble('half a body, full length promised', { kind: 'truncate', contentLength: 'full' }),
  trouble('10 MB body', { kind: 'huge_body' }),
  trouble('HTML with status 502', { kind: 'html', status: 502 }),
  trouble('HTML with status 200', { kind: 'html', status: 200, processed: true }),
  trouble('redirect', { kind: 'redirect', location: 'http://127.0.0.1:9/', status: 307 }),
  trouble('“already spent”, though nothing was', { kind: 'error_code', code: 11001 }),
  trouble('a code that nobody knows', { kind: 'error_code', code: 99_999, processed: true }),
  row('the keyset rotates before', { kind: 'rotate_keyset', when: 'before' }),
  row('the keyset rotates after', { kind: 'rotate_keyset', when: 'after' }),
];

/** What can happen to a request that makes the mint do something, besides. */
export const deedFaults: readonly FaultRow[] = [
  trouble('cut after it was processed', 'drop_after', deeds),
  trouble('delivered twice, first answer', { kind: 'duplicate', answer: 'first' }, deeds),
  trouble('delivered twice, second answer', { kind: 'duplicate', answer: 'second' }, deeds),
  trouble('cut, delivered moments later', { kind: 'drop_then_process', afterMs: 250 }, deeds),
  trouble('cut, delivered long after', { kind: 'drop_then_process', afterMs: null }, deeds),
  trouble('500, processed', { kind: 'status', status: 500, processed: true }, deeds),
  row(
    'redirect after the work',
    { kind: 'redirect', location: 'http://127.0.0.1:9/', processed: true },
    deeds,
  ),
  trouble('“already signed”, and it was', { kind: 'error_code', code: 11003, processed: true }, deeds),
  trouble('a code that nobody knows, not processed', { kind: 'error_code', code: 99_999 }, deeds),
];

/** A mint whose clock is wrong. */
export const clockFaults: readonly FaultRow[] = [
  {
    name: 'the mint’s clock is 5 minutes slow',
    meets: 'every answer',
    rules: () => [],
    clockOffByMs: -5 * minutesMs,
  },
  {
    name: 'the mint’s clock is 5 minutes fast',
    meets: 'every answer',
    rules: () => [],
    clockOffByMs: 5 * minutesMs,
  },
];

const spoiled = (name: string, ...flaws: Flaw[]): FaultRow =>
  row(name, { kind: 'spoil_signatures', flaws }, signed);

/** What can be wrong with signatures, wherever the mint hands them out. */
export const signatureFaults: readonly FaultRow[] = [
  spoiled('signatures in another order', 'permuted'),
  spoiled('signatures in another order, no DLEQ', 'permuted', 'no_dleq'),
  spoiled('no signatures member', 'missing'),
  spoiled('an empty list of signatures', 'empty'),
  spoiled('one signature too few', 'left_out'),
  spoiled('a signature that does not verify', 'wrong_point'),
  spoiled('a signature that does not verify, no DLEQ', 'wrong_point', 'no_dleq'),
  spoiled('no DLEQ', 'no_dleq'),
  spoiled('a wrong DLEQ', 'wrong_dleq'),
  spoiled('a foreign keyset', 'wrong_keyset'),
  spoiled('another amount', 'wrong_amount'),
];

const onQuote = (name: string, fault: AskedFault, meets: readonly AnswerKind[] = ['melt quote']): FaultRow =>
  row(name, fault, meets);

/** What a quote can say that is not so. */
export const quoteFaults: readonly FaultRow[] = [
  onQuote('a higher amount', { kind: 'alter_quote', add: { amount: 1 } }),
  onQuote('a lower amount', { kind: 'alter_quote', add: { amount: -1 } }),
  onQuote('an invoice over another amount', { kind: 'alter_quote', set: { request: otherInvoice } }, [
    'mint quote',
  ]),
  onQuote('an absurd fee reserve', { kind: 'alter_quote', add: { fee_reserve: 1_000_000 } }),
  onQuote('another unit', { kind: 'alter_quote', set: { unit: 'usd' } }),
  onQuote('another invoice', { kind: 'alter_quote', set: { request: 'lnbc1' } }),
  onQuote('another quote id', { kind: 'alter_quote', set: { quote: 'somebody-elses' } }),
  onQuote('an expiry in the past', { kind: 'alter_quote', set: { expiry: 1_000_000_000 } }, [
    'melt quote',
    'mint quote',
  ]),
  onQuote('a state that does not exist', { kind: 'alter_quote', set: { state: 'MAYBE' } }, [
    'melt quote',
    'mint quote',
  ]),
  onQuote('“PAID”, though it may not be', { kind: 'alter_quote', set: { state: 'PAID' } }, [
    'melt quote',
    'mint quote',
  ]),
  onQuote('“PENDING”, though it may not be', { kind: 'alter_quote', set: { state: 'PENDING' } }),
  onQuote('“UNPAID”, though it is routing or paid', { kind: 'lie_unpaid' }),
  onQuote('“ISSUED”, though it may not be', { kind: 'alter_quote', set: { state: 'ISSUED' } }, [
    'mint quote',
  ]),
  onQuote('forgotten for a moment', { kind: 'forget_quote' }, ['melt quote', 'mint quote']),
];

/** NUT-07 lying once. */
export const stateFaults: readonly FaultRow[] = (['UNSPENT', 'PENDING', 'SPENT'] as const).map((state) =>
  row(`all ${state}, said once`, { kind: 'override_state', Y: '*', state }, ['proof states']),
);

const onMelt = (name: string, fault: AskedFault): FaultRow => row(name, fault, ['melt']);

/** What a mint can do with a payment. */
export const paymentFaults: readonly FaultRow[] = [
  onMelt('PENDING, then PAID', { kind: 'melt_pending', result: 'paid', afterMs: 400 }),
  onMelt('PENDING, then UNPAID', { kind: 'melt_pending', result: 'failed', afterMs: 400 }),
  onMelt('PENDING, remembered by NUT-19, then PAID', {
    kind: 'melt_pending',
    result: 'paid',
    afterMs: 400,
    cached: true,
  }),
  onMelt('“payment failed”, though it was paid', { kind: 'error_code', code: 20_004, processed: true }),
  onMelt('“payment failed”, though it was never tried', { kind: 'error_code', code: 20_004 }),
  onMelt('“PAID”, though it was never tried', {
    kind: 'status',
    status: 200,
    body: { state: 'PAID', payment_preimage: '0'.repeat(64), change: [] },
  }),
  onMelt('change signed after PAID is visible', { kind: 'change_late', afterMs: 600 }),
  { ...onMelt('a sat too little change', { kind: 'change_amount', delta: -1 }), withholdsChange: true },
  onMelt('a sat too much change', { kind: 'change_amount', delta: 1 }),
];

export const allFaults: readonly FaultRow[] = [
  ...deliveryFaults,
  ...deedFaults,
  ...clockFaults,
  ...signatureFaults,
  ...quoteFaults,
  ...stateFaults,
  ...paymentFaults,
];

/** Whether a fault has a place at this answer. */
export function canMeet(fault: FaultRow, answers: AnswerKind): boolean {
  return fault.meets === 'every answer' || fault.meets.includes(answers);
}
