import { loadConfig } from '../../../src/config.ts';
import { createContext, type Overrides } from '../../../src/context.ts';
import type { Scope } from '../../../src/models/apiKey.ts';
import { startServer } from '../../../src/server.ts';
import { canary, mnemonicParts, type WordsOfLeak } from '../leakScan/looks.ts';
import { unhurried } from '../money.ts';
import { type Instance, type Json, startWorld, type TestWallet, type WorldOptions } from '../world.ts';
import { type Answer, send, type Wire } from './wire.ts';

export type Headers = NonNullable<Wire['headers']>;

/** Where refusals are provoked: a world, a wallet of 1000 sat that none of them may touch, and the means to ask. */
export type Stage = Awaited<ReturnType<typeof openStage>>;

export async function openStage(options: WorldOptions = {}) {
  const world = await startWorld({
    ...options,
    env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '15000', ...options.env },
  });
  const adminKey = await world.keyFor(['admin']);
  const wallet = await world.wallet(1000);
  const others: Instance[] = [];
  const spareInvoice = (await world.sim.invoice({ amount: 100 })).invoice;
  const known = secretsOf(world.env, adminKey);
  let before = await fingerprint();

  /** As admin, unless the headers say otherwise; `authorization: undefined` is nobody. */
  function ask(wire: Wire, url = world.url): Promise<Answer> {
    const headers = { authorization: `Bearer ${adminKey}`, ...wire.headers };
    return send(url, { ...wire, headers });
  }

  function post(path: string, body?: unknown, headers: Headers = {}, url = world.url): Promise<Answer> {
    if (body === undefined) return ask({ method: 'POST', path, headers }, url);
    const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const typed = { 'content-type': 'application/json', ...headers };
    return ask({ method: 'POST', path, headers: typed, body: text }, url);
  }

  /** What is there of money, of payments, and of whatever a refusal must not leave behind. */
  async function fingerprint() {
    const { tokens, operations, idempotency, audit } = world.context.database;
    const [ledger, ofTokens, operationCount, keysUsed, audited] = await Promise.all([
      // Some refusals are those of a mint that is gone for good.
      world.sim.ledger().catch(() => null),
      tokens.find({}, { status: 1, reserved_by: 1, total_amount: 1, version: 1 }).sort({ _id: 1 }).lean(),
      operations.countDocuments(),
      idempotency.countDocuments(),
      audit.countDocuments(),
    ]);
    return {
      tokens: ofTokens,
      operations: operationCount,
      keysUsed,
      audited,
      mint: ledger && {
        balanced: ledger.balance.ok,
        outstanding: ledger.outstanding,
        payments: ledger.payments.length,
        proofs: ledger.proofs.length,
        signatures: ledger.signatures.length,
      },
    };
  }

  return {
    world,
    wallet,
    /** Over 100 sat, and never paid. */
    spareInvoice,
    known,
    ask,
    post,
    get: (path: string, headers: Headers = {}, url = world.url) => ask({ method: 'GET', path, headers }, url),
    melt: (of: TestWallet, invoice: string, more: Json = {}, headers: Headers = {}, url = world.url) =>
      post(`${of.at}/melt`, { invoice, ...more }, headers, url),
    bearer: async (scopes: Scope[], npub: string | null = null) => ({
      authorization: `Bearer ${await world.keyFor(scopes, npub)}`,
    }),
    invoice: async (amount: number) => (await world.sim.invoice({ amount })).invoice,

    /** One more server on the same database, as configured; without workers unless asked for. It ends with the stage. */
    async serve(
      given: { env?: Record<string, string>; overrides?: Overrides; workers?: boolean } = {},
    ): Promise<Instance> {
      const { env = {}, overrides = {}, workers = false } = given;
      const recorded = world.leakScan?.overrides(overrides) ?? overrides;
      const context = await createContext({ ...loadConfig({ ...world.env, ...env }), overrides: recorded });
      const server = await startServer(context, { host: '127.0.0.1', port: 0 });
      world.leakScan?.listensAt(server.port);
      if (workers) context.startWorkers();
      let stopped: Promise<void> | undefined;
      const stop = async () => {
        await context.drain();
        await server.close(0);
        await context.dispose();
      };
      const instance = {
        context,
        url: server.url,
        stop: () => {
          stopped ??= stop();
          return stopped;
        },
      };
      others.push(instance);
      return instance;
    },

    /** The stage is set: what is there now is what the refusal must leave as it is. */
    async arranged(): Promise<void> {
      before = await fingerprint();
    },
    before: () => before,
    fingerprint,

    async end(): Promise<void> {
      await Promise.all(others.map(({ stop }) => stop()));
      await world.end();
    },
  };
}

/** The secrets of this run, apart from those that are known by their look. */
function secretsOf(env: Record<string, string>, adminKey: string): Record<WordsOfLeak, string> {
  const masterKey = env['CRUCIBLE_MASTER_KEY'] ?? '';
  const uri = new URL(env['MONGODB_URI'] ?? '');
  return {
    ...mnemonicParts(env['CRUCIBLE_MNEMONIC'] ?? ''),
    'the master key': masterKey,
    'the API key': adminKey.slice(-43),
    'the address of the database': uri.host,
    'the name of the database': uri.pathname.slice(1),
    'what a broken mint said': canary,
    'the directory that the server runs in': process.cwd(),
  };
}
