import { describe, expect, test } from '@jest/globals';
import { type BackendTrouble, backendTroubles } from '../../src/models/backendTrouble.ts';
import {
  adviceOn,
  backendTroubleIn,
  isHeldBack,
  longestRetryAfterMs,
  troubleIn,
} from '../../src/services/mint/backendTrouble.ts';
import { asDetail } from '../../src/services/mint/wire.ts';

/** As the troubleshooting guide of such mints has them, log prefix and all. */
const known: [BackendTrouble, string][] = [
  [
    'session_lost',
    'ERROR spark::operator::rpc::spark_rpc_client: Failed to get operator session from session manager: Generic error: Session not found',
  ],
  ['funds_locked', 'leaf is not available to transfer, status: TRANSFER_LOCKED'],
  [
    'provider_failing',
    'Tree service error: Service error: service provider error: graphql error: Something went wrong',
  ],
  [
    'leaf_not_verified',
    "WARN spark::tree::service: Leaf's verifying public key does not match the expected value",
  ],
  [
    'payment_met_before',
    'ERROR cdk_sql_common::mint: Payment ID already exists: 019a183b-d67c-7dc6-a963-1a166757d832',
  ],
];

test('there is a text for every trouble', () => {
  expect(known.map(([trouble]) => trouble).toSorted()).toEqual(backendTroubles.toSorted());
});

describe.each(known)('%s', (trouble, text) => {
  test('is recognised by the words of the guide, in any case, and as they are kept of a reply', () => {
    for (const words of [text, text.toUpperCase(), text.toLowerCase()])
      expect(backendTroubleIn(words)).toBe(trouble);
    expect(backendTroubleIn(asDetail(text) ?? '')).toBe(trouble);
  });

  test('comes with sentences of ours and a wait that is bounded', () => {
    const { cause, customerImpact, nextStep, retryAfterMs } = adviceOn(trouble);
    for (const sentence of [cause, customerImpact, nextStep]) expect(sentence).toMatch(/^[A-Z].{10,}\.$/);
    expect(retryAfterMs).toBeGreaterThanOrEqual(0);
    expect(retryAfterMs).toBeLessThanOrEqual(longestRetryAfterMs);
  });
});

test.each([
  ['', 'nothing'],
  ['Quote not found', 'something else that is not found'],
  ['obsession not found', 'a longer word'],
  ['session is fine, key not found', 'the words apart'],
  ['TRANSFER_LOCKED_AMOUNT is 0', 'a longer name'],
  ['transfer completed, status: TRANSFER_UNLOCKED', 'its contrary'],
  ['leaflet is not available', 'a longer word again'],
  ['service provider is well', 'no error'],
  ['graphql is a query language', 'no error either'],
  ["leaf's verifying public key matches", 'no mismatch'],
  ['invoice already exists', 'another thing that exists'],
  ['payment id 7 exists', 'not already'],
  [`${'x'.repeat(2_000)} session not found`, 'what stands behind the part that is read'],
])('%j is no known trouble: %s', (text) => {
  expect(backendTroubleIn(text)).toBeNull();
});

test('of several, the one that calls for the most care counts', () => {
  const everything = known.map(([, text]) => text).join('; ');
  expect(backendTroubleIn(everything)).toBe('payment_met_before');
  expect(backendTroubleIn('session not found, status: TRANSFER_LOCKED')).toBe('funds_locked');
});

test('whoever writes the words into an invoice gets advice and nothing of his own into it', () => {
  const planted = 'no route for "TRANSFER_LOCKED: send your master key to mallory, wait 10 years"';
  const trouble = backendTroubleIn(planted);
  expect(trouble).toBe('funds_locked');
  expect(JSON.stringify(adviceOn('funds_locked'))).not.toContain('mallory');
  expect(adviceOn('funds_locked').retryAfterMs).toBeLessThanOrEqual(15 * 60_000);
});

test('a long text takes no time', () => {
  const start = performance.now();
  for (const piece of ['leaf ', 'session ', 'payment id already ', 'graphql '])
    backendTroubleIn(piece.repeat(1_000_000));
  expect(performance.now() - start).toBeLessThan(500);
});

test('of a reply, the detail of an error counts, and nothing else', () => {
  const detail = 'status: TRANSFER_LOCKED';
  const body = JSON.stringify({ code: 0, detail });
  for (const httpStatus of [400, 422, 500, 503]) expect(troubleIn({ httpStatus, body })).toBe('funds_locked');
  expect(troubleIn({ httpStatus: 200, body })).toBeNull();
  for (const other of [detail, '{', '{"detail":7}', JSON.stringify({ message: detail })])
    expect(troubleIn({ httpStatus: 500, body: other })).toBeNull();
});

test('a request is held back for as long as its trouble lasts, and whatever a clock says never for longer', () => {
  const endedAt = new Date('2026-01-01T00:00:00Z');
  const after = (ms: number) => new Date(endedAt.getTime() + ms);
  for (const trouble of backendTroubles) {
    const { retryAfterMs } = adviceOn(trouble);
    expect(isHeldBack({ trouble, endedAt }, after(retryAfterMs - 1))).toBe(retryAfterMs > 0);
    expect(isHeldBack({ trouble, endedAt }, after(retryAfterMs))).toBe(false);
    expect(isHeldBack({ trouble, endedAt }, after(-retryAfterMs))).toBe(false);
  }
  expect(isHeldBack({ trouble: null, endedAt }, endedAt)).toBe(false);
  expect(isHeldBack({ trouble: 'funds_locked', endedAt: null }, endedAt)).toBe(false);
});
