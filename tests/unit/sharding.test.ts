import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Schema } from 'mongoose';
import * as access from '../../src/models/schemas/access.ts';
import * as account from '../../src/models/schemas/account.ts';
import * as archive from '../../src/models/schemas/archive.ts';
import * as audit from '../../src/models/schemas/audit.ts';
import * as dataKey from '../../src/models/schemas/dataKey.ts';
import * as deployment from '../../src/models/schemas/deployment.ts';
import * as legacy from '../../src/models/schemas/legacy.ts';
import * as metrics from '../../src/models/schemas/metrics.ts';
import * as operation from '../../src/models/schemas/operation.ts';
import * as rateLimit from '../../src/models/schemas/rateLimit.ts';
import * as token from '../../src/models/schemas/token.ts';
import { walletIdOf } from '../../src/services/walletService.ts';
import { shardedCollections, shardPlan } from '../support/shardPlan.ts';

const modules = [
  access,
  account,
  archive,
  audit,
  dataKey,
  deployment,
  legacy,
  metrics,
  operation,
  rateLimit,
  token,
];
const schemas = new Map(
  modules
    .flatMap((module) => Object.values(module))
    .flatMap((one) => (one instanceof Schema ? [[String(one.get('collection')), one] as const] : [])),
);
const indexesOf = (collection: string) =>
  (schemas.get(collection)?.indexes() ?? []).map(([keys, options]) => ({
    first: Object.keys(keys)[0],
    isUnique: options.unique === true,
    isPartial: options.partialFilterExpression !== undefined,
  }));

test.each(shardedCollections())(
  '%s: MongoDB can guard what is unique, and has an index to shard by',
  (name) => {
    const indexes = indexesOf(name);
    expect(indexes.filter(({ isUnique, first }) => isUnique && first !== 'wallet_id')).toEqual([]);
    expect(indexes.filter(({ isPartial, first }) => !isPartial && first === 'wallet_id')).not.toEqual([]);
  },
);

test('the page says of each collection where it lies', () => {
  expect(readdirSync('src/models/schemas')).toHaveLength(modules.length);
  const page = readFileSync('docs/scaling.md', 'utf8');
  const sharded = shardedCollections();
  const rows = [...page.matchAll(/^\| `(\w+)`.*?\| (by wallet|home) \|/gm)].map(([, name, lies]) => [
    name,
    lies,
  ]);
  const actual = [...schemas.keys()].map((name) => [name, sharded.includes(name) ? 'by wallet' : 'home']);
  expect(rows.toSorted()).toEqual(actual.toSorted());
});

/** The ranges of a collection that are in a zone in the end, in order. */
function zonesOf(collection: string, shards: readonly object[]) {
  const zones = new Map<string, { min: string; max: string; zone: unknown }>();
  for (const { updateZoneKeyRange, min, max, zone } of shardPlan(shards)) {
    if (updateZoneKeyRange !== `crucible.${collection}`) continue;
    const range = { min: keyOf(min), max: keyOf(max), zone };
    if (zone === null) zones.delete(range.min);
    else zones.set(range.min, range);
  }
  return [...zones.values()];
}

const keyOf = (bound: unknown): string =>
  typeof bound === 'object' && bound !== null ? String(Reflect.get(bound, 'wallet_id')) : '';

test('ranges leave no gap, go to every shard about evenly, and are the same for each collection', () => {
  const shards = ['a', 'b', 'c'].map((_id) => ({ _id }));
  const [first = [], ...others] = shardedCollections().map((collection) => zonesOf(collection, shards));
  for (const other of others) expect(other).toEqual(first);
  expect(first[0]?.min).toBe('least');
  expect(first.at(-1)?.max).toBe('most');
  expect(first.slice(1).map(({ min }) => min)).toEqual(first.slice(0, -1).map(({ max }) => max));
  const counts = Map.groupBy(first, ({ zone }) => zone);
  expect([...counts].map(([zone, ranges]) => [zone, ranges.length])).toEqual([
    ['wallets on a', 22],
    ['wallets on b', 21],
    ['wallets on c', 21],
  ]);
});

test('wallets fall into all ranges', () => {
  const begins = zonesOf('operations', [{ _id: 'a' }]).map(({ min }) => min);
  const rangeOf = (id: string) => begins.findLastIndex((begin) => begin === 'least' || begin <= id);
  const met = Array.from({ length: 2_000 }, (_, number) =>
    rangeOf(walletIdOf({ npub: `npub${number}`, mintUrl: 'http://mint.test', unit: 'sat' })),
  );
  expect(new Set(met).size).toBe(begins.length);
});

test('a shard that is to be removed gets none', () => {
  const shards = [{ _id: 'a' }, { _id: 'b', draining: true }];
  expect(new Set(zonesOf('operations', shards).map(({ zone }) => zone))).toEqual(new Set(['wallets on a']));
});
