import { describe, expect, it } from '@jest/globals';
import { meltStates } from '../../src/models/operation.ts';
import {
  type Decision,
  decide,
  type MeltFacts,
  needsMintView,
  type Standing,
} from '../../src/services/melt/decision.ts';
import { nearMs, oddForMs } from '../../src/services/operations/oddities.ts';
import { looks, rows } from '../support/decisionRows.ts';
import {
  decideFor,
  decisionsOf,
  everyFact,
  fresh,
  type Row,
  rowsWhere,
  table,
  views,
} from '../support/decisions.ts';

const fencings: readonly Decision[] = ['start_fence', 'start_partial_fence', 'repeat_fence', 'renew_fence'];
/** For an hour, and seen not long ago, too: before this look. */
const isLongConfirmed = (odd: Standing | null): boolean =>
  odd !== null && odd.forMs >= oddForMs && odd.notedMsAgo <= nearMs;
const releases: readonly Decision[] = ['start_release', 'finish_release', 'cancel'];

describe('laws that hold for every state, fact and observation of a melt', () => {
  it('covers every state, and more than ten thousand rows', () => {
    expect(new Set(table.map(({ facts }) => facts.state))).toStrictEqual(new Set(meltStates));
    expect(table.length).toBeGreaterThan(10_000);
  });

  it('knows what to do in every row, and has a row for all that can be done', () => {
    const known: Record<Decision, true> = {
      wait: true,
      cancel: true,
      start_swap: true,
      repeat_swap: true,
      renew_swap: true,
      accept_swap: true,
      start_melt: true,
      repeat_melt: true,
      hang: true,
      pay: true,
      note_unpaid: true,
      note_partly_spent: true,
      forget_partly_spent: true,
      note_doubt: true,
      doubt: true,
      forget_doubt: true,
      forget_unverified: true,
      forget_unpaid: true,
      start_fence: true,
      start_partial_fence: true,
      repeat_fence: true,
      renew_fence: true,
      resume: true,
      start_release: true,
      finish_release: true,
      collect_change: true,
      attention: true,
      attention_doubted: true,
      attention_swap_refused: true,
      done: true,
    };
    expect(decisionsOf(table)).toStrictEqual(Object.keys(known).sort());
  });

  it('never fences while the quote or an input is paid, pending or out of sight', () => {
    const uncertain = ({ view: { quote, inputs } }: Row) =>
      ['PAID', 'PENDING', 'UNREACHABLE'].includes(quote) || ['PENDING', 'UNREACHABLE'].includes(inputs);
    expect(rowsWhere((row) => fencings.includes(row.decision) && uncertain(row))).toStrictEqual([]);
  });

  it('never gives up a melt that was sent unless the fence is signed or its only attempt was refused', () => {
    const proven = ({ facts, view }: Row) => {
      const fenced = facts.hasFence && (facts.fenceSigned || view.outputs === 'SIGNED');
      const refusedOnce = facts.meltReading === 'rejected' && facts.meltPosts === 1;
      return fenced || (refusedOnce && view.quote === 'UNPAID' && view.inputs === 'UNSPENT');
    };
    const sent = rowsWhere(({ facts }) => ['melting', 'pending'].includes(facts.state));
    expect(sent.filter((row) => releases.includes(row.decision) && !proven(row))).toStrictEqual([]);
  });

  it('never finishes a release whose fence the mint has not signed', () => {
    const unsigned = ({ facts, view }: Row) =>
      facts.hasFence && !facts.fenceSigned && view.outputs !== 'SIGNED';
    expect(rowsWhere((row) => row.decision === 'finish_release' && unsigned(row))).toStrictEqual([]);
  });

  it('lets no worker send a melt, not even again', () => {
    const melts = rowsWhere(({ decision }) => ['start_melt', 'repeat_melt'].includes(decision));
    expect(melts.length).toBeGreaterThan(0);
    expect(melts.filter(({ facts }) => facts.role === 'worker')).toStrictEqual([]);
  });

  it('sends a first melt from nowhere but prepared and swapped, and repeats one only while melting', () => {
    const first = rowsWhere(({ decision }) => decision === 'start_melt');
    expect([...new Set(first.map(({ facts }) => facts.state))].sort()).toStrictEqual(['prepared', 'swapped']);
    const repeated = rowsWhere(({ decision }) => decision === 'repeat_melt');
    expect([...new Set(repeated.map(({ facts }) => facts.state))]).toStrictEqual(['melting']);
    expect(repeated.every(({ facts }) => facts.mayRepeatMelt)).toBe(true);
  });

  it('never repeats a melt that the mint reports as paid or pending, or whose inputs are not all there', () => {
    const mad = ({ view: { quote, inputs } }: Row) =>
      quote === 'PAID' || quote === 'PENDING' || ['PENDING', 'SPENT', 'PARTLY_SPENT'].includes(inputs);
    expect(rowsWhere((row) => row.decision === 'repeat_melt' && mad(row))).toStrictEqual([]);
  });

  it('believes PAID from the mint’s own reply, or from the quote once our inputs are gone, too', () => {
    const unfenced = ({ facts, view }: Row) =>
      !(facts.hasFence && (facts.fenceSigned || view.outputs === 'SIGNED'));
    const under = (state: MeltFacts['state']) =>
      rowsWhere((row) => row.facts.state === state && unfenced(row));
    const proven = ({ facts, view }: Row) =>
      facts.meltReading === 'paid' || (view.quote === 'PAID' && view.inputs === 'SPENT');
    for (const state of ['melting', 'pending'] as const) {
      expect(decisionsOf(under(state).filter(proven))).toStrictEqual(['pay']);
      expect(decisionsOf(under(state).filter((row) => !proven(row)))).not.toContain('pay');
    }
    const fenced = under('releasing').filter(({ facts }) => facts.hasFence);
    expect(decisionsOf(fenced.filter(proven))).toStrictEqual(['resume']);
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
    expect(decisionsOf(odd)).toStrictEqual([
      'attention_doubted',
      'doubt',
      'forget_partly_spent',
      'hang',
      'note_doubt',
    ]);
  });

  it('touches nothing that has ended', () => {
    const ended = ['settled', 'released', 'cancelled', 'needs_attention', 'written_off'];
    expect(decisionsOf(rowsWhere(({ facts }) => ended.includes(facts.state)))).toStrictEqual(['done']);
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
    expect(started.filter((row) => !due(row))).toStrictEqual([]);
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
        decision !== 'wait' &&
        !(decision === 'forget_unpaid' && facts.unpaidSightings > 0) &&
        !(decision === 'forget_doubt' && facts.doubted !== null) &&
        !(decision === 'forget_partly_spent' && facts.partlySpent !== null),
    );
    expect(settledForWaiting).toStrictEqual([]);
  });

  it('calls for a person only after an hour in which the inputs were partly gone', () => {
    const called = rowsWhere(
      ({ decision }) => decision === 'attention' || decision === 'start_partial_fence',
    );
    expect(called.length).toBeGreaterThan(0);
    const longOdd = ({ facts, view }: Row) =>
      view.inputs === 'PARTLY_SPENT' && isLongConfirmed(facts.partlySpent);
    expect(called.filter((row) => !longOdd(row))).toStrictEqual([]);
  });

  it('calls for a person after an hour in which quote and inputs contradicted each other', () => {
    const called = rowsWhere(({ decision }) => decision === 'attention_doubted');
    expect([...new Set(called.map(({ facts }) => facts.state))].sort()).toStrictEqual([
      'pending',
      'releasing',
    ]);
    const longOdd = ({ facts, view }: Row) =>
      view.quote === 'PAID' &&
      (view.inputs === 'UNSPENT' || view.inputs === 'PARTLY_SPENT') &&
      facts.meltReading !== 'paid' &&
      isLongConfirmed(facts.doubted);
    expect(called.filter((row) => !longOdd(row))).toStrictEqual([]);
  });

  it('calls for a person after an hour of refusals of a swap which do not prove that it never happens', () => {
    const called = rowsWhere(({ decision }) => decision === 'attention_swap_refused');
    expect(called.length).toBeGreaterThan(0);
    const longRefused = ({ facts, view }: Row) =>
      facts.state === 'swapping' &&
      view.inputs === 'UNSPENT' &&
      view.outputs === 'UNSIGNED' &&
      ['keyset_retired', 'definite', 'unlisted'].includes(facts.swapRefusal) &&
      !facts.swapSurelyDead &&
      facts.swapRefusedForMs !== null &&
      facts.swapRefusedForMs >= oddForMs;
    expect(called.filter((row) => !longRefused(row))).toStrictEqual([]);
  });

  it('forgets what was odd as soon as a look rules it out, whatever else that look shows', () => {
    const ruledOut = ({ facts, view: { quote, inputs, outputs } }: Row) =>
      facts.doubted !== null &&
      facts.meltReading !== 'paid' &&
      !(facts.hasFence && (facts.fenceSigned || outputs === 'SIGNED')) &&
      (facts.state === 'pending' || facts.hasFence) &&
      (inputs === 'PENDING' || ((quote === 'PENDING' || quote === 'UNPAID') && inputs !== 'UNREACHABLE'));
    const odd = rowsWhere((row) => ['pending', 'releasing'].includes(row.facts.state) && ruledOut(row));
    expect(odd.length).toBeGreaterThan(0);
    expect(decisionsOf(odd)).toStrictEqual(['forget_doubt']);
    const whole = rowsWhere(
      ({ facts, view }) =>
        facts.state === 'swapping' &&
        facts.partlySpent !== null &&
        facts.unverified === null &&
        !facts.swapSigned &&
        view.outputs === 'UNSIGNED' &&
        ['UNSPENT', 'PENDING', 'SPENT'].includes(view.inputs),
    );
    expect(decisionsOf(whole)).toStrictEqual(['forget_partly_spent']);
  });

  it('forgets signatures that did not verify where a look finds that there are none, and only there', () => {
    const forgotten = rowsWhere(({ decision }) => decision === 'forget_unverified');
    expect([...new Set(forgotten.map(({ facts }) => facts.state))].sort()).toStrictEqual([
      'releasing',
      'swapping',
    ]);
    const isRuledOut = ({ facts, view }: Row) => facts.unverified !== null && view.outputs === 'UNSIGNED';
    expect(forgotten.filter((row) => !isRuledOut(row))).toStrictEqual([]);
    const odd = rowsWhere(
      (row) => row.facts.state === 'swapping' && !row.facts.swapSigned && isRuledOut(row),
    );
    expect(decisionsOf(odd)).toStrictEqual(['forget_unverified']);
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
        expect({ facts, decisions: decisions.size }).toStrictEqual({ facts, decisions: 1 });
      }
    }
  });
});

describe('with a person’s decision that the ecash is to be taken back', () => {
  const undecided = rowsWhere(({ facts }) => ['pending', 'releasing'].includes(facts.state));
  const changed = undecided.flatMap((row) => {
    const facts = { ...row.facts, fenceDecided: true };
    const decision = decide(facts, row.view);
    return decision === row.decision ? [] : [{ facts, view: row.view, decision, instead: row.decision }];
  });

  it('what is done otherwise is fencing, whatever is said of the quote, and only what the mint calls unspent', () => {
    const of = (state: MeltFacts['state']) => changed.filter(({ facts }) => facts.state === state);
    expect(decisionsOf(of('pending'))).toStrictEqual(['start_fence']);
    expect(decisionsOf(of('releasing'))).toStrictEqual(['renew_fence', 'repeat_fence']);
    expect(new Set(changed.map(({ view }) => view.quote)).size).toBe(5);
    expect(new Set(changed.map(({ view }) => view.inputs))).toStrictEqual(new Set(['UNSPENT']));
    expect(changed.filter(({ facts }) => facts.meltReading === 'paid')).toStrictEqual([]);
  });

  it('the payment request has had its time to arrive, and nothing is released for the decision alone', () => {
    const early = changed.filter(
      ({ facts, decision }) => decision === 'start_fence' && facts.sinceLastMeltMs < facts.fenceDelayMs,
    );
    expect(early).toStrictEqual([]);
  });
});

describe('the rows that matter', () => {
  it.each(rows)('%s', (_story, facts, view, decision) => {
    expect(decideFor(facts, view)).toBe(decision);
  });

  it.each(looks)('%s: the mint is asked, or need not be', (_story, facts, needed) => {
    expect(needsMintView({ ...fresh, ...facts })).toBe(needed);
  });
});
