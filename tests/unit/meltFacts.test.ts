import { describe, expect, it } from '@jest/globals';
import { factsOf } from '../../src/services/melt/facts.ts';
import { leftOutBy } from '../../src/services/melt/observe.ts';
import { setbackOf } from '../../src/services/melt/setback.ts';
import { nearMs, oddForMs } from '../../src/services/operations/oddities.ts';
import { attempt, melt, startedAt } from '../support/operations.ts';

const later = (ms: number): Date => new Date(startedAt.getTime() + ms);
const refusedForMs = (lastAfterMs: number, now: Date): number | null => {
  const swapRefused = { since: startedAt, lastAt: later(lastAfterMs) };
  const times = { fenceDelayMs: 1, orphanAfterMs: 1 };
  return factsOf(melt({ state: 'swapping', swapRefused }), 'worker', times, now).swapRefusedForMs;
};

it('a swap has been refused until its latest refusal: hours of silence after one add nothing', () => {
  expect(refusedForMs(0, later(2 * oddForMs))).toBe(0);
  expect(refusedForMs(oddForMs, later(oddForMs + 1))).toBe(oddForMs);
});

describe('signatures that do not verify', () => {
  const swapping = (sinceMs: number | null, seenMs: number | null, reply = true) =>
    melt({
      state: 'swapping',
      timeline: [{ at: startedAt, state: 'swapping', event: 'swapping' }],
      attempts: [attempt({ reply: reply ? { httpStatus: 200, body: '{}', at: startedAt } : null })],
      unverifiedSince: sinceMs === null ? null : later(sinceMs),
      unverifiedSeenAt: seenMs === null ? null : later(seenMs),
    });
  const at = later(5 * oddForMs);
  const longAgoMs = 4 * oddForMs;
  const justNowMs = 5 * oddForMs - nearMs;

  it('are noted, and reported, when they are seen first: however long the swap has been open', () => {
    expect(setbackOf(swapping(null, null, false), 'swap', 'unverified', at)).toMatchObject({
      kind: 'report',
      note: { changes: { unverifiedSince: at, unverifiedSeenAt: at } },
    });
  });

  it('are noted once more after a time without a look, and go on where they began', () => {
    const setback = setbackOf(swapping(longAgoMs, justNowMs - 1), 'swap', 'unverified', at);
    const attempts = [{ reply: null }];
    expect(setback).toMatchObject({
      kind: 'report',
      note: { changes: { attempts, unverifiedSince: later(longAgoMs), unverifiedSeenAt: at } },
    });
  });

  it('call a person when every look for an hour has found them', () => {
    expect(setbackOf(swapping(longAgoMs, justNowMs), 'swap', 'unverified', at).kind).toBe('stop');
    expect(setbackOf(swapping(longAgoMs + 1, justNowMs), 'swap', 'unverified', at)).toMatchObject({
      kind: 'report',
      note: { changes: { attempts: [{ reply: null }] } },
    });
    expect(setbackOf(swapping(longAgoMs + 1, justNowMs, false), 'swap', 'unverified', at)).toMatchObject({
      kind: 'report',
      note: null,
    });
  });

  it('in a reply alone, with nothing signed by NUT-09, are set aside and call nobody', () => {
    const setback = setbackOf(swapping(longAgoMs, justNowMs), 'swap', 'unsigned', at);
    expect(setback).toMatchObject({ kind: 'report', note: { changes: { attempts: [{ reply: null }] } } });
    expect(setbackOf(swapping(null, null, false), 'swap', 'unsigned', at).kind).toBe('ask_again');
    expect(setbackOf(swapping(longAgoMs, justNowMs), 'swap', 'unreachable', at).kind).toBe('ask_again');
  });
});

it('a fence that wins late is known by its outputs: what it left out is missing, whatever was begun after it', () => {
  const proof = (secret: string, amount: bigint) => ({ Y: secret, amount, keysetId: '00', secret, C: '03' });
  const inputs = [proof('one', 64n), proof('two', 32n)];
  const output = (B_: string) => ({
    role: 'release' as const,
    keysetId: '00',
    amount: 64n,
    counter: 1,
    B_,
    secret: 's',
    blindingFactor: 1n,
  });
  const fence = (number: number, B_: string, of: typeof inputs) => {
    const requestBody = JSON.stringify({ inputs: of.map(({ secret }) => ({ secret })) });
    return attempt({ number, purpose: 'fence', outputs: [output(B_)], requestBody });
  };
  const attempts = [fence(2, 'partial', inputs.slice(0, 1)), fence(1, 'whole', inputs)];
  const operation = melt({ inputs, attempts, missingAmount: null });
  expect(leftOutBy(operation, [{ output: output('partial') }])).toEqual(inputs.slice(1));
  expect(leftOutBy({ ...operation, missingAmount: 32n }, [{ output: output('whole') }])).toEqual([]);
});
