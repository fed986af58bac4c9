import { describe, expect, it } from '@jest/globals';
import { type MeltOperation, meltStates, unsentAttempt } from '../../src/models/operation.ts';
import { whyNot } from '../../src/services/support/deciding.ts';
import { melt, minting } from '../support/operations.ts';

const hourMs = 3_600_000;

const later = (operation: { createdAt: Date }, ms: number): Date =>
  new Date(operation.createdAt.getTime() + ms);

const request = unsentAttempt({ number: 1, purpose: 'melt', keysetId: '00', outputs: [], requestBody: '{}' });
const sent = (differences: Partial<MeltOperation>): MeltOperation =>
  melt({ attempts: [{ ...request, posts: 1 }], ...differences });
const stoppedIn = (state: string): Pick<MeltOperation, 'state' | 'timeline'> => ({
  state: 'needs_attention',
  timeline: [
    { at: new Date(0), state, event: 'so far' },
    { at: new Date(1), state: 'needs_attention', event: 'stopped' },
  ],
});

describe('what a person may decide about a payment', () => {
  it('is nothing for an hour, while the server is at it', () => {
    const open = sent({ state: 'pending' });
    for (const decision of ['fence', 'write_off'] as const) {
      expect(whyNot(open, decision, later(open, hourMs - 1))).toContain('less than an hour');
      expect(whyNot(open, decision, later(open, hourMs))).toBeNull();
    }
  });

  it('is not to give it up within an hour of having its ecash taken back, unless it was stopped again', () => {
    const fenceDecidedAt = later(sent({}), 3 * hourMs);
    const fenced = sent({ state: 'pending', fenceDecidedAt });
    expect(whyNot(fenced, 'write_off', later(fenced, 4 * hourMs - 1))).toContain('Less than an hour ago');
    expect(whyNot(fenced, 'write_off', later(fenced, 4 * hourMs))).toBeNull();
    const stopped = sent({ ...stoppedIn('releasing'), fenceDecidedAt });
    expect(whyNot(stopped, 'write_off', fenceDecidedAt)).toBeNull();
  });

  it('is nothing, at any time, where it has ended or the mint has paid it', () => {
    for (const state of ['settled', 'released', 'cancelled'] as const)
      for (const decision of ['fence', 'write_off'] as const) {
        const ended = sent({ state });
        expect(whyNot(ended, decision, later(ended, 24 * hourMs))).toBe(`It has ended as ${state}.`);
      }
    const payment = { preimage: null, preimageVerified: false, paidAt: new Date(0) };
    for (const state of meltStates) {
      const paid = sent({ state, payment });
      expect(whyNot(paid, 'write_off', later(paid, 24 * hourMs))).toContain('paid it');
    }
  });

  it('is no fence where no payment request has left, but to go on from where it was stopped', () => {
    const open = melt({ state: 'swapping' });
    expect(whyNot(open, 'fence', later(open, 24 * hourMs))).toContain('No payment request has left');
    for (const state of ['prepared', 'swapping', 'swapped', 'pending', 'releasing']) {
      const stopped = melt(stoppedIn(state));
      expect(whyNot(stopped, 'fence', stopped.createdAt)).toBeNull();
    }
    const odd = melt(stoppedIn('melting'));
    expect(whyNot(odd, 'fence', odd.createdAt)).toContain('nothing can go on');
  });

  it('is a fence of what was written off, where a payment request had left; and no second writing off', () => {
    const [never, once] = [melt({ state: 'written_off' }), sent({ state: 'written_off' })];
    expect(whyNot(once, 'fence', once.createdAt)).toBeNull();
    expect(whyNot(never, 'fence', never.createdAt)).toContain('restore of the wallet');
    expect(whyNot(once, 'write_off', once.createdAt)).toBe('It was written off before.');
  });
});

describe('what a person may decide about a minting', () => {
  it('is nothing while its invoice may still be paid', () => {
    const waiting = minting();
    for (const decision of ['fence', 'write_off'] as const)
      expect(whyNot(waiting, decision, later(waiting, 24 * hourMs))).toContain('was not paid yet');
  });

  it('is to have it taken up again where it was stopped, or given up', () => {
    const stopped = minting({
      state: 'needs_attention',
      timeline: [{ at: new Date(0), state: 'issuing', event: 'so far' }],
    });
    for (const decision of ['fence', 'write_off'] as const)
      expect(whyNot(stopped, decision, stopped.createdAt)).toBeNull();
  });
});
