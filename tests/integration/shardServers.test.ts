import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { indexTroubles } from '../../src/repositories/indexes.ts';
import { type ClusterMember, startMember } from '../support/shardedCluster.ts';
import { shardedCollections } from '../support/shardPlan.ts';
import { startWorld, type World } from '../support/world.ts';

/** What of a cluster can be had without a mongos; the rest is in tests/e2e/shardedCluster.test.ts. */
describe('mongods that run as parts of a cluster', () => {
  const members: ClusterMember[] = [];
  let world: World;

  beforeAll(async () => {
    const [shard] = await Promise.all([
      startMember('shard1', 'shardsvr'),
      startMember('shard2', 'shardsvr'),
      startMember('config', 'configsvr'),
    ]).then((started) => {
      members.push(...started);
      return started;
    });
    world = await startWorld({ relay: async () => shard.uri('crucible') });
  }, 120_000);
  afterAll(async () => {
    await world?.end();
    for (const { stop } of members) await stop();
  });

  it('a shard takes every index, those to shard by among them', async () => {
    const { database } = world.context;
    expect(await indexTroubles(database)).toEqual([]);
    for (const name of shardedCollections()) {
      const indexes = await database.connection.collection(name).indexes();
      const byWallet = indexes.filter(
        ({ key, partialFilterExpression }) =>
          Object.keys(key)[0] === 'wallet_id' && partialFilterExpression === undefined,
      );
      expect({ name, isThere: byWallet.length > 0 }).toEqual({ name, isThere: true });
    }
  });

  it('a payment is made on a shard', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 100 });
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
  });
});
