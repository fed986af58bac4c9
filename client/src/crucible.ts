import { ask, type Question, type Way } from './ask.ts';
import { demandCount, demandPath, readBaseUrl } from './checks.ts';
import type { AnswerOf, BodyOf, QueryOf } from './contract.ts';
import { type Auth, type Credentials, createCredentials } from './credentials.ts';
import { type Funding, lookAtFunding, waitForFunds } from './funding.ts';
import { newIdempotencyKey } from './idempotencyKey.ts';
import { follow, meltStatus, type Payment, type PayOptions, pay } from './payment.ts';
import type { PaymentState } from './paymentState.ts';
import { type Restoring, restore } from './restoring.ts';
import { type RetryLimits, readLimits } from './retries.ts';
import { exchange, type Fetch, prepare, type RawReply, type RawRequest } from './send.ts';
import type { Wait } from './wait.ts';

export type CrucibleOptions = {
  /** `https://crucible.example`; a path behind it is put before each route's. */
  baseUrl: string;
  auth?: Auth;
  /** `attempts: 1` = no retries. */
  retries?: Partial<RetryLimits>;
  /** How long one attempt may take, 45 s by default: a payment is answered within 30 s. */
  timeoutMs?: number;
  fetch?: Fetch;
  /** Milliseconds since 1970, for signed requests. */
  now?: () => number;
};

/** `signal`: ends the call; what was sent may have taken effect all the same. */
export type CallOptions = { signal?: AbortSignal };

/** `idempotencyKey`: of an earlier call that is to be repeated, not made anew. */
export type MoneyOptions = CallOptions & { idempotencyKey?: string };

export type Crucible = ReturnType<typeof createCrucible>;
export type Wallet = ReturnType<Crucible['wallet']>;

/**
 * Speaks to one Crucible. All calls but `request` repeat themselves where that is safe.
 *
 * They reject with `CrucibleError` for what the server refused, with `NoAnswerError` where it is not known what it did, with
 * whatever a signer throws, and with the signal's reason where it was raised before anything was sent. How a payment ends is
 * never an exception: it is the `outcome` that `pay` resolves to.
 * @throws TypeError where an option cannot be meant: a `baseUrl` that is no web address, a limit that is no number
 */
export function createCrucible(options: CrucibleOptions) {
  const { auth, retries, timeoutMs = 45_000, now = Date.now } = options;
  const { baseUrl, origin } = readBaseUrl(options.baseUrl);
  demandCount('timeoutMs', timeoutMs);
  const shared = {
    baseUrl,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    retries: readLimits(retries),
    timeoutMs,
  };
  const askToken = (credentials: Credentials, call: CallOptions = {}) =>
    answer<AnswerOf<'createToken', 200>>({ ...shared, credentials }, { ...token, ...call });
  const { usual, signing } = createCredentials(auth, { origin, now, askToken });
  const way: Way = { ...shared, credentials: usual };

  return {
    /** One request as it is, once, with whatever came back: for routes that have no method here. Throws what fetch throws. */
    async request(raw: RawRequest): Promise<RawReply> {
      demandPath(raw.path);
      return exchange(way.fetch, way.baseUrl + raw.path, await prepare(raw, usual.authorize));
    },

    live: (call: CallOptions = {}) => answer<AnswerOf<'live', 200>>(way, { ...get('/livez'), ...call }),
    ready: (call: CallOptions = {}) => answer<AnswerOf<'ready', 200>>(way, { ...get('/readyz'), ...call }),
    openApi: (call: CallOptions = {}) =>
      answer<AnswerOf<'openApi', 200>>(way, { ...get('/openapi.json'), ...call }),

    /** A token of five minutes for the signer. With `auth: { signer }` the client does that by itself. */
    createToken: (call?: CallOptions) => askToken(signing, call),

    /** Makes the wallet of an npub, or finds that it is there. */
    createWallet: (body: BodyOf<'createWallet'>, call: CallOptions = {}) =>
      answer<AnswerOf<'createWallet', 200 | 201>>(way, { ...post('/api/wallet/create', body), ...call }),

    /** All wallets of an npub, the first one first. */
    wallets: (npub: string, call: CallOptions = {}) =>
      answer<AnswerOf<'wallets', 200>>(way, { ...get(`${pathTo(npub)}/wallets`), ...call }),

    /** The calls of one wallet: of an npub that has several, the one named, else its first. */
    wallet: (npub: string, { walletId }: { walletId?: string } = {}) =>
      walletAt(walletId === undefined ? way : { ...way, walletId }, pathTo(npub)),

    /** The calls of people who have a customer on the line, about all wallets: they take a key with the scopes of support. */
    support: supportAt(way),
  };
}

function supportAt(way: Way) {
  const reportAt = (supportId: string) => `/api/support/reports/${encodeURIComponent(supportId)}`;
  const operationAt = (transactionId: string) =>
    `/api/support/operations/${encodeURIComponent(transactionId)}`;
  return {
    /** One page of error reports, those that were met last first; go on with its `pagination.nextCursor`. */
    reports: (query: QueryOf<'reports'> = {}, call: CallOptions = {}) =>
      answer<AnswerOf<'reports', 200>>(way, { ...get(`/api/support/reports${queryOf(query)}`), ...call }),

    /** What happened, what it means for the customer’s money, and what to do. By any supportId that was ever told for it. */
    report: (supportId: string, call: CallOptions = {}) =>
      answer<AnswerOf<'report', 200>>(way, { ...get(reportAt(supportId)), ...call }),

    /** Calls a report dealt with. */
    resolve: (supportId: string, body: BodyOf<'resolveReport'>, call: CallOptions = {}) =>
      answer<AnswerOf<'resolveReport', 200>>(way, {
        ...post(`${reportAt(supportId)}/resolve`, body),
        ...call,
      }),

    /** Has the mint asked now, and an operation advanced as far as it goes. */
    recheck: (transactionId: string, call: CallOptions = {}) =>
      answer<AnswerOf<'recheck', 200>>(way, {
        ...post(`${operationAt(transactionId)}/recheck`, {}),
        ...call,
      }),

    /**
     * Decides about an operation that the server does not end by itself. Where an earlier attempt had no answer, this one may
     * be told `DECIDED_BEFORE`, or refused with `DECISION_NOT_POSSIBLE` because the operation has ended since.
     */
    decide: (transactionId: string, body: BodyOf<'decide'>, call: CallOptions = {}) =>
      answer<AnswerOf<'decide', 200>>(way, {
        ...post(`${operationAt(transactionId)}/decide`, body),
        ...call,
      }),
  };
}

function walletAt(way: Way, at: string) {
  return {
    info: (call: CallOptions = {}) =>
      answer<AnswerOf<'walletInfo', 200>>(way, { ...get(`${at}/info`), ...call }),
    balance: (call: CallOptions = {}) =>
      answer<AnswerOf<'balance', 200>>(way, { ...get(`${at}/balance`), ...call }),

    /** An invoice that funds the wallet: the server credits it when it is paid. */
    mint: (body: BodyOf<'mint'>, options: MoneyOptions = {}) =>
      move<AnswerOf<'mint', 201>>(way, `${at}/mint`, body, options),

    /** Has the server look at once whether such an invoice was paid. */
    completeMint: (body: BodyOf<'completeMint'>, { signal }: CallOptions = {}): Promise<Funding> =>
      lookAtFunding(way, at, body, signal),

    /** Waits until it was. */
    waitForFunds: (body: BodyOf<'completeMint'>, wait: Wait = {}): Promise<Funding> =>
      waitForFunds(way, at, body, wait),

    /** What paying an invoice would cost now. Reserves nothing. */
    quote: (body: BodyOf<'quoteMelt'>, call: CallOptions = {}) =>
      answer<AnswerOf<'quoteMelt', 200>>(way, { ...post(`${at}/melt/quote`, body), ...call }),

    /** Pays a Lightning invoice and waits for the end, two minutes by default. */
    pay: (body: BodyOf<'melt'>, options: PayOptions = {}): Promise<Payment> => pay(way, at, body, options),

    /** What the mint says of all proofs of the wallet, and how the server's books differ. Changes nothing. */
    proofsStatus: (call: CallOptions = {}) =>
      answer<AnswerOf<'proofsStatus', 200>>(way, { ...post(`${at}/proofs/status`, {}), ...call }),

    /** The same, and marks what the mint calls spent; with `dryRun`, lists only what would be marked. */
    reconcile: (body: BodyOf<'reconcile'> = {}, call: CallOptions = {}) =>
      answer<AnswerOf<'reconcile', 200>>(way, { ...post(`${at}/reconcile`, body), ...call }),

    /** Has all ecash of the wallet looked for by its seed, and waits for the end, two minutes by default. */
    restore: (wait: Wait = {}): Promise<Restoring> => restore(way, at, wait),

    /** The restore that is under way, or the last. */
    lastRestore: (call: CallOptions = {}) =>
      answer<AnswerOf<'restoreStatus', 200>>(way, { ...get(`${at}/restore`), ...call }),

    /** What the server knows of a payment, with its timeline. */
    payment: (transactionId: string, { signal }: CallOptions = {}) =>
      meltStatus(way, at, transactionId, signal),

    /** Waits for the end of a payment that was pending. */
    waitForPayment: (transactionId: string, wait: Wait = {}): Promise<PaymentState> =>
      follow(way, at, transactionId, wait),

    /**
     * A token of exactly this amount, for somebody else. 202 where the mint takes its time: then `sent` has it soon. The token
     * is money, unless it is locked.
     */
    send: (body: BodyOf<'send'>, options: MoneyOptions = {}) =>
      move<AnswerOf<'send', 200 | 202>>(way, `${at}/send`, body, options),

    /** What has become of such a token, with the token itself while it may still be claimed. */
    sent: (transactionId: string, call: CallOptions = {}) =>
      answer<AnswerOf<'sendStatus', 200>>(way, {
        ...get(`${at}/send/${encodeURIComponent(transactionId)}`),
        ...call,
      }),

    /** Takes back what nobody has claimed of it. */
    reclaim: (transactionId: string, options: MoneyOptions = {}) =>
      move<AnswerOf<'reclaim', 200 | 202>>(
        way,
        `${at}/send/${encodeURIComponent(transactionId)}/reclaim`,
        {},
        options,
      ),

    /** Exchanges somebody else’s token for ecash of this wallet. The same token again tells the same outcome. */
    receive: (body: BodyOf<'receive'>, options: MoneyOptions = {}) =>
      move<AnswerOf<'receive', 200 | 202>>(way, `${at}/receive`, body, options),

    /** One page of what the wallet has done, newest first; go on with its `pagination.nextCursor`. */
    transactions: (query: QueryOf<'transactions'> = {}, call: CallOptions = {}) =>
      answer<AnswerOf<'transactions', 200>>(way, { ...get(`${at}/transactions${queryOf(query)}`), ...call }),

    /** One operation of whatever kind, with its timeline. */
    transaction: (transactionId: string, call: CallOptions = {}) =>
      answer<AnswerOf<'transaction', 200>>(way, {
        ...get(`${at}/transactions/${encodeURIComponent(transactionId)}`),
        ...call,
      }),
  };
}

/** Repeats itself under the same key; a new one where none is given. @returns with the key, for whoever repeats it later */
async function move<Json extends object>(
  way: Way,
  path: string,
  body: object,
  { idempotencyKey = newIdempotencyKey(), signal }: MoneyOptions,
): Promise<Json & { idempotencyKey: string }> {
  const question = { ...post(path, body), idempotencyKey, signal };
  return { ...(await answer<Json>(way, question)), idempotencyKey };
}

/** What is undefined is not sent: the server would take it for a filter. */
function queryOf(query: object): string {
  const sent = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) sent.set(name, String(value));
  return sent.size === 0 ? '' : `?${sent}`;
}

const pathTo = (npub: string): string => `/api/wallet/${encodeURIComponent(npub)}`;
const get = (path: string): Question => ({ method: 'GET', path });
const post = (path: string, body: object): Question => ({ method: 'POST', path, body });
const token: Question = { method: 'POST', path: '/api/auth/token' };

const answer = async <Json extends object>(way: Way, question: Question): Promise<Json> =>
  (await ask<Json>(way, question)).json;
