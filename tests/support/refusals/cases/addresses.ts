import { expect } from '@jest/globals';
import type { RefusalCase } from '../cases.ts';
import { nameOf, pathOf, requestTo, routes, stranger, unknownReport, walletRoutes } from '../routes.ts';
import { say } from '../wire.ts';

const npubRule = 'must be an npub (NIP-19): npub1 and 58 lower-case characters with a valid checksum';

/** What may stand in place of an npub, as it goes over the wire. */
const spoiltNpubs: [string, (npub: string) => string][] = [
  ['of a wrong checksum', (npub) => npub.slice(0, -1) + (npub.endsWith('q') ? 'p' : 'q')],
  ['in capitals', (npub) => npub.toUpperCase()],
  ['in mixed case', (npub) => `N${npub.slice(1)}`],
  ['with a look-alike', (npub) => `${encodeURIComponent('ո')}${npub.slice(1)}`],
  ['with an invisible character', (npub) => `${npub}%E2%80%8B`],
  ['cut short', (npub) => npub.slice(0, 40)],
  ['far too long', (npub) => npub.repeat(60)],
  ['that is a private key', () => `nsec1${'q'.repeat(58)}`],
  ['that is a bare key', () => '3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d'],
  ['that is an operator', () => '%7B%22$gt%22:%22%22%7D'],
  ['with a NUL byte', (npub) => `${npub}%00`],
  ['that is a path', () => '..%2f..%2fetc%2fpasswd'],
];

const npubCases = walletRoutes.flatMap((route) =>
  spoiltNpubs.map(
    ([what, spoil]): RefusalCase => ({
      code: 'VALIDATION_ERROR',
      what: `${nameOf(route)} for an npub ${what}`,
      provoke: (stage) => stage.ask(requestTo(route, spoil(stage.wallet.npub), 'lnbc1')),
      says: /^Nothing was done: npub: must be an npub/,
      members: { details: [{ field: 'npub', message: npubRule }] },
    }),
  ),
);

const undecodable = walletRoutes.map(
  (route): RefusalCase => ({
    code: 'VALIDATION_ERROR',
    what: `${nameOf(route)} at an address that is badly encoded`,
    provoke: (stage) => stage.ask(requestTo(route, '%E0%A4%A', 'lnbc1')),
    says: /^Nothing was done: path: /,
    members: { details: [{ field: 'path', message: 'is not correctly percent-encoded' }] },
  }),
);

const noWallet = walletRoutes.map(
  (route): RefusalCase => ({
    code: 'WALLET_NOT_FOUND',
    what: nameOf(route),
    provoke: async (stage) => stage.ask(requestTo(route, stranger, await stage.invoice(10))),
    says: /this npub has no wallet here\. Create it/,
  }),
);

const otherWallets = walletRoutes
  .filter(({ path }) => !path.endsWith('/wallets'))
  .map(
    (route): RefusalCase => ({
      code: 'WALLET_NOT_FOUND',
      what: `${nameOf(route)} with a walletId that is not the npub’s`,
      async provoke(stage) {
        const request = requestTo(route, stage.wallet.npub, await stage.invoice(10));
        return stage.ask({ ...request, path: `${request.path}?walletId=wal_0` });
      },
      says: /this npub has no wallet with that walletId/,
    }),
  );

const badWalletIds = ['', '%24gt', 'a%20b', 'x'.repeat(101), 'wal_1&walletId=wal_2'].map(
  (id): RefusalCase => ({
    code: 'VALIDATION_ERROR',
    what: `the walletId ${id.slice(0, 20)}`,
    provoke: (stage) => stage.get(`${stage.wallet.at}/balance?walletId=${id}`),
    says: /^Nothing was done: walletId: must be one walletId/,
    members: {
      details: [
        { field: 'walletId', message: 'must be one walletId, as GET /api/wallet/{npub}/wallets tells it' },
      ],
    },
  }),
);

/** Passed over, they would have the first wallet pay. */
const misspeltWalletIds = ['walletid', 'wallet_id', 'walletId%5B%5D', 'WalletID', 'wallet'].map(
  (name): RefusalCase => ({
    code: 'VALIDATION_ERROR',
    what: `a payment from the ${name} that is meant`,
    provoke: async (stage) => {
      const invoice = await stage.invoice(5);
      return stage.post(`${stage.wallet.at}/melt?${name}=wal_1`, { invoice });
    },
    says: /^Nothing was done: walletId: must be written exactly so in the query/,
    members: { details: [{ field: 'walletId', message: 'must be written exactly so in the query' }] },
  }),
);

const noteRule = 'must say something, in at most 1000 characters and no control characters';
const transactionRule = 'must be a transaction id such as tx_melt_…';
const statusRoute = '/api/wallet/:npub/melt/:transactionId';
const spoiltIds = [
  '%24gt',
  'tx_melt_%00',
  'melt_1',
  'tx_mint_1%2f..',
  `tx_${'x'.repeat(97)}`,
  '__proto__',
  'tx_',
];

const transactionCases: RefusalCase[] = [
  ...spoiltIds.map(
    (id): RefusalCase => ({
      code: 'VALIDATION_ERROR',
      what: `the transaction ${id.slice(0, 20)}`,
      provoke: (stage) => stage.get(pathOf({ path: statusRoute }, stage.wallet.npub, id)),
      says: /^Nothing was done: transactionId: /,
      members: { details: [{ field: 'transactionId', message: transactionRule }] },
    }),
  ),
  {
    code: 'TRANSACTION_NOT_FOUND',
    what: 'a transaction that nobody knows',
    provoke: (stage) => stage.get(pathOf({ path: statusRoute }, stage.wallet.npub, 'tx_melt_1_0a')),
    says: /no melt with that id.*check the transactionId/,
  },
  {
    code: 'TRANSACTION_NOT_FOUND',
    what: 'a transaction of another wallet',
    async provoke(stage) {
      const payer = await stage.world.wallet(64);
      const paid = await payer.melt(await stage.invoice(16));
      await stage.arranged();
      const id = String(paid.body['transactionId']);
      return stage.get(pathOf({ path: statusRoute }, stage.wallet.npub, id));
    },
    says: /This wallet has no melt/,
  },
  {
    code: 'TRANSACTION_NOT_FOUND',
    what: 'a transaction that is a minting',
    async provoke(stage) {
      const asked = await stage.post(`${stage.wallet.at}/mint`, { amount: 5 });
      await stage.arranged();
      const id = String(asked.body['transactionId']);
      return stage.get(pathOf({ path: statusRoute }, stage.wallet.npub, id));
    },
    says: /no melt with that id/,
  },
  {
    code: 'QUOTE_NOT_FOUND',
    what: 'a quote that nobody knows',
    provoke: (stage) => stage.post(`${stage.wallet.at}/mint/complete`, { quoteId: 'nothing-like-it' }),
    says: /no mint quote with that id.*check the quoteId/,
  },
  {
    code: 'QUOTE_NOT_FOUND',
    what: 'a quote of another wallet',
    async provoke(stage) {
      const other = await stage.world.wallet();
      const asked = await stage.post(`${other.at}/mint`, { amount: 5 });
      await stage.arranged();
      return stage.post(`${stage.wallet.at}/mint/complete`, { quoteId: asked.body['quote'] });
    },
    says: /no mint quote/,
  },
  {
    code: 'QUOTE_NOT_FOUND',
    what: 'a quote for paying',
    async provoke(stage) {
      const quoted = await stage.post(`${stage.wallet.at}/melt/quote`, { invoice: await stage.invoice(5) });
      return stage.post(`${stage.wallet.at}/mint/complete`, { quoteId: quoted.body['quoteId'] });
    },
    says: /no mint quote/,
  },
];

const historyCases: RefusalCase[] = [
  {
    code: 'TRANSACTION_NOT_FOUND',
    what: 'a transaction of any kind that nobody knows',
    provoke: (stage) => stage.get(`${stage.wallet.at}/transactions/tx_mint_1_0a`),
    says: /no transaction with that id.*check the transactionId/,
  },
  {
    code: 'VALIDATION_ERROR',
    what: 'a cursor that nobody made',
    provoke: (stage) => stage.get(`${stage.wallet.at}/transactions?cursor=x`),
    says: /^Nothing was done: cursor: /,
    members: {
      details: [
        { field: 'cursor', message: 'must be a nextCursor of an earlier answer; leave it out to begin anew' },
      ],
    },
  },
  {
    code: 'VALIDATION_ERROR',
    what: 'a page of a thousand, of a kind and with a filter that there are not',
    provoke: (stage) => stage.get(`${stage.wallet.at}/transactions?limit=1000&type=swap&state=paid`),
    says: /^Nothing was done: limit: /,
    members: {
      details: [
        { field: 'limit', message: 'must be an integer from 1 to 100' },
        { field: 'type', message: 'must be one of [mint, melt, send, receive]' },
        { field: 'state', message: 'is not a known field' },
      ],
    },
  },
];

const supportCases: RefusalCase[] = [
  {
    code: 'REPORT_NOT_FOUND',
    what: 'a report that nobody knows',
    provoke: (stage) => stage.get(`/api/support/reports/${unknownReport}`),
    says: /no report with that supportId\. Nothing was done; check the supportId/,
  },
  ...['sup_0', 'sup_0123456789abcdef012X', '%24gt', '__proto__', `sup_${'0'.repeat(2_000)}`].map(
    (id): RefusalCase => ({
      code: 'VALIDATION_ERROR',
      what: `the report ${id.slice(0, 25)}`,
      provoke: (stage) => stage.get(`/api/support/reports/${id}`),
      says: /^Nothing was done: supportId: /,
      members: {
        details: [{ field: 'supportId', message: 'must be a supportId such as sup_0123456789abcdef0123' }],
      },
    }),
  ),
  {
    code: 'VALIDATION_ERROR',
    what: 'reports by filters that there are not',
    provoke: (stage) =>
      stage.get(
        '/api/support/reports?severity=BAD&status=PAID&code=%24ne&npub=npub1&since=yesterday&cursor[]=x&walletId=wal_0',
      ),
    says: /^Nothing was done: severity: /,
    members: {
      details: [
        { field: 'severity', message: 'must be one of [CRITICAL, HIGH, MEDIUM, LOW]' },
        { field: 'status', message: 'must be one of [open, resolved, closed]' },
        { field: 'code', message: 'has characters that are not allowed here' },
        { field: 'npub', message: npubRule },
        { field: 'since', message: 'must be a moment such as 2026-11-21T12:05:00Z (RFC 3339)' },
        { field: '(unprintable name)', message: 'is not a known field' },
        { field: 'walletId', message: 'is not a known field' },
      ],
    },
  },
  {
    code: 'VALIDATION_ERROR',
    what: 'a cursor of reports that nobody made',
    // This one is of transactions.
    provoke: (stage) =>
      stage.get(`/api/support/reports?cursor=${Buffer.from('1.tx_melt_1').toString('base64url')}`),
    says: /^Nothing was done: cursor: /,
    members: {
      details: [
        { field: 'cursor', message: 'must be a nextCursor of an earlier answer; leave it out to begin anew' },
      ],
    },
  },
];

const recheckCases: RefusalCase[] = [
  {
    code: 'TRANSACTION_NOT_FOUND',
    what: 'rechecking an operation that nobody knows',
    provoke: (stage) => stage.post('/api/support/operations/tx_melt_1_0a/recheck', {}),
    says: /no operation with that id\. Nothing was done; check the transactionId/,
  },
  {
    code: 'VALIDATION_ERROR',
    what: 'rechecking with a wish',
    provoke: (stage) => stage.post('/api/support/operations/tx_melt_1_0a/recheck', { force: true }),
    says: /^Nothing was done: force: /,
    members: { details: [{ field: 'force', message: 'is not a known field' }] },
  },
];

function decidedTooLate(): RefusalCase {
  let transactionId = '';
  return {
    code: 'DECISION_NOT_POSSIBLE',
    what: 'deciding about a payment that has ended',
    async provoke(stage) {
      const wallet = await stage.world.wallet(128);
      transactionId = String((await stage.melt(wallet, await stage.invoice(50))).body['transactionId']);
      await stage.arranged();
      const wish = { decision: 'fence', note: 'x' };
      return stage.post(`/api/support/operations/${transactionId}/decide`, wish);
    },
    says: /^Nothing was done: that cannot be decided about this operation\. The mint has paid it/,
    members: () => ({ transactionId, state: 'settled' }),
  };
}

const decideAt = '/api/support/operations/tx_melt_1_0a/decide';
const decideCases: RefusalCase[] = [
  {
    code: 'TRANSACTION_NOT_FOUND',
    what: 'deciding about an operation that nobody knows',
    provoke: (stage) => stage.post(decideAt, { decision: 'fence', note: 'x' }),
    says: /no operation with that id\. Nothing was done; check the transactionId/,
  },
  {
    code: 'VALIDATION_ERROR',
    what: 'a decision that there is not, and no reason for it',
    provoke: (stage) => stage.post(decideAt, { decision: 'release' }),
    says: /^Nothing was done: decision: /,
    members: {
      details: [
        { field: 'decision', message: 'must be one of [fence, write_off]' },
        { field: 'note', message: 'is required' },
      ],
    },
  },
  {
    code: 'FORBIDDEN',
    what: 'writing off without the scope admin',
    provoke: async (stage) =>
      stage.post(decideAt, { decision: 'write_off', note: 'x' }, await stage.bearer(['support:write'])),
    says: /takes the scope admin/,
  },
  decidedTooLate(),
];

const notes: [string, unknown, string][] = [
  ['of nothing', '', 'must not be empty'],
  ['of spaces', '  ', noteRule],
  ['that is too long', 'x'.repeat(1_001), noteRule],
  ['with a line break', 'a\nb', noteRule],
  ['that is none', 1, 'must be a string'],
];
const noteCases: RefusalCase[] = [
  {
    code: 'REPORT_NOT_FOUND',
    what: 'resolving a report that nobody knows',
    provoke: (stage) => stage.post(`/api/support/reports/${unknownReport}/resolve`, { note: 'x' }),
    says: /no report with that supportId\. Nothing was done; check the supportId/,
  },
  ...notes.map(
    ([what, note, message]): RefusalCase => ({
      code: 'VALIDATION_ERROR',
      what: `a note ${what}`,
      provoke: (stage) => stage.post(`/api/support/reports/${unknownReport}/resolve`, { note }),
      says: /^Nothing was done: note: /,
      members: { details: [{ field: 'note', message }] },
    }),
  ),
];

const nowhere = [
  '/',
  '/nope',
  '/api',
  '/api/wallet',
  '/api/wallet/:npub',
  '/api/wallet/:npub/melts',
  '/docs/package.json',
  '/docs/..%2fpackage.json',
];
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];
const unknownRoutes = nowhere.map(
  (path): RefusalCase => ({
    code: 'NOT_FOUND',
    what: `GET ${path}`,
    provoke: (stage) => stage.ask({ method: 'GET', path: pathOf({ path }, stage.wallet.npub) }),
    says: /there is no such route\. Check the address/,
  }),
);

const allowedFor: Record<(typeof routes)[number]['method'], string> = { GET: 'GET, HEAD', POST: 'POST' };

const otherMethods = [...Map.groupBy(routes, ({ path }) => path)].flatMap(([path, here]) => {
  const taken: string[] = here.map(({ method }) => method);
  const allowed = here.map(({ method }) => allowedFor[method]).join(', ');
  return methods
    .filter((method) => !taken.includes(method))
    .map(
      (method): RefusalCase => ({
        code: 'METHOD_NOT_ALLOWED',
        what: `${method} ${path}`,
        provoke: (stage) => stage.ask({ method, path: pathOf({ path }, stage.wallet.npub) }),
        says: new RegExp(`does not take the method\\. Use another one: ${allowed}\\.`),
        afterwards: async (_stage, { headers }) => {
          expect(headers.get('allow')).toBe(allowed);
        },
      }),
    );
});

/** Bytes that never become a request, and are answered all the same. */
const unparsable = (what: string, bytes: string, message: string, status = 400): RefusalCase => ({
  code: 'VALIDATION_ERROR',
  what,
  status,
  provoke: ({ world }) => say(world.url, bytes),
  says: /^Nothing was done: headers: /,
  members: { details: [{ field: 'headers', message }] },
});
const start = 'POST /api/wallet/create HTTP/1.1\r\nHost: x\r\n';

/** Node would answer this one with an empty body. */
const hostless: RefusalCase = {
  code: 'VALIDATION_ERROR',
  what: 'a request that names no host',
  provoke: ({ world }) => say(world.url, 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n'),
  says: /^Nothing was done: Host: is required/,
  members: { details: [{ field: 'Host', message: 'is required' }] },
};

export const addressCases: RefusalCase[] = [
  ...npubCases,
  ...undecodable,
  ...noWallet,
  ...otherWallets,
  ...badWalletIds,
  ...misspeltWalletIds,
  ...transactionCases,
  ...historyCases,
  ...supportCases,
  ...noteCases,
  ...recheckCases,
  ...decideCases,
  ...unknownRoutes,
  ...otherMethods,
  hostless,
  unparsable('something that is not HTTP', 'NONSENSE\r\n\r\n', 'are not correct HTTP'),
  unparsable('a method that nobody knows', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', 'are not correct HTTP'),
  unparsable(
    'a header without end',
    `GET / HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
    'are larger than 16 KiB',
    431,
  ),
  unparsable(
    'two lengths',
    `${start}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    'are not correct HTTP',
  ),
  unparsable('a length that is none', `${start}Content-Length: -1\r\n\r\n`, 'are not correct HTTP'),
  unparsable(
    'a line break inside a header',
    `GET / HTTP/1.1\r\nHost: x\r\nX: a\nb\r\n\r\n`,
    'are not correct HTTP',
  ),
];
