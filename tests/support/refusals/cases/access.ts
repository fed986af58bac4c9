import type { Scope } from '../../../../src/models/apiKey.ts';
import type { RefusalCase } from '../cases.ts';
import { apiRoutes, nameOf, type Route, requestTo, stranger, walletRoutes } from '../routes.ts';
import type { Headers, Stage } from '../stage.ts';
import type { Answer } from '../wire.ts';

const balance = walletRoutes.filter(({ path }) => path.endsWith('/balance'));

/** A request that would be right, but for its credentials. */
async function knock(
  stage: Stage,
  route: Route,
  headers: Headers,
  npub = stage.wallet.npub,
): Promise<Answer> {
  const asked = requestTo(route, npub, await stage.invoice(10));
  return stage.ask({ ...asked, headers: { ...asked.headers, ...headers } });
}

const unauthenticated = (route: Route, what: string, headers: Headers, says: RegExp): RefusalCase => ({
  code: 'UNAUTHENTICATED',
  what: `${nameOf(route)} ${what}`,
  provoke: (stage) => knock(stage, route, headers),
  says,
});

const unknownKey = `Bearer crk_0123456789abcdef_${'A'.repeat(43)}`;
const malformed: [string, string | string[], RegExp][] = [
  ['an empty header', '', /not of the form: Bearer crk_/],
  ['a scheme alone', 'Bearer', /not of the form: Bearer crk_/],
  ['another scheme', 'Basic YTpi', /not of the form: Bearer crk_/],
  ['a key without its scheme', unknownKey.slice(7), /not of the form: Bearer crk_/],
  ['a signed Nostr request', 'Nostr eyJ9', /NIP-98/],
  ['something that is no key', 'Bearer x', /not an API key of the form crk_/],
  ['a key of another length', `${unknownKey}A`, /not an API key of the form crk_/],
  ['two words', 'Bearer a b', /not of the form: Bearer crk_/],
  ['a key that nobody knows', unknownKey, /not known here\. Ask the operator/],
];

const spoiltKeys: [string, (stage: Stage) => Promise<Headers>, RegExp][] = [
  [
    'with a wrong secret',
    async (stage) => {
      const { authorization } = await stage.bearer(['admin']);
      return { authorization: `${authorization.slice(0, -43)}${'A'.repeat(43)}` };
    },
    /not known here/,
  ],
  [
    'with the identity of one key and the secret of another',
    async (stage) => {
      const [one, other] = [await stage.bearer(['admin']), await stage.bearer(['admin'])];
      return { authorization: `${one.authorization.slice(0, -43)}${other.authorization.slice(-43)}` };
    },
    /not known here/,
  ],
  [
    'with a key that has expired',
    async ({ world }) => {
      const draft = {
        label: 'old',
        scopes: ['admin' as const],
        npub: null,
        expiresAt: new Date(Date.now() - 1),
      };
      return { authorization: `Bearer ${(await world.context.services.apiKeys.issue(draft)).token}` };
    },
    /has expired/,
  ],
  [
    'with a key that was revoked',
    async (stage) => {
      const headers = await stage.bearer(['admin']);
      const id = headers.authorization.slice('Bearer crk_'.length, -44);
      await stage.world.context.database.apiKeys.updateOne({ _id: id }, { $set: { revoked_at: new Date() } });
      return headers;
    },
    /was revoked/,
  ],
];

const forbidden = (
  route: Route,
  what: string,
  scopes: Scope[],
  says: RegExp,
  whose: (stage: Stage) => { bound: string | null; asks: string },
): RefusalCase => ({
  code: 'FORBIDDEN',
  what: `${nameOf(route)} with a key ${what}`,
  async provoke(stage) {
    const { bound, asks } = whose(stage);
    return knock(stage, route, await stage.bearer(scopes, bound), asks);
  },
  says,
});

const scopes = ['wallet:read', 'wallet:write', 'wallet:melt', 'support:read', 'support:write'] as const;
const own = ({ wallet }: Stage) => ({ bound: wallet.npub, asks: wallet.npub });

const scoped = apiRoutes.filter(({ access }) => access !== 'signature');

const withoutScope = scoped.map((route) =>
  route.access === 'creation'
    ? forbidden(
        route,
        'that may not write',
        ['wallet:read', 'wallet:melt'],
        /takes the scope admin, or wallet:write/,
        own,
      )
    : forbidden(
        route,
        `for everything but ${route.access}`,
        scopes.filter((scope) => scope !== route.access),
        new RegExp(`this key lacks the scope ${route.access}\\..*ask the operator`),
        own,
      ),
);

const withoutSignature = apiRoutes
  .filter(({ access }) => access === 'signature')
  .map((route) =>
    forbidden(route, 'instead of a signature', [...scopes], /a request signed by the owner of a wallet/, own),
  );

function inWords(access: Route['access']): RegExp {
  if (access === 'creation') return /may not create a wallet for this npub/;
  return access.startsWith('support:') ? /this key is for one wallet/ : /this key is for another wallet/;
}

const forAnother = scoped.map((route) =>
  forbidden(route, 'of another wallet', [...scopes], inWords(route.access), ({ wallet }) => ({
    bound: stranger,
    asks: wallet.npub,
  })),
);

export const accessCases: RefusalCase[] = [
  ...apiRoutes.map((route) =>
    unauthenticated(
      route,
      'without credentials',
      { authorization: undefined },
      /Send an API key: Authorization: Bearer/,
    ),
  ),
  ...balance.flatMap((route) => [
    ...malformed.map(([what, authorization, says]) =>
      unauthenticated(route, `with ${what}`, { authorization }, says),
    ),
    ...spoiltKeys.map(
      ([what, headers, says]): RefusalCase => ({
        code: 'UNAUTHENTICATED',
        what: `${nameOf(route)} ${what}`,
        provoke: async (stage) => knock(stage, route, await headers(stage)),
        says,
      }),
    ),
  ]),
  ...withoutScope,
  ...withoutSignature,
  ...forAnother,
  ...apiRoutes
    .filter(({ access }) => access === 'creation')
    .map((route) =>
      forbidden(
        route,
        'that may write, but is nobody’s',
        ['wallet:write'],
        /may not create a wallet for this npub/,
        () => ({
          bound: null,
          asks: stranger,
        }),
      ),
    ),
];
