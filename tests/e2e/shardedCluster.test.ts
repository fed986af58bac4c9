import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose, { type Connection, mongo } from 'mongoose';
import { comesTo, expectAllSettled } from '../support/mischief.ts';
import { timesPaid } from '../support/money.ts';
import { type Profiled, profiled } from '../support/profiled.ts';
import { type ShardedCluster, startShardedCluster } from '../support/shardedCluster.ts';
import { shardedCollections, shardScript } from '../support/shardPlan.ts';
import { type Instance, startWorld, type TestWallet, until, type World } from '../support/world.ts';

/** The path of a mongos of mongod's version. There is none that could be fetched for every platform, so whoever has one names it. */
const mongos = process.env['MONGOS_BINARY'] ?? '';
const mongosh = fileURLToPath(new URL('../support/mongosh.ts', import.meta.url));
const balanceLimitMs = 600_000;
const sharded = new Set(shardedCollections());

if (mongos === '')
  process.stderr.write(
    '\nNOT TRIED on a sharded cluster: MONGOS_BINARY names no mongos (of the version of mongod). docs/scaling.md says what was tried.\n\n',
  );

(mongos === '' ? describe.skip : describe)('Crucible on a sharded cluster', () => {
  let cluster: ShardedCluster;
  let world: World;
  let shards: Connection[] = [];

  beforeAll(async () => {
    cluster = await startShardedCluster(mongos);
    const uri = cluster.uri('crucible');
    world = await startWorld({
      relay: async () => uri,
      env: { CRUCIBLE_ANSWER_WITHIN_MS: '600', CRUCIBLE_FENCE_DELAY_MS: '1000' },
    });
    for (let run = 1; run <= 2; run += 1) {
      const ran = spawnSync(process.execPath, [mongosh, uri, shardScript], { encoding: 'utf8' });
      expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' });
    }
    await untilBalanced(uri);
    shards = await Promise.all(
      cluster.shards.map((shard) => mongoose.createConnection(shard.uri('crucible')).asPromise()),
    );
  }, balanceLimitMs + 120_000);
  afterAll(async () => {
    for (const shard of shards) await shard.close();
    await world?.end();
    await cluster?.end();
  });

  const connected = (number: number): Connection => {
    const shard = shards[number];
    if (shard === undefined) throw new Error('there are two shards');
    return shard;
  };

  async function pay(wallet: TestWallet, amount: number, at?: Instance): Promise<void> {
    const { invoice } = await world.sim.invoice({ amount });
    const { status, body } = await wallet.melt(invoice, {}, {}, at?.url);
    expect([200, 202]).toContain(status);
    await comesTo(wallet, body['transactionId'], 'settled');
  }

  /** What each shard was asked for about one wallet, or given, while something was done. */
  async function byShard(act: () => Promise<void>): Promise<Profiled[][]> {
    let ofSecond: Profiled[] = [];
    const ofFirst = await profiled(connected(0), async () => {
      ofSecond = await profiled(connected(1), act);
    });
    return [ofFirst, ofSecond].map((seen) =>
      seen.filter(
        ({ collection, filter }) =>
          sharded.has(collection) && (filter === null || typeof filter['wallet_id'] === 'string'),
      ),
    );
  }

  it('spreads wallets over the shards, each payment on one of them', async () => {
    const wallets: TestWallet[] = [];
    for (let count = 0; count < 12; count += 1) wallets.push(await world.wallet(500));
    const used = new Set<number>();
    for (const [number, wallet] of wallets.entries()) {
      const seen = await byShard(() => pay(wallet, 50 + number));
      const asked = seen.flatMap((commands, shard) => (commands.length > 0 ? [shard] : []));
      expect({ number, asked }).toEqual({ number, asked: [expect.any(Number)] });
      for (const shard of asked) used.add(shard);
    }
    expect(used.size).toBe(2);
  });

  it('lets another instance go on, and pay', async () => {
    const wallet = await world.wallet(500);
    const second = await world.instance();
    await pay(wallet, 60, second);
    await second.stop();
    await pay(wallet, 61);
  });

  it('pays an invoice once, whoever asks how often', async () => {
    const wallet = await world.wallet(500, 500);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 70 });
    const replies = await Promise.all([wallet.melt(invoice), wallet.melt(invoice), wallet.melt(invoice)]);
    const [paying, ...others] = replies.filter(({ status }) => status < 300);
    expect(others).toEqual([]);
    await comesTo(wallet, paying?.body['transactionId'], 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('fences a payment that never arrived: the funds are back', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 80 });
    const match = { method: 'POST', path: '/v1/melt/bolt11' } as const;
    await world.sim.addFaults({ match, fault: 'drop_before', times: null });
    const asked = await wallet.melt(invoice);
    await comesTo(wallet, asked.body['transactionId'], 'released');
    await world.sim.clearFaults();
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
  });

  it('leaves nothing open, and its books agree with the mint', () => expectAllSettled(world));
});

/** Until every range lies where the script has sent it. */
async function untilBalanced(uri: string): Promise<void> {
  const client = await mongo.MongoClient.connect(uri);
  const isBalanced = async (): Promise<boolean> => {
    for (const name of sharded) {
      const asked = { balancerCollectionStatus: `crucible.${name}` };
      const { balancerCompliant } = await client.db('admin').command(asked);
      if (balancerCompliant !== true) return false;
    }
    return true;
  };
  try {
    await until(isBalanced, 'the balancer to be through', balanceLimitMs);
  } finally {
    await client.close();
  }
}
