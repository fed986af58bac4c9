import { describe, expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { canonical, createAuditMacs } from '../../src/repositories/auditMacs.ts';

const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
const macs = createAuditMacs(words);
const event = {
  _id: new mongo.ObjectId('6500000000000000000000aa'),
  wallet_id: 'wal_1',
  npub: 'npub1',
  transaction_id: 'tx_melt_1',
  event: 'melt.settled',
  details: { paid: 100n, cause: null, tokens: ['a', 'b'], proofs: [{ Y: '02', amount: 2n ** 60n }] },
  at: new Date(1_700_000_000_000),
};
const seal = {
  wallet_id: 'wal_1',
  seq: 2,
  event_id: event._id,
  event_mac: macs.ofEvent(event),
  previous: 'ab',
  sealed_at: new Date(1_700_000_005_000),
};

describe('the MAC of an audit event', () => {
  test('is the same once the event was stored and read, fields in whatever order', () => {
    const stored = mongo.BSON.deserialize(mongo.BSON.serialize(event));
    expect(canonical(stored)).toBe(canonical(event));
    expect(
      macs.ofEvent({ ...event, details: Object.fromEntries(Object.entries(event.details).toReversed()) }),
    ).toBe(macs.ofEvent(event));
  });

  test.each([
    ['its id', { _id: new mongo.ObjectId('6500000000000000000000ab') }],
    ['its wallet', { wallet_id: 'wal_2' }],
    ['its owner', { npub: 'npub2' }],
    ['its transaction', { transaction_id: null }],
    ['what happened', { event: 'melt.released' }],
    ['an amount', { details: { ...event.details, paid: 101n } }],
    ['the type of an amount', { details: { ...event.details, paid: '100' } }],
    ['the order of a list', { details: { ...event.details, tokens: ['b', 'a'] } }],
    ['its time', { at: new Date(1_700_000_000_001) }],
    ['a field more', { note: 'x' }],
  ])('is another one with %s', (_, change) => {
    expect(macs.ofEvent({ ...event, ...change })).not.toBe(macs.ofEvent(event));
  });

  test('is another one by other words, so who has the database alone cannot make one', () => {
    expect(createAuditMacs(`${words} zoo`).ofEvent(event)).not.toBe(macs.ofEvent(event));
  });
});

test.each([
  ['its number', { seq: 3 }],
  ['its wallet', { wallet_id: 'wal_2' }],
  ['its event', { event_id: new mongo.ObjectId('6500000000000000000000ab') }],
  ["its event's MAC", { event_mac: 'cd' }],
  ['the link before', { previous: 'cd' }],
  ['its time', { sealed_at: new Date(1_700_000_005_001) }],
])('the MAC of a link is another one with %s', (_, change) => {
  expect(macs.ofSeal({ ...seal, ...change })).not.toBe(macs.ofSeal(seal));
});

test('texts do not run into one another: each kind of value has its own', () => {
  const values: unknown[] = [
    null,
    'null',
    1,
    '1',
    true,
    'true',
    [1, 2],
    ['1,2'],
    [[1], 2],
    { a: 1 },
    '{"a":1}',
    [],
    {},
    new Date(1),
    'date:1',
    event._id,
    new mongo.Double(1.5),
    new mongo.Binary(new Uint8Array([1])),
    /a/,
    /b/,
  ];
  expect(new Set(values.map(canonical)).size).toBe(values.length);
});
