import { describe, expect, it } from '@jest/globals';
import { meltStates } from '../../src/models/operation.ts';
import {
  type Decision,
  decide,
  type MeltFacts,
  type MintView,
  needsMintView,
  oddForMs,
} from '../../src/services/melt/decision.ts';
import {
  decideFor,
  decisionsOf,
  everyFact,
  type Row,
  rowsWhere,
  table,
  views,
} from '../support/decisions.ts';

const fencings: readonly Decision[] = ['start_fence', 'start_partial_fence', 'repeat_fence', 'renew_fence'];
const releases: readonly Decision[] = ['start_release', 'finish_release', 'cancel'];

describe('laws that hold for every state, fact and observation of a melt', () => {
  it('covers every state, and more than ten thousand rows', () => {
    expect(new Set(table.map(({ facts }) => facts.state))).toEqual(new Set(meltStates));
    expect(table.length).toBeGreaterThan(10_000);
  });

  it('never fences while the quote or an input is paid, pending or out of sight', () => {
    const uncertain = ({ view: { quote, inputs } }: Row) =>
      ['PAID', 'PENDING', 'UNREACHABLE'].includes(quote) || ['PENDING', 'UNREACHABLE'].includes(inputs);
    expect(rowsWhere((row) => fencings.includes(row.decision) && uncertain(row))).toEqual([]);
  });

  it('never gives up a melt that was sent unless the fence is signed or its only attempt was refused', () => {
    const proven = ({ facts, view }: Row) => {
      const fenced = facts.hasFence && (facts.fenceSigned || view.outputs === 'SIGNED');
      const refusedOnce = facts.meltReading === 'rejected' && facts.meltPosts === 1;
      return fenced || (refusedOnce && view.quote === 'UNPAID' && view.inputs === 'UNSPENT');
    };
    const sent = rowsWhere(({ facts }) => ['melting', 'pending'].includes(facts.state));
    expect(sent.filter((row) => releases.includes(row.decision) && !proven(row))).toEqual([]);
  });

  it('never finishes a release whose fence the mint has not signed', () => {
    const unsigned = ({ facts, view }: Row) =>
      facts.hasFence && !facts.fenceSigned && view.outputs !== 'SIGNED';
    expect(rowsWhere((row) => row.decision === 'finish_release' && unsigned(row))).toEqual([]);
  });

  it('lets no worker send a melt, not even again', () => {
    const melts = rowsWhere(({ decision }) => ['start_melt', 'repeat_melt'].includes(decision));
    expect(melts.length).toBeGreaterThan(0);
    expect(melts.filter(({ facts }) => facts.role === 'worker')).toEqual([]);
  });

  it('sends a first melt from nowhere but prepared and swapped, and repeats one only while melting', () => {
    const first = rowsWhere(({ decision }) => decision === 'start_melt');
    expect([...new Set(first.map(({ facts }) => facts.state))].sort()).toEqual(['prepared', 'swapped']);
    const repeated = rowsWhere(({ decision }) => decision === 'repeat_melt');
    expect([...new Set(repeated.map(({ facts }) => facts.state))]).toEqual(['melting']);
    expect(repeated.every(({ facts }) => facts.mayRepeatMelt)).toBe(true);
  });

  it('never repeats a melt that the mint reports as paid or pending, or whose inputs are not all there', () => {
    const mad = ({ view: { quote, inputs } }: Row) =>
      quote === 'PAID' || quote === 'PENDING' || ['PENDING', 'SPENT', 'PARTLY_SPENT'].includes(inputs);
    expect(rowsWhere((row) => row.decision === 'repeat_melt' && mad(row))).toEqual([]);
  });

  it('believes PAID from the mint’s own reply, or from the quote once our inputs are gone, too', () => {
    const unfenced = ({ facts, view }: Row) =>
      !(facts.hasFence && (facts.fenceSigned || view.outputs === 'SIGNED'));
    const under = (state: MeltFacts['state']) =>
      rowsWhere((row) => row.facts.state === state && unfenced(row));
    const proven = ({ facts, view }: Row) =>
      facts.meltReading === 'paid' || (view.quote === 'PAID' && view.inputs === 'SPENT');
    for (const state of ['melting', 'pending'] as const) {
      expect(decisionsOf(under(state).filter(proven))).toEqual(['pay']);
      expect(decisionsOf(under(state).filter((row) => !proven(row)))).not.toContain('pay');
    }
    const fenced = under('releasing').filter(({ facts }) => facts.hasFence);
    expect(decisionsOf(fenced.filter(proven))).toEqual(['resume']);
  });

  it('neither books nor fences nor repeats while the quote says PAID and our inputs are untouched', () => {
    const odd = rowsWhere(
      ({ facts, view }) =>
        ['melting', 'pending'].includes(facts.state) &&
        facts.meltReading !== 'paid' &&
        view.quote === 'PAID' &&
        view.inputs === 'UNSPENT' &&
        !(facts.hasFence && view.outputs === 'SIGNED'),
    );
    expect(decisionsOf(odd)).toEqual(['doubt', 'hang']);
  });

  it('touches nothing that has ended', () => {
    const ended = ['settled', 'released', 'cancelled', 'needs_attention'];
    expect(decisionsOf(rowsWhere(({ facts }) => ended.includes(facts.state)))).toEqual(['done']);
    const open = rowsWhere(({ facts }) => !ended.includes(facts.state));
    expect(decisionsOf(open)).not.toContain('done');
  });

  it('starts a fence only after the delay and on a second sighting', () => {
    const started = rowsWhere(({ decision }) => decision === 'start_fence');
    expect(started.length).toBeGreaterThan(0);
    const due = ({ facts, view }: Row) =>
      facts.state === 'pending' &&
      facts.unpaidSightings >= 1 &&
      facts.sinceLastMeltMs >= facts.fenceDelayMs &&
      view.inputs === 'UNSPENT';
    expect(started.filter((row) => !due(row))).toEqual([]);
  });

  it('only waits while inputs are spent and nobody says paid', () => {
    const gone = rowsWhere(
      ({ facts, view }) =>
        facts.state === 'pending' &&
        view.inputs === 'SPENT' &&
        view.quote !== 'PAID' &&
        facts.meltReading !== 'paid' &&
        !(facts.hasFence && view.outputs === 'SIGNED'),
    );
    const settledForWaiting = gone.filter(
      ({ facts, decision }) =>
        decision !== 'wait' && !(decision === 'forget_unpaid' && facts.unpaidSightings > 0),
    );
    expect(settledForWaiting).toEqual([]);
  });

  it('calls for a person only after an hour in which the inputs were partly gone', () => {
    const called = rowsWhere(
      ({ decision }) => decision === 'attention' || decision === 'start_partial_fence',
    );
    expect(called.length).toBeGreaterThan(0);
    const longOdd = ({ facts, view }: Row) =>
      view.inputs === 'PARTLY_SPENT' && facts.partlySpentForMs !== null && facts.partlySpentForMs >= oddForMs;
    expect(called.filter((row) => !longOdd(row))).toEqual([]);
  });

  it('cancels nothing but what was prepared, and only when its creator stayed away', () => {
    for (const { facts } of rowsWhere(({ decision }) => decision === 'cancel')) {
      expect(facts).toMatchObject({ state: 'prepared', role: 'worker', orphaned: true });
    }
  });

  it('takes a look at the mint wherever the decision could depend on it', () => {
    for (const state of meltStates) {
      for (const facts of everyFact(state).filter((each) => !needsMintView(each))) {
        const decisions = new Set(views.map((view) => decide(facts, view)));
        // A melt that was answered PENDING goes on to where the mint is asked.
        if (state === 'melting' && facts.meltReading === 'pending') decisions.delete('pay');
        expect({ facts, decisions: decisions.size }).toEqual({ facts, decisions: 1 });
      }
    }
  });
});

const rows: [story: string, facts: Partial<MeltFacts>, view: Partial<MintView>, decision: Decision][] = [
  ['prepared, needs a swap: its creator swaps', { needsSwap: true }, {}, 'start_swap'],
  ['prepared, fits exactly: its creator melts', { needsSwap: false }, {}, 'start_melt'],
  ['prepared a moment ago: a worker leaves it alone', { role: 'worker' }, {}, 'wait'],
  ['prepared and orphaned: a worker cancels it', { role: 'worker', orphaned: true }, {}, 'cancel'],
  ['swap signed in the reply', { state: 'swapping', swapSigned: true }, {}, 'accept_swap'],
  ['swap signed, says NUT-09', { state: 'swapping' }, { outputs: 'SIGNED', inputs: 'SPENT' }, 'accept_swap'],
  ['swap lost, inputs there', { state: 'swapping' }, {}, 'repeat_swap'],
  ['swap lost, mint away', { state: 'swapping' }, { inputs: 'UNREACHABLE' }, 'wait'],
  ['swap lost, inputs spent, no signature yet', { state: 'swapping' }, { inputs: 'SPENT' }, 'wait'],
  ['swap refused for its keyset', { state: 'swapping', swapRefusal: 'keyset_retired' }, {}, 'renew_swap'],
  [
    'swap refused for good',
    { state: 'swapping', swapRefusal: 'definite', swapSurelyDead: true },
    {},
    'start_release',
  ],
  [
    'swap refused for good, but an earlier copy may be on its way',
    { state: 'swapping', swapRefusal: 'definite' },
    {},
    'renew_swap',
  ],
  ['swapped: its creator melts', { state: 'swapped' }, {}, 'start_melt'],
  ['swapped, found by a worker too early', { state: 'swapped', role: 'worker' }, {}, 'wait'],
  ['swapped orphan', { state: 'swapped', role: 'worker', orphaned: true }, {}, 'start_release'],
  ['melt answered PAID', { state: 'melting', meltReading: 'paid', meltPosts: 1 }, {}, 'pay'],
  ['melt answered PENDING', { state: 'melting', meltReading: 'pending', meltPosts: 1 }, {}, 'hang'],
  [
    'melt refused once, all agree',
    { state: 'melting', meltReading: 'rejected', meltPosts: 1 },
    {},
    'start_release',
  ],
  [
    'melt refused once, the mint holds the inputs',
    { state: 'melting', meltReading: 'rejected', meltPosts: 1 },
    { inputs: 'PENDING' },
    'hang',
  ],
  ['melt refused after a repeat', { state: 'melting', meltReading: 'rejected', meltPosts: 2 }, {}, 'hang'],
  [
    'melt lost, may be repeated',
    { state: 'melting', meltReading: 'unknown', meltPosts: 1, mayRepeatMelt: true },
    {},
    'repeat_melt',
  ],
  [
    'melt lost, found by a worker',
    { state: 'melting', role: 'worker', meltReading: 'unknown', meltPosts: 1, mayRepeatMelt: true },
    {},
    'hang',
  ],
  [
    'melt lost, quote PAID',
    { state: 'melting', meltReading: 'unknown' },
    { quote: 'PAID', inputs: 'SPENT' },
    'pay',
  ],
  ['pending, first untouched sighting', { state: 'pending' }, {}, 'note_unpaid'],
  ['pending, moving again', { state: 'pending', unpaidSightings: 1 }, { inputs: 'PENDING' }, 'forget_unpaid'],
  [
    'pending, untouched twice, too early',
    { state: 'pending', unpaidSightings: 2, sinceLastMeltMs: 119_999 },
    {},
    'wait',
  ],
  [
    'pending, untouched twice, late enough',
    { state: 'pending', unpaidSightings: 1, sinceLastMeltMs: 120_000 },
    {},
    'start_fence',
  ],
  [
    'pending, quote forgotten by the mint',
    { state: 'pending', unpaidSightings: 1, sinceLastMeltMs: 120_000 },
    { quote: 'MISSING' },
    'start_fence',
  ],
  [
    'pending, some inputs gone for an hour',
    { state: 'pending', partlySpentForMs: oddForMs },
    { inputs: 'PARTLY_SPENT' },
    'start_partial_fence',
  ],
  [
    'pending behind a fence that won',
    { state: 'pending', hasFence: true },
    { outputs: 'SIGNED' },
    'start_release',
  ],
  ['fence lost, inputs there', { state: 'releasing', hasFence: true }, {}, 'repeat_fence'],
  [
    'fence refused',
    { state: 'releasing', hasFence: true, fenceRefusal: 'keyset_retired' },
    {},
    'renew_fence',
  ],
  ['fence found the inputs spent', { state: 'releasing', hasFence: true }, { inputs: 'SPENT' }, 'resume'],
  ['fence while the payment moves', { state: 'releasing', hasFence: true }, { quote: 'PENDING' }, 'wait'],
  [
    'fence while the quote is out of sight',
    { state: 'releasing', hasFence: true },
    { quote: 'UNREACHABLE' },
    'wait',
  ],
  ['fence signed', { state: 'releasing', hasFence: true, fenceSigned: true }, {}, 'finish_release'],
  ['release without a fence: nothing was sent', { state: 'releasing' }, {}, 'finish_release'],
  ['paid, change to come', { state: 'paid' }, {}, 'collect_change'],
];

describe('the rows that matter', () => {
  it.each(rows)('%s', (_story, facts, view, decision) => {
    expect(decideFor(facts, view)).toBe(decision);
  });
});
