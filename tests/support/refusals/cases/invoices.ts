import { bech32 } from '@scure/base';
import type { RefusalCase } from '../cases.ts';
import type { Stage } from '../stage.ts';

const routes = ['melt', 'melt/quote'] as const;

/** On both routes that read an invoice. `make` gives the text from a good invoice over 10 sat. */
function refused(
  code: RefusalCase['code'],
  what: string,
  says: RegExp,
  make: (good: string, stage: Stage) => string | Promise<string>,
): RefusalCase[] {
  return routes.map((route) => ({
    code,
    what: `${what} (${route})`,
    provoke: async (stage) =>
      stage.post(`${stage.wallet.at}/${route}`, { invoice: await make(await stage.invoice(10), stage) }),
    says,
  }));
}

/** The same invoice with another prefix or other words, and a right checksum. Its signature is wrong then. */
function reworded(
  invoice: string,
  change: { prefix?: string; words?: (words: number[]) => number[] },
): string {
  const { prefix, words } = bech32.decode(readable(invoice), false);
  return bech32.encode(change.prefix ?? prefix, change.words?.([...words]) ?? words, false);
}

function readable(text: string): `${string}1${string}` {
  const at = text.lastIndexOf('1');
  return `${text.slice(0, at)}1${text.slice(at + 1)}`;
}

const timestampWords = 7;
/** A tagged field is its type, two words of length, and the data. The first one that the simulator writes is the hash. */
const withoutHash = (words: number[]) => [
  ...words.slice(0, timestampWords),
  ...words.slice(timestampWords + 3 + 52),
];
const shortHash = (words: number[]) => [
  ...words.slice(0, timestampWords),
  1,
  0,
  4,
  1,
  2,
  3,
  4,
  ...words.slice(timestampWords + 3 + 52),
];
const longAgo = (words: number[]) => [
  ...words.slice(0, timestampWords).map((word, at) => (at === 0 ? 0 : word)),
  ...words.slice(timestampWords),
];

const notAnInvoice = /not a valid Lightning invoice.*check that it was copied whole/;

export const invoiceCases: RefusalCase[] = [
  ...refused('INVALID_INVOICE', 'a word', notAnInvoice, () => 'hello'),
  ...refused('INVALID_INVOICE', 'a prefix alone', notAnInvoice, () => 'lnbc1'),
  ...refused('INVALID_INVOICE', 'an address', notAnInvoice, () => 'somebody@example.com'),
  ...refused(
    'INVALID_INVOICE',
    'an LNURL',
    notAnInvoice,
    () =>
      'lnurl1dp68gurn8ghj7um9wfmxjcm99e3k7mf0v9cxj0m385ekvcenxc6r2c35xvukxefcv5mkvv34x5ekzd3ev56nyd3hxqurzepexejxxepnxscrvwfnv9nxzcn9xq6xyefhvgcxxcmyxymnserxfq5fns',
  ),
  ...refused(
    'INVALID_INVOICE',
    'a wrong checksum',
    notAnInvoice,
    (good) => good.slice(0, -1) + (good.endsWith('q') ? 'p' : 'q'),
  ),
  ...refused('INVALID_INVOICE', 'a letter too few', notAnInvoice, (good) => good.slice(0, -1)),
  ...refused('INVALID_INVOICE', 'a letter too many', notAnInvoice, (good) => `${good}q`),
  ...refused('INVALID_INVOICE', 'half of one', notAnInvoice, (good) => good.slice(0, good.length / 2)),
  ...refused(
    'INVALID_INVOICE',
    'mixed case',
    notAnInvoice,
    (good) => good.slice(0, 20) + good.slice(20).toUpperCase(),
  ),
  ...refused('INVALID_INVOICE', 'white space', notAnInvoice, (good) => ` ${good}\n`),
  ...refused('INVALID_INVOICE', 'a NUL', notAnInvoice, (good) => `${good}\u0000`),
  ...refused('INVALID_INVOICE', 'a look-alike', notAnInvoice, (good) => good.replace('c', 'с')),
  ...refused('INVALID_INVOICE', 'a lone surrogate', notAnInvoice, () => '\ud800'),
  ...refused('INVALID_INVOICE', 'a URI', notAnInvoice, (good) => `lightning:${good}`),
  ...refused('INVALID_INVOICE', 'no payment hash', notAnInvoice, (good) =>
    reworded(good, { words: withoutHash }),
  ),
  ...refused('INVALID_INVOICE', 'a payment hash of three bytes', notAnInvoice, (good) =>
    reworded(good, { words: shortHash }),
  ),
  ...refused('INVALID_INVOICE', 'a tenth of a millisatoshi', notAnInvoice, (good) =>
    reworded(good, { prefix: 'lnbc11p' }),
  ),
  ...refused('INVALID_INVOICE', 'more than there is bitcoin', notAnInvoice, (good) =>
    reworded(good, { prefix: 'lnbc21000001' }),
  ),
  ...refused('INVALID_INVOICE', 'an unknown multiplier', notAnInvoice, (good) =>
    reworded(good, { prefix: 'lnbc10x' }),
  ),
  ...refused('INVOICE_EXPIRED', 'a time that is over', /has expired.*ask for a new one/, (good) =>
    reworded(good, { words: longAgo }),
  ),
  ...refused(
    'INVOICE_EXPIRED',
    'a time that is over in a moment',
    /too soon to be paid safely.*ask for a new one/,
    async (_good, { world }) => (await world.sim.invoice({ amount: 10, expirySeconds: 20 })).invoice,
  ),
  ...refused(
    'AMOUNT_REQUIRED',
    'no amount',
    /names no amount.*ask for an invoice with an amount/,
    async (_good, { world }) => (await world.sim.invoice({ amountless: true })).invoice,
  ),
  ...routes.map(
    (route): RefusalCase => ({
      code: 'VALIDATION_ERROR',
      what: `an invoice over another amount than was sent (${route})`,
      provoke: async (stage) =>
        stage.post(`${stage.wallet.at}/${route}`, { invoice: await stage.invoice(10), amount: 11 }),
      says: /^Nothing was done: amount: must be what the invoice names/,
      members: {
        details: [
          {
            field: 'amount',
            message: 'must be what the invoice names; leave it out, or use an invoice without an amount',
          },
        ],
      },
    }),
  ),
  ...refused('AMOUNT_REQUIRED', 'an amount of nothing', /names no amount/, (good) =>
    reworded(good, { prefix: 'lnbc0n' }),
  ),
  ...(['testnet', 'signet', 'regtest'] as const).flatMap((network) =>
    refused(
      'UNSUPPORTED_NETWORK',
      network,
      /not for the bitcoin network.*ask for an invoice on bitcoin/,
      async (_good, { world }) => (await world.sim.invoice({ amount: 10, network })).invoice,
    ),
  ),
  ...refused('UNSUPPORTED_NETWORK', 'simnet', /not for the bitcoin network/, (good) =>
    reworded(good, { prefix: 'lnsb100n' }),
  ),
  ...refused('UNSUPPORTED_NETWORK', 'a chain that nobody knows', /not for the bitcoin network/, (good) =>
    reworded(good, { prefix: 'lnltc100n' }),
  ),
];
