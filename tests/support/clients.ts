import { finalizeEvent } from 'nostr-tools/pure';
import {
  type CrucibleOptions,
  createCrucible,
  type EventTemplate,
  type Fetch,
  type NostrSigner,
} from '../../client/src/index.ts';
import type { Signer } from './signing.ts';

/** One attempt as it left, and what became of it. */
export type Seen = {
  method: string;
  path: string;
  key: string | null;
  prefer: string | null;
  authorization: string | null;
  atMs: number;
  status: number | null;
};

/** What is done to a request on its way: `arrives` sends it on. */
export type Mischief = (arrives: () => Promise<Response>, seen: Seen) => Promise<Response>;

/** A `fetch` that writes down every attempt, and on which each request to a path that matches meets the next mischief. */
export function watchedFetch(): { fetch: Fetch; seen: Seen[]; to: (path: RegExp) => Seen[]; meet: Meet } {
  const seen: Seen[] = [];
  const planned: { path: RegExp; mischief: Mischief }[] = [];
  const fetchWatched: Fetch = async (url, init) => {
    const headers = new Headers(init.headers);
    const attempt: Seen = {
      method: init.method ?? 'GET',
      path: new URL(url).pathname,
      key: headers.get('idempotency-key'),
      prefer: headers.get('prefer'),
      authorization: headers.get('authorization'),
      atMs: performance.now(),
      status: null,
    };
    seen.push(attempt);
    const arrives = () => fetch(url, init);
    const at = planned.findIndex(({ path }) => path.test(attempt.path));
    const [plan] = at < 0 ? [] : planned.splice(at, 1);
    const response = await (plan === undefined ? arrives() : plan.mischief(arrives, attempt));
    attempt.status = response.status;
    return response;
  };
  return {
    fetch: fetchWatched,
    seen,
    to: (path) => seen.filter((attempt) => path.test(attempt.path)),
    meet: (path, ...mischiefs) => {
      planned.push(...mischiefs.map((mischief) => ({ path, mischief })));
    },
  };
}

type Meet = (path: RegExp, ...mischiefs: Mischief[]) => void;

/** A client of a server that is nowhere: what it answers is planned. */
export function plannedClient(more: Partial<CrucibleOptions> = {}) {
  const watched = watchedFetch();
  const crucible = createCrucible({
    baseUrl: 'https://crucible.test/',
    auth: { apiKey: 'crk_1' },
    fetch: watched.fetch,
    ...more,
  });
  return { ...watched, crucible, wallet: crucible.wallet(plannedNpub) };
}

export const plannedNpub = 'npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6';

/** What such a server may say of a payment. */
export const planned = {
  paid: { success: true, transactionId: 'tx_melt_1', quoteId: 'q', paymentResult: 'PAID', paidAmount: 5 },
  pending: { success: true, transactionId: 'tx_melt_1', quoteId: 'q', paymentResult: 'PENDING' },
  status: (status: string, more: object = {}) => ({
    success: true,
    transactionId: 'tx_melt_1',
    quoteId: 'q',
    status,
    ...more,
  }),
};

export const always = (mischief: Mischief) => Array<Mischief>(50).fill(mischief);

/** Nobody ever answers. */
export const hang: Fetch = (_url, { signal }) =>
  new Promise((_resolve, reject) => {
    const end = () => reject(signal?.reason);
    if (signal?.aborted === true) end();
    signal?.addEventListener('abort', end);
  });

/** Signs whatever it is given, for servers that do not look. */
export const anySigner: NostrSigner = {
  signEvent: async (template) => ({ ...template, id: '1', pubkey: '2', sig: '3' }),
};

/** The request arrives and is carried out; the answer does not come back. */
export const loseReply: Mischief = async (arrives) => {
  await arrives();
  throw new TypeError('fetch failed');
};

export const loseRequest: Mischief = () => Promise.reject(new TypeError('fetch failed'));

/** Something answers in the server's place. */
export const instead =
  (status: number, body: string | object, headers: Record<string, string> = {}): Mischief =>
  async () =>
    new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });

/** A problem of the right form. */
export const problem = (code: string, status: number, more: object = {}) => ({
  type: 'about:blank',
  title: code,
  status,
  detail: `${code}.`,
  code,
  severity: 'LOW',
  retryable: false,
  ...more,
});

/** What a browser's extension would be. @returns with a count of what it was asked to sign */
export function extension({ secretKey }: Signer): NostrSigner & { signed: EventTemplate[] } {
  const signed: EventTemplate[] = [];
  return {
    signed,
    signEvent: async (template) => {
      signed.push(template);
      return finalizeEvent(template, secretKey);
    },
  };
}
