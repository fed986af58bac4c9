/**
 * Spreads the wallets of a sharded cluster over its shards (docs/scaling.md). All that belongs to one wallet and grows with its
 * payments lies on one shard: each of these collections has the same ranges of wallets, in zones of one shard each. To be run
 * by an administrator (`clusterAdmin`) through a mongos, on a database that a server has opened once, and again after shards
 * were added or are to be removed:
 *
 *   mongosh "mongodb://admin@mongos/crucible?authSource=admin" ops/mongodb/shard-by-wallet.js
 */
const database = db.getName();
const admin = db.getSiblingDB('admin');

/** Everything else stays on the shard where the database has its home: it is small, or must be unique beyond a wallet. */
const collections = [
  'archive_sums',
  'archived_tokens',
  'audit_events',
  'audit_seals',
  'audit_unsealed',
  'cashu_tokens',
  'counters',
  'idempotency_keys',
  'operations',
];

/**
 * Always the same ranges, so that they can be handed to other shards. Ids of wallets are `wal_` and a hash, which these divide
 * evenly. Of other forms are the ids of migrated wallets, and `server` in the audit log.
 */
const rangeCount = 64;
const begins = Array.from({ length: rangeCount }, (_, range) =>
  range === 0 ? MinKey() : `wal_${((range * 256) / rangeCount).toString(16).padStart(2, '0')}`,
);
const ranges = begins.map((begin, range) => ({
  min: { wallet_id: begin },
  max: { wallet_id: begins[range + 1] ?? MaxKey() },
}));

const shards = admin
  .runCommand({ listShards: 1 })
  .shards.filter(({ draining }) => draining !== true)
  .map(({ _id }) => _id)
  .sort();
const shardOf = (range) => shards[Math.floor((range * shards.length) / rangeCount)];
const zoneOf = (shard) => `wallets on ${shard}`;

for (const shard of shards) admin.runCommand({ addShardToZone: shard, zone: zoneOf(shard) });
for (const collection of collections) {
  const namespace = `${database}.${collection}`;
  ranges.forEach((range, number) => {
    admin.runCommand({ updateZoneKeyRange: namespace, ...range, zone: null });
    admin.runCommand({ updateZoneKeyRange: namespace, ...range, zone: zoneOf(shardOf(number)) });
  });
  // Harmless where it was done before.
  admin.runCommand({ shardCollection: namespace, key: { wallet_id: 1 } });
  print(`${namespace}: by wallet_id, over ${shards.join(', ')}`);
}
