import { expect } from '@jest/globals';
import { httpTransport } from '../../carrier.ts';
import { lossyCommits } from '../../lossyCommits.ts';
import { timesPaid } from '../../money.ts';
import { severable } from '../../severable.ts';
import { type TestWallet, until } from '../../world.ts';
import type { RefusalCase } from '../cases.ts';
import { recovery } from '../contract.ts';
import { apiRoutes, documents, nameOf, requestTo, routes } from '../routes.ts';
import type { Stage } from '../stage.ts';
import type { Answer } from '../wire.ts';

/** The database's absence is noticed only after seconds: everything that waits for that is begun at once. */
export type Outages = Awaited<ReturnType<typeof beginOutages>>;

type BrokenOff = { wallet: TestWallet; paymentHash: string; answer: Promise<Answer> };

export async function beginOutages(stage: Stage) {
  const uri = stage.world.env.MONGODB_URI;
  const closing: (() => Promise<void>)[] = [];

  /** A server that loses its database for good. */
  async function severed() {
    const database = await severable(uri);
    closing.push(database.close);
    const server = await stage.serve({ env: { MONGODB_URI: database.uri } });
    database.sever();
    const asked = new Map(
      routes.map((route) => [
        `${route.method} ${route.path}`,
        stage.ask(requestTo(route, stage.wallet.npub, stage.spareInvoice), server.url),
      ]),
    );
    // Its reports wait until it can write them.
    void Promise.allSettled(asked.values()).then(database.mend);
    return asked;
  }

  /** A payment whose server loses the database in the moment that this request to the mint has been answered. */
  async function cutAfter(path: string, workers = false): Promise<BrokenOff> {
    const wallet = await stage.world.wallet(512);
    const { invoice, paymentHash } = await stage.world.sim.invoice({ amount: 100 });
    const database = await severable(uri);
    closing.push(database.close);
    const server = await stage.serve({
      workers,
      env: { MONGODB_URI: database.uri, CRUCIBLE_ORPHAN_AFTER_MS: '2500', CRUCIBLE_LEASE_MS: '1500' },
      overrides: {
        transport: async (request) => {
          const exchange = await httpTransport(request);
          if (request.url.endsWith(path)) database.sever();
          return exchange;
        },
      },
    });
    const answer = stage.melt(wallet, invoice, {}, {}, server.url);
    void answer.finally(database.mend).catch(() => undefined);
    return { wallet, paymentHash, answer };
  }

  /** A server that never hears that its next transaction of a kind stands. It does not. */
  async function unconfirmed(event: string, ask: (url: string) => Promise<Answer>): Promise<Answer> {
    const database = await lossyCommits(uri);
    closing.push(database.close);
    const server = await stage.serve({ env: { MONGODB_URI: database.uri } });
    database.lose({ event, when: 'before' });
    return ask(server.url);
  }

  const [withoutDatabase, afterQuote, afterStates, afterSwap, afterMelt] = [
    await severed(),
    await cutAfter('/v1/melt/quote/bolt11'),
    await cutAfter('/v1/checkstate'),
    await cutAfter('/v1/swap'),
    await cutAfter('/v1/melt/bolt11', true),
  ];
  const { post, melt, wallet, spareInvoice } = stage;
  const unconfirmedMint = unconfirmed('awaiting_payment', (url) =>
    post(`${wallet.at}/mint`, { amount: 5 }, {}, url),
  );
  const unconfirmedMelt = unconfirmed('melt.reserved', (url) => melt(wallet, spareInvoice, {}, {}, url));
  const begun = { afterQuote, afterStates, afterSwap, afterMelt, unconfirmedMint, unconfirmedMelt };
  const answers = [...withoutDatabase.values(), unconfirmedMint, unconfirmedMelt];
  for (const { answer } of [afterQuote, afterStates, afterSwap, afterMelt]) answers.push(answer);
  const over = Promise.allSettled(answers);
  return {
    withoutDatabase,
    ...begun,
    /** Once everything is answered. */
    over: () => over,
    close: async () => {
      for (const close of closing) await close();
    },
  };
}

const untouched = { totalBalance: 512, spentBalance: 0, reservedBalance: 0 };

export function outageCases(outages: () => Outages): RefusalCase[] {
  const withoutDatabase = routes
    .filter(({ path }) => path !== '/livez' && path !== '/metrics' && !documents.includes(path))
    .map(
      (route): RefusalCase => ({
        code: 'DATABASE_UNAVAILABLE',
        what: nameOf(route),
        provoke: async () => answerOf(outages().withoutDatabase.get(`${route.method} ${route.path}`)),
        says:
          route.path === '/readyz'
            ? /no writable primary in reach/
            : /The database did not answer\. No payment was started, and none will be for this request\. Try again shortly/,
        ...(route.path === '/readyz' ? { members: notReady('unavailable', false) } : {}),
        retryable: true,
        leaves: 'open',
      }),
    );
  return [
    ...withoutDatabase,
    cutEarly('melt: gone after the quote', () => outages().afterQuote),
    cutEarly('melt: gone after the pre-flight', () => outages().afterStates),
    {
      code: 'DATABASE_UNAVAILABLE',
      what: 'melt: a reservation that nobody confirms',
      provoke: () => outages().unconfirmedMelt,
      says: /No payment was started, and none will be for this request/,
      retryable: true,
      leaves: 'open',
      afterwards: async ({ wallet }) => {
        expect(await wallet.balance()).toMatchObject({ totalBalance: 1000, reservedBalance: 0 });
      },
    },
    cutAfterSwap(() => outages().afterSwap),
    cutAfterMelt(() => outages().afterMelt),
    {
      code: 'INTERNAL_ERROR',
      what: 'mint: a transaction that nobody confirms',
      severity: 'HIGH',
      provoke: () => outages().unconfirmedMint,
      says: /did not confirm what was written: it may stand or not\. Look at the balance and the transaction before you repeat it/,
      leaves: 'open',
    },
  ];
}

const answerOf = (answer: Promise<Answer> | undefined): Promise<Answer> =>
  answer ?? Promise.reject(new Error('this route was not asked'));

const notReady = (database: 'writable' | 'unavailable', draining: boolean) => ({
  ready: false,
  database,
  draining,
  mints: [{ url: expect.stringMatching(/^http/), answeredMsAgo: null, circuit: 'closed' }],
});

function cutEarly(what: string, payment: () => BrokenOff): RefusalCase {
  return {
    code: 'DATABASE_UNAVAILABLE',
    what,
    provoke: () => payment().answer,
    says: /No payment was started, and none will be for this request\. Try again shortly/,
    retryable: true,
    leaves: 'open',
    afterwards: async ({ world }) => {
      const { wallet, paymentHash } = payment();
      expect(await wallet.balance()).toMatchObject(untouched);
      expect(await timesPaid(world, paymentHash)).toBe(0);
      expect(
        await world.context.database.operations.countDocuments({ kind: 'melt', npub: wallet.npub }),
      ).toBe(0);
    },
  };
}

function cutAfterSwap(payment: () => BrokenOff): RefusalCase {
  return {
    code: 'DATABASE_UNAVAILABLE',
    what: 'melt: gone after the swap',
    provoke: () => payment().answer,
    says: /^The database stopped answering\. The payment was not sent, and it will not be\. The funds set aside for it come back by themselves/,
    members: { transactionId: expect.stringMatching(/^tx_melt_/) },
    retryable: true,
    leaves: 'open',
    afterwards: async ({ world }) => {
      const { wallet, paymentHash } = payment();
      const back = async () => (await wallet.balance())['reservedBalance'] === 0;
      await until(back, 'the funds coming back', 30_000);
      expect(await wallet.balance()).toMatchObject({ totalBalance: 512 });
      expect(await timesPaid(world, paymentHash)).toBe(0);
    },
  };
}

function cutAfterMelt(payment: () => BrokenOff): RefusalCase {
  return {
    code: 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS',
    what: 'melt: the database is gone when the mint has paid',
    provoke: () => payment().answer,
    says: /^CRITICAL: the Lightning payment succeeded, .* Do not pay again\. The server completes it by itself .* keep quote \S+ at hand/,
    members: recovery('scheduled'),
    leaves: 'open',
    afterwards: async ({ world }, { body }) => {
      const { wallet, paymentHash } = payment();
      const look = async () => (await wallet.status(body['transactionId'])).body['state'];
      await until(async () => (await look()) === 'settled', 'the booking', 30_000);
      expect(await timesPaid(world, paymentHash)).toBe(1);
      expect(await wallet.balance()).toMatchObject({ totalBalance: 412, reservedBalance: 0 });
      const report = () =>
        world.context.database.reports.findOne({ transaction_id: String(body['transactionId']) }).lean();
      await until(async () => (await report())?.status === 'closed', 'its report being closed', 30_000);
    },
  };
}

/** A server that is about to go. */
export const shutdownCases: RefusalCase[] = [
  ...apiRoutes,
  ...routes.filter(({ path }) => path === '/readyz'),
].map((route) => ({
  code: 'SHUTTING_DOWN',
  what: nameOf(route),
  async provoke(stage) {
    const leaving = await stage.serve();
    await leaving.context.drain();
    const answer = await stage.ask(requestTo(route, stage.wallet.npub, stage.spareInvoice), leaving.url);
    if (route.path !== '/readyz') expect(answer.headers.get('connection')).toBe('close');
    return answer;
  },
  says:
    route.path === '/readyz'
      ? /takes no new requests/
      : /is shutting down\. Nothing was started; send the request again in a moment/,
  ...(route.path === '/readyz' ? { members: notReady('writable', true) } : {}),
  retryable: true,
}));
