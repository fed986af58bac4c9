import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import type { AuditReport, ChainHead } from '../../src/models/audit.ts';
import type { AuditDocument, SealDocument } from '../../src/models/schemas/audit.ts';
import { type AuditRepository, createAuditRepository } from '../../src/repositories/audit.ts';
import { createAuditChain } from '../../src/repositories/auditChain.ts';
import { createAuditMacs } from '../../src/repositories/auditMacs.ts';
import { startWorld, type World } from '../support/world.ts';

/** What somebody may do who writes to the database, and has no key: the role of servers lets him add at least. */
describe('beside links and marks that no server wrote', () => {
  let world: World;
  let log: AuditRepository;
  beforeAll(async () => {
    world = await startWorld({ workers: false });
    log = createAuditRepository(database(), macs());
  });
  afterAll(() => world.end());
  afterEach(async () => {
    const { audit, unsealed, seals } = database();
    for (const { collection } of [audit, unsealed, seals]) await collection.deleteMany({});
  });

  const database = () => world.context.database;
  const macs = () => createAuditMacs(world.env.CRUCIBLE_MNEMONIC);
  const seal = () => world.context.audit.seal();

  const write = (walletId: string, details: Record<string, unknown> = {}) =>
    log.record({ walletId, npub: null, transactionId: null, event: 'tried', details, at: new Date() });

  async function verified(kept: ChainHead[] = [], npub: string | null = null): Promise<AuditReport> {
    const report = await world.context.audit.verify({ npub, kept });
    if (report === null) throw new Error('the npub has no wallet');
    return report;
  }

  const kindsOf = ({ findings }: AuditReport) => findings.map(({ kind }) => kind).toSorted();

  const chainOf = (walletId: string) =>
    database().seals.collection.find<SealDocument>({ wallet_id: walletId }).sort({ seq: 1 }).toArray();

  /** At the end of a wallet's chain. */
  async function forge(walletId: string, forged: Record<string, unknown>): Promise<void> {
    const link = { event_id: new mongo.ObjectId(), event_mac: '', previous: '', sealed_at: new Date() };
    await database().seals.collection.insertOne({ wallet_id: walletId, mac: 'forged', ...link, ...forged });
  }

  const takeAwayForged = () => database().seals.collection.deleteMany({ mac: 'forged' });

  it.each([
    ['is no text', { a: 1 }],
    ['is a list', ['a', 'b']],
    ['is nothing', null],
  ])('one whose MAC %s holds up the sealing of nobody', async (_, mac) => {
    await write('wal_a');
    await seal();
    await forge('wal_a', { seq: 2, mac });
    await write('wal_a');
    await write('wal_b');
    await seal();
    expect(await verified()).toMatchObject({ events: 3, sealed: 4, unsealed: { count: 0 } });
    expect(await chainOf('wal_b')).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ['the next one', 2],
    ['beyond all numbers', Number.POSITIVE_INFINITY],
    ['after which none can be counted', 2 ** 53],
    ['of another type', mongo.Decimal128.fromString('2')],
    ['of 64 bits', mongo.Long.fromString('9007199254740993')],
    ['many at once', [2, 3, 4]],
    ['not a number', 'second'],
  ])(
    'a number that was taken, %s, is passed over, and nothing is missing once that link is taken away',
    async (_, seq) => {
      await write('wal_a');
      await seal();
      const { heads } = await verified();
      await forge('wal_a', { seq });
      await write('wal_a');
      await write('wal_a');
      await seal();
      expect(await verified(heads)).toMatchObject({ events: 3, sealed: 4, unsealed: { count: 0 } });
      expect(kindsOf(await verified(heads))).toEqual(['missing', 'seal_changed']);
      await takeAwayForged();
      expect(await verified(heads)).toMatchObject({ sealed: 3, findings: [] });
    },
  );

  it('a forged link is no head to keep', async () => {
    await write('wal_a');
    await seal();
    const { heads } = await verified();
    await forge('wal_a', { seq: 2 });
    expect((await verified()).heads).toEqual(heads);
  });

  it('a link that servers passed a forged one over for is missed as any other', async () => {
    await write('wal_a');
    await seal();
    await forge('wal_a', { seq: 2 });
    for (let more = 0; more < 3; more += 1) await write('wal_a');
    await seal();
    await takeAwayForged();
    await database().seals.collection.deleteOne({ wallet_id: 'wal_a', seq: 4 });
    expect((await verified()).findings).toMatchObject([
      { kind: 'seal_missing', seq: 4 },
      { kind: 'inserted', seq: null },
    ]);
  });

  it('an event whose link was put into another chain is told of by a look at its wallet alone, too', async () => {
    const { npub } = await world.wallet(100);
    await seal();
    const event = await database().audit.findOne({ npub }).lean<AuditDocument>();
    if (event === null) throw new Error('funding leaves an event');
    await database().audit.collection.updateOne({ _id: event._id }, { $set: { 'details.amount': 1 } });
    await database().seals.collection.updateOne({ event_id: event._id }, { $set: { wallet_id: 'wal_x' } });
    expect(kindsOf(await verified([], npub))).toEqual(['inserted']);
  });

  it('an event whose mark was put into another chain gets no link there', async () => {
    await write('wal_a');
    await database().unsealed.collection.updateOne({ wallet_id: 'wal_a' }, { $set: { wallet_id: 'wal_x' } });
    await seal();
    expect(await chainOf('wal_x')).toEqual([]);
    expect(await verified()).toMatchObject({ findings: [{ kind: 'changed', walletId: 'wal_a' }] });
  });

  it('text that no database can store as it is makes no genuine event a changed one', async () => {
    await write('wal_a', { detail: 'half a pair: \ud83d', lists: [['\udd25']] });
    await seal();
    expect(await verified()).toMatchObject({ sealed: 1, unsealed: { count: 0 }, findings: [] });
  });

  it('whoever shuts down begins with no further wallet', async () => {
    for (let number = 0; number < 20; number += 1) await write(`wal_${number}`);
    const chain = createAuditChain(database(), macs());
    let asked = 0;
    const atMostThree = () => {
      asked += 1;
      return asked <= 3;
    };
    const none = { unfit: [], buried: [] };
    expect(await chain.seal(await chain.waiting(null, 20), new Date(), atMostThree)).toEqual(none);
    expect(await database().seals.countDocuments()).toBe(3);
    expect(await verified()).toMatchObject({ sealed: 3, unsealed: { count: 17 }, findings: [] });
  });
});
