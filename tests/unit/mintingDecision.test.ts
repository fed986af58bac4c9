import { describe, expect, it } from '@jest/globals';
import { mintingStates } from '../../src/models/operation.ts';
import {
  decideMinting,
  type MintingDecision,
  type MintingFacts,
  type MintingView,
  watchExpiredMs,
} from '../../src/services/minting/mintingDecision.ts';

const hourMs = 3_600_000;
const fresh: MintingFacts = {
  state: 'awaiting_payment',
  signed: false,
  keysetRetired: false,
  heldBack: false,
  expiredForMs: -60_000,
  sinceUpdateMs: 0,
};

const quotes = ['UNPAID', 'PAID', 'ISSUED', 'MISSING', 'UNREACHABLE'] as const;
const views: MintingView[] = quotes.flatMap((quote) =>
  (['SIGNED', 'UNSIGNED', 'UNREACHABLE'] as const).map((outputs) => ({ quote, outputs })),
);
const both = [false, true];
const allFacts: MintingFacts[] = mintingStates.flatMap((state) =>
  both.flatMap((signed) =>
    both.flatMap((keysetRetired) =>
      both.flatMap((heldBack) =>
        [-60_000, 0, watchExpiredMs - 1, watchExpiredMs].flatMap((expiredForMs) =>
          [0, hourMs - 1, hourMs].map((sinceUpdateMs) => ({
            state,
            signed,
            keysetRetired,
            heldBack,
            expiredForMs,
            sinceUpdateMs,
          })),
        ),
      ),
    ),
  ),
);
const table = allFacts.flatMap((facts) =>
  views.map((view) => ({ facts, view, decision: decideMinting(facts, view) })),
);
const rowsWith = (...decisions: MintingDecision[]) =>
  table.filter(({ decision }) => decisions.includes(decision));

describe('laws that hold for every state, fact and observation of a minting', () => {
  it('touches nothing that has ended, and ends nothing by doing nothing', () => {
    const ended = ['issued', 'expired', 'needs_attention', 'written_off'];
    for (const { facts, decision } of table) expect(decision === 'done').toBe(ended.includes(facts.state));
  });

  it('asks for ecash only when the mint says that the quote is paid', () => {
    const asking = rowsWith('start_issue', 'repeat_issue', 'renew_issue');
    expect(asking.length).toBeGreaterThan(0);
    expect(asking.filter(({ view }) => view.quote !== 'PAID')).toEqual([]);
  });

  it('holds back nothing but the same request again, and only while its backend is known to be in trouble', () => {
    for (const { facts, view, decision } of table.filter(({ facts }) => facts.heldBack)) {
      const otherwise = decideMinting({ ...facts, heldBack: false }, view);
      expect(decision).toBe(otherwise === 'repeat_issue' ? 'wait' : otherwise);
    }
    expect(rowsWith('repeat_issue').every(({ facts }) => !facts.heldBack)).toBe(true);
  });

  it('makes new outputs only where the old ones were refused and are unsigned', () => {
    for (const { facts, view } of rowsWith('renew_issue')) {
      expect(facts).toMatchObject({ state: 'issuing', keysetRetired: true, signed: false });
      expect(view.outputs).toBe('UNSIGNED');
    }
  });

  it('credits exactly what is signed, and only once it has asked', () => {
    for (const { facts, view, decision } of table.filter((row) => row.facts.state === 'issuing')) {
      expect(decision === 'credit').toBe(facts.signed || view.outputs === 'SIGNED');
    }
    expect(rowsWith('credit').every(({ facts }) => facts.state === 'issuing')).toBe(true);
  });

  it('gives a quote up only unpaid, in sight, and 30 days after its expiry', () => {
    const expired = rowsWith('expire');
    expect(expired.length).toBeGreaterThan(0);
    for (const { facts, view } of expired) {
      expect(facts.state).toBe('awaiting_payment');
      expect(facts.expiredForMs).toBeGreaterThanOrEqual(watchExpiredMs);
      expect(['UNPAID', 'MISSING']).toContain(view.quote);
    }
  });

  it('does nothing while the mint is out of sight, unless the signatures are in hand', () => {
    const blind = table.filter(({ facts, view }) => view.quote === 'UNREACHABLE' && facts.state !== 'issued');
    for (const { facts, view, decision } of blind) {
      const inHand = facts.state === 'issuing' && (facts.signed || view.outputs === 'SIGNED');
      expect(['wait', 'done', ...(inHand ? ['credit'] : [])]).toContain(decision);
    }
  });

  it('calls for a person only when somebody else was issued the ecash', () => {
    for (const { facts, view } of rowsWith('attention')) {
      expect(view.quote).toBe('ISSUED');
      expect(facts.state === 'awaiting_payment' || facts.sinceUpdateMs >= hourMs).toBe(true);
    }
  });
});

const rows: [string, Partial<MintingFacts>, MintingView, MintingDecision][] = [
  ['unpaid: keep watching', {}, { quote: 'UNPAID', outputs: 'UNSIGNED' }, 'wait'],
  ['paid: ask for the ecash', {}, { quote: 'PAID', outputs: 'UNSIGNED' }, 'start_issue'],
  [
    'paid three weeks late: still ours',
    { expiredForMs: 21 * 24 * hourMs },
    { quote: 'PAID', outputs: 'UNSIGNED' },
    'start_issue',
  ],
  [
    'unpaid for a month after expiry',
    { expiredForMs: watchExpiredMs },
    { quote: 'UNPAID', outputs: 'UNSIGNED' },
    'expire',
  ],
  ['reply lost, not signed', { state: 'issuing' }, { quote: 'PAID', outputs: 'UNSIGNED' }, 'repeat_issue'],
  ['reply lost, signed', { state: 'issuing' }, { quote: 'ISSUED', outputs: 'SIGNED' }, 'credit'],
  [
    'refused for its keyset',
    { state: 'issuing', keysetRetired: true },
    { quote: 'PAID', outputs: 'UNSIGNED' },
    'renew_issue',
  ],
  [
    'ISSUED shown a moment before our signatures',
    { state: 'issuing' },
    { quote: 'ISSUED', outputs: 'UNSIGNED' },
    'wait',
  ],
];

describe('the rows that matter', () => {
  it.each(rows)('%s', (_story, facts, view, decision) => {
    expect(decideMinting({ ...fresh, ...facts }, view)).toBe(decision);
  });
});
