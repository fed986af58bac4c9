import type { Access } from '../../../src/routes.ts';

/** Every route that there is, as a client knows it: whoever adds one finds here what it must refuse. */
export const routes = [
  { method: 'GET', path: '/livez', access: 'public' },
  { method: 'GET', path: '/readyz', access: 'public' },
  { method: 'GET', path: '/metrics', access: 'metrics' },
  { method: 'GET', path: '/openapi.json', access: 'public' },
  { method: 'GET', path: '/docs', access: 'public' },
  { method: 'GET', path: '/docs/:file', access: 'public' },
  { method: 'POST', path: '/api/auth/token', access: 'signature' },
  { method: 'POST', path: '/api/wallet/create', access: 'creation' },
  { method: 'GET', path: '/api/wallet/:npub/wallets', access: 'wallet:read' },
  { method: 'GET', path: '/api/wallet/:npub/info', access: 'wallet:read' },
  { method: 'GET', path: '/api/wallet/:npub/balance', access: 'wallet:read' },
  { method: 'POST', path: '/api/wallet/:npub/mint', access: 'wallet:write' },
  { method: 'POST', path: '/api/wallet/:npub/mint/complete', access: 'wallet:write' },
  { method: 'POST', path: '/api/wallet/:npub/send', access: 'wallet:melt' },
  { method: 'GET', path: '/api/wallet/:npub/send/:transactionId', access: 'wallet:melt' },
  { method: 'POST', path: '/api/wallet/:npub/send/:transactionId/reclaim', access: 'wallet:write' },
  { method: 'POST', path: '/api/wallet/:npub/receive', access: 'wallet:write' },
  { method: 'POST', path: '/api/wallet/:npub/melt/quote', access: 'wallet:melt' },
  { method: 'POST', path: '/api/wallet/:npub/melt', access: 'wallet:melt' },
  { method: 'GET', path: '/api/wallet/:npub/melt/:transactionId', access: 'wallet:read' },
  { method: 'GET', path: '/api/wallet/:npub/transactions', access: 'wallet:read' },
  { method: 'GET', path: '/api/wallet/:npub/transactions/:transactionId', access: 'wallet:read' },
  { method: 'POST', path: '/api/wallet/:npub/proofs/status', access: 'wallet:read' },
  { method: 'POST', path: '/api/wallet/:npub/reconcile', access: 'wallet:write' },
  { method: 'POST', path: '/api/wallet/:npub/restore', access: 'wallet:write' },
  { method: 'GET', path: '/api/wallet/:npub/restore', access: 'wallet:read' },
  { method: 'GET', path: '/api/support/reports', access: 'support:read' },
  { method: 'GET', path: '/api/support/reports/:supportId', access: 'support:read' },
  { method: 'POST', path: '/api/support/reports/:supportId/resolve', access: 'support:write' },
  { method: 'POST', path: '/api/support/operations/:transactionId/recheck', access: 'support:write' },
  { method: 'POST', path: '/api/support/operations/:transactionId/decide', access: 'support:write' },
] as const satisfies readonly { method: 'GET' | 'POST'; path: string; access: Access }[];

export type Route = (typeof routes)[number];

/** What tells of the API, and asks neither database nor mint. */
export const documents = ['/openapi.json', '/docs', '/docs/:file'];
export const apiRoutes = routes.filter(({ path }) => path.startsWith('/api/'));
export const walletRoutes = routes.filter(({ path }) => path.includes(':npub'));

/** The one field that a POST cannot do without, and one that it takes. */
export const posts = [
  { path: '/api/wallet/create', field: 'npub', kind: 'npub' },
  { path: '/api/wallet/:npub/mint', field: 'amount', kind: 'amount' },
  { path: '/api/wallet/:npub/mint/complete', field: 'quoteId', kind: 'quoteId' },
  { path: '/api/wallet/:npub/melt/quote', field: 'invoice', kind: 'invoice' },
  { path: '/api/wallet/:npub/melt', field: 'invoice', kind: 'invoice' },
  { path: '/api/wallet/:npub/send', field: 'amount', kind: 'amount' },
] as const;

export const pathOf = ({ path }: { path: string }, npub: string, transactionId = 'tx_melt_1_0a'): string =>
  path
    .replace(':npub', npub)
    .replace(':transactionId', transactionId)
    .replace(':supportId', unknownReport)
    .replace(':file', 'start.js');

/** Nobody was ever told this one. */
export const unknownReport = 'sup_0123456789abcdef0123';

/** Where an address takes two methods, only that of the two which is asked for is told. */
export const nameOf = ({ method, path }: { method?: string; path: string }): string => {
  const name = path.replace(/^\/api\/(wallet\/)?/, '').replace(':npub/', '');
  return method === 'GET' && path.endsWith('/restore') ? `GET ${name}` : name;
};

/** What each POST takes from the right caller. */
export const bodiesFor = (npub: string, invoice: string): Record<string, object> =>
  ({
    '/api/wallet/create': { npub },
    '/api/wallet/:npub/mint': { amount: 21 },
    '/api/wallet/:npub/mint/complete': { quoteId: 'q1' },
    '/api/wallet/:npub/send': { amount: 21 },
    '/api/wallet/:npub/send/:transactionId/reclaim': {},
    '/api/wallet/:npub/receive': { encodedToken: 'cashuB' },
    '/api/wallet/:npub/melt/quote': { invoice },
    '/api/wallet/:npub/melt': { invoice },
    '/api/wallet/:npub/proofs/status': {},
    '/api/wallet/:npub/reconcile': {},
    '/api/wallet/:npub/restore': {},
    '/api/support/reports/:supportId/resolve': { note: 'x' },
    '/api/support/operations/:transactionId/recheck': {},
    '/api/support/operations/:transactionId/decide': { decision: 'fence', note: 'x' },
  }) satisfies Partial<Record<Route['path'], object>>;

/** A request that the route would take from the right caller. */
export function requestTo(route: Route, npub: string, invoice: string) {
  const body = route.method === 'POST' ? bodiesFor(npub, invoice)[route.path] : undefined;
  return {
    method: route.method,
    path: pathOf(route, npub),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  };
}

/** Somebody who has no wallet here. */
export const stranger = 'npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6';
