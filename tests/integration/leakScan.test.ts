import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { createContext } from '../../src/context.ts';
import { DomainError } from '../../src/models/errors.ts';
import { createWalletRepository } from '../../src/repositories/wallets.ts';
import { routeTable } from '../../src/routes.ts';
import { startServer } from '../../src/server.ts';
import { createSeeds } from '../../src/services/ecash/seeds.ts';
import type { Transport } from '../../src/services/mint/transport.ts';
import { httpTransport } from '../support/carrier.ts';
import type { Leak, LeakScan, Sink } from '../support/leakScan/leakScan.ts';
import { createSearch } from '../support/leakScan/search.ts';
import { comesTo, meddler, tricks } from '../support/mischief.ts';
import { expectBalancedBooks, proofsOf } from '../support/money.ts';
import { severable } from '../support/severable.ts';
import { newSigner, publicOrigin, signed } from '../support/signing.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

const mischief = meddler();
const signer = newSigner();
let world: World;
let scan: LeakScan;
let wallet: TestWallet;
beforeAll(async () => {
  world = await startWorld({
    leakScan: true,
    simulator: { feeReserveMinSat: 4 },
    env: {
      CRUCIBLE_PUBLIC_ORIGIN: publicOrigin,
      CRUCIBLE_ANSWER_WITHIN_MS: '10000',
      CRUCIBLE_ORPHAN_AFTER_MS: '15000',
      CRUCIBLE_LEASE_MS: '2000',
    },
    overrides: { transport: mischief.transport },
  });
  if (world.leakScan === null) throw new Error('the world is not scanned');
  scan = world.leakScan;
  scan.remember('a Nostr key', signer.secretKey);
  wallet = await world.wallet(512, 256);
});
afterAll(() => world.end());

const invoiceOf = async (amount: number) => (await world.sim.invoice({ amount })).invoice;

/** A mint that throws back at us whatever it was sent. */
const echo =
  (code: number) =>
  (request: Parameters<Transport>[0]): ReturnType<Transport> =>
    Promise.resolve({
      kind: 'reply',
      httpStatus: 400,
      body: JSON.stringify({ code, detail: `bad: ${request.body ?? ''}`, error: request.body }),
    });

/** Another server on the same database, recorded as well. */
async function serve(transport: Transport, more: Record<string, string>) {
  const env = { ...world.env, ...more };
  const context = await createContext({ ...loadConfig(env), overrides: scan.overrides({ transport }) });
  const server = await startServer(context, { host: '127.0.0.1', port: 0 });
  scan.listensAt(server.port);
  const stop = async () => {
    await server.close(0);
    await context.dispose();
  };
  return { context, url: server.url, stop };
}

describe('nothing secret is written down or told', () => {
  it('while payments succeed, on every route', async () => {
    const { at } = wallet;
    const paid = await wallet.melt(await invoiceOf(100));
    expect(paid.status).toBe(200);
    const target = '/api/auth/token';
    const authorization = signed(signer, { method: 'POST', target });
    const issued = await world.call('POST', target, undefined, { authorization });
    expect(issued.status).toBe(200);
    const bearer = { authorization: `Bearer ${String(issued.body['token'])}` };
    await world.call('POST', '/api/wallet/create', { npub: signer.npub });
    const own = await world.call('GET', `/api/wallet/${signer.npub}/balance`, undefined, bearer);
    expect(own.status).toBe(200);
    for (const [path, status] of [
      ['/livez', 200],
      ['/readyz', 200],
      [`${at}/wallets`, 200],
      [`${at}/info`, 200],
      [`${at}/balance`, 200],
      [`${at}/melt/${String(paid.body['transactionId'])}`, 200],
      [`${at}/transactions`, 200],
      [`${at}/transactions/${String(paid.body['transactionId'])}`, 200],
      ['/api/support/reports', 200],
      ['/openapi.json', 200],
      ['/docs', 200],
      ['/docs/start.js', 200],
      ['/metrics', 200],
    ] as const) {
      const { status: met } = await fetch(world.url + path, {
        headers: { authorization: `Bearer ${await world.keyFor(['admin'])}` },
      });
      expect({ path, status: met }).toEqual({ path, status });
    }
    expect((await world.call('POST', `${at}/melt/quote`, { invoice: await invoiceOf(10) })).status).toBe(200);
    for (const route of ['proofs/status', 'reconcile', 'restore'])
      expect((await world.call('POST', `${at}/${route}`, {})).status).toBeLessThan(300);
    const { body: sent } = await world.call('POST', `${at}/send`, { amount: 21 });
    scan.remember('a token', String(sent['encodedToken']));
    const taker = await world.wallet();
    const { encodedToken } = sent;
    expect((await world.call('POST', `${taker.at}/receive`, { encodedToken })).status).toBe(200);
    const { body: out } = await world.call('POST', `${at}/send`, { amount: 5 });
    const ofToken = `${at}/send/${String(out['transactionId'])}`;
    expect((await world.call('GET', ofToken)).status).toBe(200);
    expect((await world.call('POST', `${ofToken}/reclaim`, {})).status).toBe(200);
    const isRestored = async () => (await world.call('GET', `${at}/restore`)).body['status'] === 'DONE';
    await until(isRestored, 'the restore', 60_000);
    expect(await scan.look()).toEqual([]);
  });

  it('in refusals of requests, which hold the caller’s own secrets', async () => {
    const [proof] = await proofsOf(world, wallet.npub);
    const secret = proof?.secret ?? '';
    const authorization = `Bearer ${await world.keyFor(['wallet:read'], signer.npub)}`;
    const attempts = [
      () => wallet.melt(`lnbc${secret}`),
      () => wallet.melt('lnbc1', { [secret]: secret }),
      () => world.call('POST', `${wallet.at}/melt`, `{"invoice": "${secret}`),
      () => world.call('GET', `/api/wallet/${secret}/balance`),
      () => world.call('GET', `${wallet.at}/melt/${secret}`),
      () => world.call('GET', `${wallet.at}/transactions/${secret}`),
      () => world.call('GET', `${wallet.at}/transactions?cursor=${secret}&type=${secret}&${secret}=1`),
      () => world.call('GET', `/${secret}`),
      () => world.call('GET', `${wallet.at}/balance`, undefined, { authorization }),
      () => world.call('GET', `${wallet.at}/balance`, undefined, { authorization: `Bearer ${secret}` }),
      () => wallet.melt('lnbc1', {}, { 'idempotency-key': secret }),
    ];
    for (const attempt of attempts) expect((await attempt()).status).toBeGreaterThanOrEqual(400);
    const tooMuch = await wallet.melt(await invoiceOf(100_000));
    expect(tooMuch.body['code']).toBe('INSUFFICIENT_BALANCE');
    expect(await scan.look()).toEqual([]);
  });

  it('when the mint throws our own request back at us', async () => {
    const refusals = [
      ['/v1/swap', 11_003],
      ['/v1/swap', 99_999],
      ['/v1/melt/bolt11', 20_004],
      ['/v1/melt/quote/bolt11', 20_000],
    ] as const;
    for (const [path, code] of refusals) {
      const other = await world.wallet(300);
      const echoing = echo(code);
      const server = await serve(
        async (request) =>
          request.method === 'POST' && request.url.endsWith(path) ? echoing(request) : httpTransport(request),
        { CRUCIBLE_ANSWER_WITHIN_MS: '2000' },
      );
      const refused = await other.melt(await invoiceOf(99), {}, {}, server.url);
      expect(refused.status).toBeGreaterThanOrEqual(202);
      await server.stop();
    }
    expect(await scan.look()).toEqual([]);
  });

  it('when replies are lost, no JSON or not what was asked for', async () => {
    for (const trick of [tricks.htmlAfter, tricks.truncated, tricks.emptyObject]) {
      const other = await world.wallet(300);
      mischief.next('/v1/swap', trick);
      const asked = await other.melt(await invoiceOf(99));
      await comesTo(other, asked.body['transactionId'], 'settled', 'released');
    }
    expect(await scan.look()).toEqual([]);
  });

  it('when the mint has paid and the database is gone: the gravest answer, report and spool, and the recovery', async () => {
    const other = await world.wallet(300);
    const database = await severable(world.env.MONGODB_URI);
    const server = await serve(
      async (request) => {
        const exchange = await httpTransport(request);
        if (request.url.endsWith('/v1/melt/bolt11')) database.sever();
        return exchange;
      },
      { MONGODB_URI: database.uri },
    );
    const broken = await other.melt(await invoiceOf(99), {}, {}, server.url);
    expect(broken).toMatchObject({ status: 500, body: { severity: 'CRITICAL' } });
    expect(await scan.look()).toEqual([]);
    database.mend();
    await comesTo(other, broken.body['transactionId'], 'settled');
    const { reports } = world.context.database;
    const { supportId } = broken.body;
    await until(async () => (await reports.exists({ _id: String(supportId) })) !== null, 'the report');
    const told = await world.call('GET', `/api/support/reports/${String(supportId)}`);
    expect(told).toMatchObject({ status: 200, body: { code: 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS' } });
    expect((await world.call('GET', '/api/support/reports')).status).toBe(200);
    const recheckAt = `/api/support/operations/${String(broken.body['transactionId'])}/recheck`;
    expect((await world.call('POST', recheckAt, {})).body).toMatchObject({ outcome: 'ENDED_BEFORE' });
    const [proof] = await proofsOf(world, wallet.npub);
    const note = `the customer says: ${proof?.secret ?? ''}`;
    const resolved = await world.call('POST', `/api/support/reports/${String(supportId)}/resolve`, { note });
    expect(resolved).toMatchObject({
      status: 200,
      body: { resolution: { note: 'the customer says: [redacted]' } },
    });
    const decideAt = `/api/support/operations/${String(broken.body['transactionId'])}/decide`;
    expect(await world.call('POST', decideAt, { decision: 'fence', note })).toMatchObject({ status: 409 });
    await server.stop();
    await database.close();
    expect(await scan.look()).toEqual([]);
  });

  it('and all of that was really looked at', async () => {
    const { secrets, lines, answers, unread } = scan.seen();
    expect(unread).toBe(0);
    expect(secrets).toBeGreaterThan(100);
    expect(answers).toBeGreaterThan(40);
    expect(lines).toBeGreaterThan(0);
    await expectBalancedBooks(world);
  });
});

describe('the scan', () => {
  type Plant = (text: string) => Promise<unknown>;
  const sinks: Record<Exclude<Sink, 'answer' | 'metrics'>, Plant> = {
    log: async (text) => world.context.logger.transports[0]?.log?.(lineOf(text), () => undefined),
    refusal: async (text) => {
      const { melts } = world.context.services;
      const { status } = melts;
      melts.status = async () => {
        throw new DomainError('TRANSACTION_NOT_FOUND', 'LOW', `Nothing was done: ${text}.`);
      };
      await wallet.status('tx_melt_1_0').finally(() => {
        melts.status = status;
      });
    },
    report: async (text) =>
      world.context.database.reports.collection.insertOne({ dedupe_key: text, summary: `lost: ${text}` }),
    spool: async (text) => {
      await mkdir(world.env.CRUCIBLE_SPOOL_DIR, { recursive: true });
      await appendFile(join(world.env.CRUCIBLE_SPOOL_DIR, 'planted.txt'), `{"x":"${text}"}\n`);
    },
    database: async (text) => world.context.database.audit.collection.insertOne({ event: text }),
  };
  const lineOf = (text: string) => ({ level: 'info', [Symbol.for('message')]: `{"x":"${text}"}` });

  /** Fresh secrets of each kind, each in another form. */
  async function secretsToPlant(): Promise<Record<string, string>> {
    const { CRUCIBLE_MNEMONIC: mnemonic, CRUCIBLE_MASTER_KEY: masterKey } = world.env;
    const [proof] = await proofsOf(world, wallet.npub);
    const r = proof?.dleq?.r ?? '';
    const key = await world.keyFor(['admin']);
    await world.call('GET', '/readyz', undefined, { authorization: `Bearer ${key}` });
    await world.call('GET', `${wallet.at}/info`, undefined, { authorization: `Bearer ${key}` });
    const { database } = world.context;
    const walletId = (await database.wallets.findOne({ npub: wallet.npub }).lean())?._id ?? '';
    const seed = Buffer.from(
      await createSeeds(mnemonic, createWalletRepository(database)).walletSeed(walletId),
    );
    return {
      'a proof’s secret': proof?.secret ?? '',
      'a blinding factor': BigInt(`0x${r}`).toString(),
      'the master key': Buffer.from(masterKey, 'hex').toString('base64url'),
      'a wallet’s seed': Buffer.from(`x${seed.toString('hex')}`).toString('base64'),
      'an API key or bearer token': Buffer.from(key.slice(-43)).toString('hex').toUpperCase(),
      'words of the mnemonic': mnemonic.split(' ').slice(3, 6).join(' '),
    };
  }

  let planted: Record<string, string>;
  let found: Leak[];
  beforeAll(async () => {
    planted = await secretsToPlant();
    for (const plant of Object.values(sinks))
      for (const text of Object.values(planted)) await plant(`is ${text}.`);
    found = await scan.look();
  });

  it.each(['log', 'refusal', 'report', 'spool', 'database'])('finds every kind of secret in a %s', (sink) => {
    const names = new Set(found.filter((leak) => leak.sink === sink).map(({ secret }) => secret));
    expect([...names].sort()).toEqual(Object.keys(planted).sort());
  });

  it('tells where a secret was found, and not the secret', () => {
    const told = JSON.stringify(found);
    for (const text of Object.values(planted)) expect(told).not.toContain(text.slice(0, 10));
  });

  it('finds the first ten characters of a secret, as others log them', () => {
    const search = createSearch();
    search.add('a proof’s secret', '407915bc212be61a77e3e6d2aeb4c727980bda51cd06a6afc29e2861768a7837');
    expect([...search.inText('{"secret":"407915bc21..."}')]).toEqual(['a proof’s secret']);
    expect([...search.inText('{"secret":"407915bc2..."}')]).toEqual([]);
  });
});

it('every route was met', () => {
  const paths = new Set(routeTable(world.context.services).map(({ path }) => path));
  const met = scan.routes();
  expect([...paths].filter((path) => !met.some((one) => matches(path, one)))).toEqual([]);
});

function matches(path: string, met: string): boolean {
  return new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`).test(met);
}
