import { type FaultRow, representing, row } from './faultRow.ts';
import type { AnswerKind } from './phases.ts';
import { patienceMs } from './stand.ts';

/** Where the mint does something; everywhere else it only answers a question, and doing it or not is the same. */
const deeds: readonly AnswerKind[] = ['swap signatures', 'melt', 'issued signatures'];

/** A question is repeated by the gateway, so trouble on its way must outlast that to be noticed by anybody else. */
const trouble = (...[name, fault, meets]: Parameters<typeof row>): FaultRow => ({
  ...row(name, fault, meets),
  rules: ({ request, answers }) => [{ match: request, fault, times: deeds.includes(answers) ? 1 : 3 }],
});

/** How long such an answer must take for the server to have given up: more than it waits. */
function tooLateMs(answers: AnswerKind): number {
  const marginMs = 150;
  switch (answers) {
    case 'information':
    case 'keyset list':
    case 'keys':
      return patienceMs.information + marginMs;
    case 'proof states':
    case 'restored signatures':
      return patienceMs.state + marginMs;
    case 'new melt quote':
    case 'melt quote':
    case 'new mint quote':
    case 'mint quote':
      return patienceMs.quote + marginMs;
    case 'swap signatures':
    case 'issued signatures':
      return patienceMs.exchange + marginMs;
    case 'melt':
      return patienceMs.melt + marginMs;
  }
}

/** What can happen to any request on its way, and to its reply. */
export const deliveryFaults: readonly FaultRow[] = [
  representing(trouble('cut before it is processed', 'drop_before')),
  row('answered late', { kind: 'delay', delayMs: 200 }),
  {
    name: 'answered after the server gave up',
    meets: 'every answer',
    representative: true,
    rules: ({ request, answers }) => [
      { match: request, fault: { kind: 'delay', delayMs: tooLateMs(answers) } },
    ],
  },
  trouble('held until the trouble is over', 'hold'),
  trouble('500, not processed', { kind: 'status', status: 500 }),
  trouble('503 with Retry-After', { kind: 'status', status: 503, retryAfterSeconds: 1 }),
  representing(trouble('429 with Retry-After', { kind: 'status', status: 429, retryAfterSeconds: 1 })),
  representing(trouble('half a body', { kind: 'truncate' })),
  trouble('half a body, full length promised', { kind: 'truncate', contentLength: 'full' }),
  trouble('1 MB body', { kind: 'huge_body', bytes: 1_000_000 }),
  trouble('HTML with status 502', { kind: 'html', status: 502 }),
  trouble('HTML with status 200', { kind: 'html', status: 200, processed: true }),
  trouble('redirect', { kind: 'redirect', location: 'http://127.0.0.1:9/', status: 307 }),
  trouble('“already spent”, though nothing was', { kind: 'error_code', code: 11001 }),
  representing(trouble('a code that nobody knows', { kind: 'error_code', code: 99_999, processed: true })),
  representing(row('the keyset rotates before', { kind: 'rotate_keyset', when: 'before' })),
  representing(row('the keyset rotates after', { kind: 'rotate_keyset', when: 'after' })),
];

/** What can happen to a request that makes the mint do something, besides. */
export const deedFaults: readonly FaultRow[] = [
  trouble('cut after it was processed', 'drop_after', deeds),
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

const minutesMs = 60_000;

/** A mint whose clock is wrong, where it looks at it: what it makes expires, and melts of expired quotes are refused. */
export const clockFaults: readonly FaultRow[] = [
  {
    name: 'the mint’s clock is 5 minutes slow',
    meets: ['new melt quote', 'new mint quote'],
    rules: () => [],
    clockOffByMs: -5 * minutesMs,
  },
  {
    name: 'the mint’s clock is 15 minutes fast',
    meets: ['new melt quote', 'new mint quote', 'melt'],
    rules: () => [],
    clockOffByMs: 15 * minutesMs,
  },
];
