import { describe, expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import { DomainError } from '../../src/models/errors.ts';
import { presentableDetail } from '../../src/services/melt/failure.ts';
import { whyStopped } from '../../src/services/melt/incidents.ts';
import { insufficientBalance, neverSent, paymentFailed, stopped } from '../../src/services/melt/refusals.ts';
import { attempt, melt, startedAt } from '../support/operations.ts';

const lostTimeEvent = 'its inputs are gone: it went on in a time that the books have lost';
const sentMelt = attempt({ purpose: 'melt' });

describe('A melt that was cancelled, which a request can only meet in passing,', () => {
  it('gives back all that was reserved, since nothing had left', () => {
    const told = paymentFailed(melt({ state: 'cancelled' }), { replayed: false });
    expect(told.members).toMatchObject({ released: 1152, cause: 'NOT_STARTED' });
    expect(told.message).toMatch(/1152 sat are back in the wallet\. It was not sent to Lightning; try again/);
  });
});

describe('A wallet of many small proofs', () => {
  it('that has enough in sum is not told that it has too little', () => {
    const told = insufficientBalance(700n, 900n, 'sat');
    expect(told.message).toMatch(
      /^The wallet’s 900 sat are in too many small proofs .* needs 700 sat .*smaller invoice/,
    );
    expect(told.members).toEqual({ required: 700, available: 900 });
  });
});

describe('A payment that was never sent', () => {
  it('because of a mistake of ours is not blamed on the database', () => {
    const told = neverSent(melt({}), new TypeError('x is not a function'));
    expect(told).toMatchObject({ code: 'INTERNAL_ERROR', severity: 'HIGH', retryable: true });
    expect(told.message).toMatch(/The payment was not sent, and it will not be/);
    expect(told.message).not.toMatch(/database|function/);
  });

  it('because others kept writing to the same records is no mistake of ours', () => {
    const told = neverSent(melt({}), new mongo.MongoServerError({ message: 'WriteConflict', code: 112 }));
    expect(told).toMatchObject({ code: 'DATABASE_UNAVAILABLE', severity: 'HIGH', retryable: true });
    expect(told.message).toMatch(/^The database is too busy. The payment was not sent, and it will not be/);
  });

  it('because the books are behind the mint is not blamed on the mint', () => {
    const cause = new DomainError('MELT_BLOCKED_BY_RECONCILIATION', 'HIGH', 'blocked', { retryable: true });
    const told = neverSent(melt({}), cause);
    expect(told).toMatchObject({ code: 'MELT_BLOCKED_BY_RECONCILIATION', retryable: true });
    expect(told.message).toMatch(/^The wallet’s books were found to be behind its mint, .* was not sent/);
    expect(told.message).not.toMatch(/stopped answering/);
  });
});

describe('A payment that a person must decide about', () => {
  const gone = { at: startedAt, state: 'swapping', event: lostTimeEvent };
  const refusedSwap = { at: startedAt, state: 'needs_attention', event: whyStopped.attention_swap_refused };
  const { timeline } = melt({});
  it.each([
    [
      'is told as never sent where the mint has refused to swap its ecash',
      melt({ timeline: [...timeline, refusedSwap] }),
      /No payment was sent for this invoice/,
    ],
    [
      'is told as open where these books know of no melt: they may be those of a backup, from before it was paid',
      melt({}),
      /not settled; do not pay again/,
    ],
    ['is told as open where it has', melt({ attempts: [sentMelt] }), /not settled; do not pay again/],
    [
      'is told as open where it went on in a time that the books have lost',
      melt({ timeline: [...timeline, gone, refusedSwap] }),
      /not settled; do not pay again/,
    ],
  ])('%s', (_story, operation, message) => {
    const told = stopped({ ...operation, state: 'needs_attention' }, { replayed: false });
    expect(told.message).toMatch(message);
    expect(told.members).toMatchObject({ requiresManualIntervention: true });
  });
});

describe('The mint’s words', () => {
  it.each([
    ['invoice already paid', 'invoice already paid'],
    [
      'Lightning payment failed: no route within the fee reserve',
      'Lightning payment failed: no route within the fee reserve',
    ],
    [
      'inputs 10 are less than amount, fee reserve and fees 12',
      'inputs 10 are less than amount, fee reserve and fees 12',
    ],
    [
      'Invoice (lnbc) is older than 24/7 allows, e.g. 3.5 days',
      'Invoice (lnbc) is older than 24/7 allows, e.g. 3.5 days',
    ],
    ['  no  ', 'no'],
    ['   ', null],
    [null, null],
    ['proof 407915bc212be61a77e3e6d2aeb4c727980bda51cd06a6afc29e2861768a7837 is spent', null],
    ['cashuAeyJ0b2tlbiI6 is spent', null],
    ['see /var/log/mint.log', null],
    ['see C:\\mint\\log.txt', null],
    ['ledger.py:912 assertion', null],
    ['postgres://mint:hunter2@db/mint', null],
    ['Traceback (most recent call last)', null],
    ['<b>no</b>', null],
    ['{"detail": "no"}', null],
  ])('%j are told as %j', (said, told) => {
    expect(presentableDetail(said)).toBe(told);
  });
});
