import { canary } from '../../leakScan/looks.ts';
import type { RefusalCase } from '../cases.ts';
import { type Asking, answering, everyone, type Fault, html, meeting, paths, requests } from '../meeting.ts';
import type { Stage } from '../stage.ts';

type Json = Record<string, unknown>;

/** What the mint really says, told differently. */
const retold = (path: string, tell: (body: Json) => Json) => async (stage: Stage) => {
  const response = await fetch(stage.world.simulator.url + path);
  const said: unknown = await response.json();
  return answering(tell(Object.fromEntries(Object.entries(Object(said)))));
};

const nonsense = (
  what: string,
  asking: Asking,
  path: string,
  fault: Fault | ((stage: Stage) => Promise<Fault>),
  says: RegExp,
) => meeting('MINT_ERROR', what, asking, path, typeof fault === 'function' ? fault : () => fault, { says });

const refused = (what: string, asking: Asking, path: string, says: RegExp) =>
  meeting('MINT_ERROR', what, asking, path, () => ({ kind: 'error_code', code: 10000, detail: canary }), {
    says,
    members: { mintCode: 10000 },
  });

const noSense = (doing: string) =>
  new RegExp(
    `^The mint gave an answer that makes no sense when asked to ${doing}\\. Nothing was started and no money moved`,
  );
const whatItCan = noSense('tell what it can do');
const itsKeysets = noSense('list its keysets');
const itsKeys = noSense('tell the keys of its keyset');
const aQuote = noSense('quote a payment');
const proofStates = noSense('tell the states of proofs');
const misfit = /quote does not fit the invoice.*no money moved; try again later, and tell support/;

const without = (nut: string) =>
  retold(paths.info, ({ nuts, ...info }) => ({
    ...info,
    nuts: Object.fromEntries(Object.entries(nuts ?? {}).filter(([name]) => name !== nut)),
  }));
const keysetsWith = (change: Json) =>
  retold(paths.keysets, ({ keysets }) => ({
    keysets: Array.isArray(keysets) ? keysets.map((keyset: object) => ({ ...keyset, ...change })) : [],
  }));

const asInfo = everyone.flatMap((asking) => [
  nonsense('a page instead of its description', asking, paths.info, { kind: 'html', status: 200 }, whatItCan),
  refused(
    'it refuses to describe itself',
    asking,
    paths.info,
    /^The mint refused to tell what it can do\. Nothing was started/,
  ),
]);

const fromMint: RefusalCase[] = [
  ...asInfo,
  nonsense('no JSON', 'melt', paths.info, answering(canary), whatItCan),
  nonsense('a list', 'melt', paths.info, answering([canary]), whatItCan),
  nonsense('not found', 'melt', paths.info, answering(html, 404), whatItCan),
  nonsense('ten megabytes', 'melt', paths.info, { kind: 'huge_body' }, whatItCan),
  nonsense('half a description', 'melt', paths.info, { kind: 'truncate' }, whatItCan),
  ...['7', '8', '9'].map((nut) =>
    nonsense(
      `no NUT-0${nut}`,
      'melt',
      paths.info,
      without(nut),
      new RegExp(`does not offer NUT-0${nut}, without which`),
    ),
  ),
  nonsense(
    'no NUT at all',
    'create',
    paths.info,
    answering({ name: canary }),
    /does not offer NUT-07, NUT-08, NUT-09/,
  ),
  nonsense(
    'it does not pay invoices',
    'create',
    paths.info,
    retold(paths.info, ({ nuts, ...info }) => ({ ...info, nuts: { ...Object(nuts), '5': { methods: [] } } })),
    /does not pay Lightning invoices/,
  ),
  nonsense(
    'it makes no invoices in what it pays them in',
    'create',
    paths.info,
    retold(paths.info, ({ nuts, ...info }) => ({ ...info, nuts: { ...Object(nuts), '4': { methods: [] } } })),
    /has no unit in which it both makes and pays Lightning invoices/,
  ),
  ...(['melt', 'melt/quote', 'mint', 'proofs/status', 'reconcile', 'restore'] as const).map((asking) =>
    nonsense(
      'another mint at its address',
      asking,
      paths.info,
      retold(paths.info, (info) => ({ ...info, pubkey: `02${'ab'.repeat(32)}` })),
      /is not the one that the wallet was made for/,
    ),
  ),
  nonsense('a page instead of its keysets', 'melt', paths.keysets, { kind: 'html', status: 200 }, itsKeysets),
  nonsense('keysets without ids', 'melt', paths.keysets, keysetsWith({ id: 7 }), itsKeysets),
  nonsense(
    'no keyset',
    'melt',
    paths.keysets,
    answering({ keysets: [] }),
    /has no active keyset for this unit/,
  ),
  nonsense('no active keyset', 'melt', paths.keysets, keysetsWith({ active: false }), /has no active keyset/),
  nonsense(
    'no keyset of the unit',
    'melt/quote',
    paths.keysets,
    keysetsWith({ unit: 'usd' }),
    /has no active keyset/,
  ),
  nonsense(
    'no keyset that lasts',
    'melt',
    paths.keysets,
    keysetsWith({ final_expiry: 1 }),
    /has no active keyset/,
  ),
  refused('it refuses to list keysets', 'melt', paths.keysets, /^The mint refused to list its keysets/),
  nonsense('a page instead of keys', 'melt', paths.keys, { kind: 'html', status: 200 }, itsKeys),
  meeting(
    'MINT_ERROR',
    'a keyset that it does not know itself',
    'melt',
    paths.keysets,
    keysetsWith({ id: '00ffffffffffffff' }),
    {
      says: /^The mint refused to tell the keys of its keyset/,
      members: { mintCode: 12001 },
    },
  ),
  nonsense('keys that do not make the id', 'melt', paths.keysets, keysetsWith({ input_fee_ppk: 7 }), itsKeys),
  refused('it refuses to tell keys', 'melt', paths.keys, /^The mint refused to tell the keys of its keyset/),
  nonsense('a page instead of a quote', 'melt', paths.quote, { kind: 'html', status: 200 }, aQuote),
  nonsense('a page instead of a quote', 'melt/quote', paths.quote, { kind: 'html', status: 404 }, aQuote),
  nonsense('half a quote', 'melt', paths.quote, { kind: 'truncate' }, aQuote),
  ...(
    [
      ['a quote without id', { quote: null }],
      ['a quote without amount', { amount: null }],
      ['a quote over text', { amount: '100' }],
      ['a quote over a fraction', { amount: 99.5 }],
      ['a quote over less than nothing', { amount: -1 }],
      ['a quote over more than JSON can say', { amount: 2 ** 53 }],
      ['a fee reserve below nothing', { fee_reserve: -5 }],
      ['a quote in no state', { state: canary }],
    ] as const
  ).map(([what, set]) => nonsense(what, 'melt', paths.quote, { kind: 'alter_quote', set }, aQuote)),
  ...(
    [
      ['a quote that costs more than the invoice', { amount: 101 }],
      ['a quote over nothing', { amount: 0 }],
      ['a quote in another unit', { unit: 'usd' }],
      ['a quote for another invoice', { request: `lnbc1${canary}` }],
      ['a quote that runs out at once', { expiry: 1 }],
      ['a quote that runs out too soon', { expiry: Math.floor(Date.now() / 1000) + 25 }],
    ] as const
  ).flatMap(([what, set]) => [
    nonsense(what, 'melt', paths.quote, { kind: 'alter_quote', set }, misfit),
    nonsense(what, 'melt/quote', paths.quote, { kind: 'alter_quote', set }, misfit),
  ]),
  nonsense('a page instead of states', 'melt', paths.states, { kind: 'html', status: 200 }, proofStates),
  nonsense('states of nothing', 'melt', paths.states, answering({ states: [] }), proofStates),
  nonsense(
    'states that nobody knows',
    'melt',
    paths.states,
    answering({ states: [{ Y: canary, state: canary }] }),
    proofStates,
  ),
  refused(
    'it refuses to tell states',
    'melt',
    paths.states,
    /^The mint refused to tell the states of proofs/,
  ),
  nonsense(
    'a page instead of an invoice',
    'mint',
    paths.mintQuote,
    { kind: 'html', status: 200 },
    noSense('make an invoice'),
  ),
  nonsense(
    'a quote without an invoice',
    'mint',
    paths.mintQuote,
    answering({ quote: 'q', state: 'UNPAID' }),
    noSense('make an invoice'),
  ),
  refused('it refuses to make an invoice', 'mint', paths.mintQuote, /^The mint refused to make an invoice/),
];

/** The wallet's mint is no longer one of the server's. */
const foreign: RefusalCase = {
  code: 'VALIDATION_ERROR',
  what: 'melt: a mint that the server does not use any more',
  async provoke(stage) {
    const { url } = await stage.serve({ env: { MINT_URL: 'http://127.0.0.1:9' } });
    return requests.melt(stage, url);
  },
  says: /^Nothing was done: this server does not use that mint/,
  members: { details: [{ field: 'mintUrl', message: 'is not one of the mints that this server uses' }] },
};

const otherUnit: RefusalCase = {
  code: 'VALIDATION_ERROR',
  what: 'create: in a unit that the mint does not have',
  provoke: (stage) => stage.post('/api/wallet/create', { npub: stage.wallet.npub, unit: 'doubloon' }),
  says: /^Nothing was done: unit: must be one in which this mint can be funded and pays: sat/,
  members: {
    details: [{ field: 'unit', message: 'must be one in which this mint can be funded and pays: sat' }],
  },
};

/** Input fees are costs, too: here 100 of a thousandth for each proof. */
const inputFees: RefusalCase = {
  code: 'FEE_TOO_HIGH',
  what: 'over the client’s limit by input fees alone',
  provoke: async (stage) => stage.melt(stage.wallet, await stage.invoice(100), { maxFee: 4 }),
  says: /may cost up to \d+ sat in fees, and maxFee is 4 sat/,
  members: { fee: 6, limit: 4 },
};

/** A mint that answers, and not as it should; or that is not, or not any more, the one that it should be. */
export const nonsenseCases: RefusalCase[] = [inputFees, ...fromMint, foreign, otherUnit];
