import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pause } from '../../src/timing.ts';
import { type Profiled, profiled } from '../support/profiled.ts';
import { shardedCollections } from '../support/shardPlan.ts';
import { startWorld, type World } from '../support/world.ts';

const metricsToken = 'a-token-for-metrics-of-forty-characters.';
const backgroundMs = 1_500;

/** What names no wallet, and why it may: on a sharded cluster each of them is asked of every shard. */
const ofNoWallet: Record<string, string> = {
  'operations.find($expr,due_at,mint_url,open,state)': 'the worker: what is due, of any wallet',
  'operations.find($expr,_id,due_at,mint_url,open,state)': 'the same, without what could not be claimed',
  'operations.aggregate(open)': 'metrics: what is open, counted for all instances at most every five seconds',
  'wallets.find($expr,mint_url,recovery.due_at)': 'the worker: recoveries that are due',
  'wallets.find($expr,mint_url,recovery.due_at,recovery.reason)': 'the same, of those that were asked for',
  'wallets.aggregate(recovery.due_at)': 'metrics: recoveries',
  'wallets.aggregate(mint_url)': 'metrics: solvency',
  'wallets.findAndModify(mint_url,solvency_due_at)': 'verification: whose turn it is',
  'wallets.findAndModify(mint_url,upkeep_due_at)': 'upkeep: whose turn it is',
  'wallets.findAndModify(archive_due_at)': 'the archive: whose turn it is',
  'operations.aggregate(due_at,mint_url,open)':
    'once a minute: what waits for a mint that is not configured any more',
  'wallets.aggregate(mint_url,recovery.due_at)': 'the same of recoveries',
  'audit_unsealed.count()': 'metrics: by the size of the collection',
  'audit_unsealed.find()': 'sealing: whatever waits for it',
  'error_reports.aggregate(status)': 'metrics: open reports',
  'error_reports.find()': 'the list for support',
  'error_reports.find(last_at,resolved_at,status)': 'resolved reports that nobody needs any more',
  'error_reports.find(closed_at,last_at,status)': 'the same of closed ones',
  'error_reports.update(dedupe_key,status)': 'an incident is over',
  'error_reports.update(dedupe_key,last_at,status)':
    'so is one of the whole server, which nobody meets any more',
};

const sharded = new Set(shardedCollections());

/** What is not sharded is looked for where it is; of that, only by what it is found by. */
const isTargeted = ({ collection, filter }: Profiled): boolean => {
  if (filter === null || 'wallet_id' in filter) return true;
  if (sharded.has(collection)) return false;
  return '_id' in filter || (collection === 'wallets' && 'npub' in filter);
};

const shapeOf = ({ collection, command, filter }: Profiled): string =>
  `${collection}.${command}(${Object.keys(filter ?? {})
    .sort()
    .join(',')})`;

describe('what is asked of the database while wallets are used in every way', () => {
  let world: World;
  let asked: Profiled[] = [];

  beforeAll(async () => {
    world = await startWorld({
      env: {
        CRUCIBLE_METRICS_TOKEN: metricsToken,
        CRUCIBLE_UPKEEP_INTERVAL_MS: '200',
        CRUCIBLE_SOLVENCY_INTERVAL_MS: '500',
        CRUCIBLE_ARCHIVE_AFTER_MS: '86400000',
      },
    });
    asked = await profiled(world.context.database.connection, () => useEverything(world));
  }, 60_000);
  afterAll(() => world.end());

  it('goes by an index, each time', () => {
    const planned = asked.filter(({ filter, plan }) => filter !== null && plan !== '');
    expect(planned.length).toBeGreaterThan(200);
    const byNone = planned.filter(({ plan }) => !/^(IXSCAN|IDHACK|COUNT_SCAN|DISTINCT_SCAN)/.test(plan));
    expect(byNone.map((one) => `${shapeOf(one)} ${one.plan}`)).toEqual(
      byNone.map(() => 'audit_unsealed.count() RECORD_STORE_FAST_COUNT'),
    );
  });

  it('names the wallet, so that one shard is asked, but for a few scans in the background', () => {
    const untargeted = new Set(asked.filter((one) => !isTargeted(one)).map(shapeOf));
    expect([...untargeted].filter((shape) => ofNoWallet[shape] === undefined)).toEqual([]);
  });

  it('names them in every transaction', () => {
    const inTransactions = asked.filter((one) => one.inTransaction);
    expect(inTransactions.length).toBeGreaterThan(50);
    expect(inTransactions.filter((one) => !isTargeted(one)).map(shapeOf)).toEqual([]);
  });
});

async function useEverything(world: World): Promise<void> {
  const wallet = await world.wallet(1_000, 500, 300);
  const other = await world.wallet(100);
  const expectDone = async (path: string, body: object) => {
    const reply = await world.call('POST', path, body);
    expect(reply).toMatchObject({ status: 200 });
    return reply.body;
  };
  for (const amount of [50, 87, 200, 10]) {
    const { invoice } = await world.sim.invoice({ amount });
    await expectDone(`${wallet.at}/melt/quote`, { invoice });
    const paid = await wallet.melt(invoice, {}, { 'Idempotency-Key': `payment-${amount}` });
    expect(paid.status).toBe(200);
    await wallet.status(paid.body['transactionId']);
  }
  const { invoice } = await world.sim.invoice({ amount: 20, behaviour: 'fail' });
  expect((await wallet.melt(invoice)).body['code']).toBe('PAYMENT_FAILED');
  const unclaimed = await expectDone(`${wallet.at}/send`, { amount: 30 });
  await expectDone(`${wallet.at}/send/${String(unclaimed['transactionId'])}/reclaim`, {});
  const sent = await expectDone(`${wallet.at}/send`, { amount: 30 });
  await expectDone(`${other.at}/receive`, { encodedToken: sent['encodedToken'] });
  await expectDone(`${wallet.at}/proofs/status`, {});
  await expectDone(`${wallet.at}/reconcile`, {});
  await expectDone(`${wallet.at}/restore`, {});
  for (const path of [
    wallet.at,
    `${wallet.at}/info`,
    `${wallet.at}/balance`,
    `${wallet.at}/transactions`,
    `${wallet.at}/transactions/${String(sent['transactionId'])}`,
    '/api/support/reports',
  ])
    await world.call('GET', path);
  await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } });
  await pause(backgroundMs);
}
