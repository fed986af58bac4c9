import type { AskedFault } from '../../../simulator/client.ts';
import type { Flaw } from '../../../simulator/faults/faults.ts';
import { type FaultRow, representing, row } from './faultRow.ts';
import type { AnswerKind, Truth } from './phases.ts';

/** One signature cannot be out of order, and without one of one there is none: that is the row before. */
const ofSeveral: readonly Flaw[] = ['permuted', 'left_out'];

const spoiled = (name: string, ...flaws: Flaw[]): FaultRow => ({
  ...row(name, { kind: 'spoil_signatures', flaws }),
  flaws,
  needsSignatures: flaws.some((flaw) => ofSeveral.includes(flaw)) ? 2 : 1,
});

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

/** From BOLT-11's own examples: 2,500 µBTC for a cup of coffee. */
const otherInvoice =
  'lnbc2500u1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpuaztrnwngzn3kdzw5hydlzf03qdgm2hdq27cqv3agm2awhz5se903vruatfhq77w3ls4evs3ch9zw97j25emudupq63nyw24cg27h2rspfj9srp';
const meltQuotes: readonly AnswerKind[] = ['new melt quote', 'melt quote'];
const mintQuotes: readonly AnswerKind[] = ['new mint quote', 'mint quote'];

const onQuote = (name: string, fault: AskedFault, meets: readonly AnswerKind[] = meltQuotes): FaultRow =>
  row(name, fault, meets);

const tells = (state: NonNullable<Truth['says']>, meets: readonly AnswerKind[]): FaultRow => ({
  ...onQuote(`“${state}”, though it is not`, { kind: 'alter_quote', set: { state } }, meets),
  says: state,
});

/** What a quote can say that is not so. */
export const quoteFaults: readonly FaultRow[] = [
  onQuote('a higher amount', { kind: 'alter_quote', add: { amount: 1 } }),
  onQuote('a lower amount', { kind: 'alter_quote', add: { amount: -1 } }),
  onQuote(
    'an invoice over another amount',
    { kind: 'alter_quote', set: { request: otherInvoice } },
    mintQuotes,
  ),
  onQuote('an absurd fee reserve', { kind: 'alter_quote', add: { fee_reserve: 1_000_000 } }),
  onQuote('another unit', { kind: 'alter_quote', set: { unit: 'usd' } }),
  onQuote('another invoice', { kind: 'alter_quote', set: { request: 'lnbc1' } }),
  onQuote('another quote id', { kind: 'alter_quote', set: { quote: 'somebody-elses' } }),
  onQuote('an expiry in the past', { kind: 'alter_quote', set: { expiry: 1_000_000_000 } }, [
    ...meltQuotes,
    ...mintQuotes,
  ]),
  onQuote('a state that does not exist', { kind: 'alter_quote', set: { state: 'MAYBE' } }, [
    ...meltQuotes,
    ...mintQuotes,
  ]),
  tells('PAID', [...meltQuotes, ...mintQuotes]),
  tells('PENDING', meltQuotes),
  {
    ...onQuote('“UNPAID” and no change, though it is routing or paid', { kind: 'lie_unpaid' }),
    says: 'UNPAID',
  },
  tells('UNPAID', mintQuotes),
  tells('ISSUED', mintQuotes),
  onQuote('forgotten for a moment', { kind: 'forget_quote' }, [...meltQuotes, ...mintQuotes]),
];

/** NUT-07 lying once. */
export const stateFaults: readonly FaultRow[] = (['UNSPENT', 'PENDING', 'SPENT'] as const).map((state) => ({
  ...representing(
    row(`all ${state}, said once`, { kind: 'override_state', Y: '*', state }, ['proof states']),
  ),
  says: state,
}));

/** On the curve, and nobody's key: the generator. */
const point = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const unknownKeyset = { id: '00ffffffffffffff', unit: 'sat', active: true, input_fee_ppk: 0 };

const instead = (name: string, set: Readonly<Record<string, unknown>>, meets: AnswerKind): FaultRow =>
  representing(row(name, { kind: 'alter_quote', set }, [meets]));

/** What a mint can say of itself that is not so, or makes no sense. */
export const descriptionFaults: readonly FaultRow[] = [
  instead('another mint’s public key', { pubkey: point }, 'information'),
  instead('no NUTs', { nuts: {} }, 'information'),
  instead('no keysets', { keysets: [] }, 'keyset list'),
  instead('a keyset that nobody knows, alone', { keysets: [unknownKeyset] }, 'keyset list'),
  instead('keysets that are no list', { keysets: 'none' }, 'keyset list'),
  instead('keys of no keyset', { keysets: [] }, 'keys'),
  instead('another keyset’s keys', { keysets: [{ ...unknownKeyset, keys: { 1: point } }] }, 'keys'),
];
