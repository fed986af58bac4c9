import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import type { AuditReport } from '../../src/models/audit.ts';
import type { AuditDocument, SealDocument } from '../../src/models/schemas/audit.ts';
import { createAuditRepository } from '../../src/repositories/audit.ts';
import { createAuditMacs } from '../../src/repositories/auditMacs.ts';
import { runTransaction } from '../../src/repositories/transaction.ts';
import { startWorld, type TestWallet, type World } from '../support/world.ts';

const second = 1_000;

describe('the chain of audit events', () => {
  let world: World;
  /** Nothing seals but `seal`, so that each test sees what it wants to. */
  beforeAll(async () => {
    world = await startWorld({ workers: false, env: { CRUCIBLE_ANSWER_WITHIN_MS: '60000' } });
  });
  afterAll(() => world.end());

  const database = () => world.context.database;
  const seal = () => world.context.audit.seal();

  async function verified(npub: string, kept: AuditReport['heads'] = []): Promise<AuditReport> {
    const report = await world.context.audit.verify({ npub, kept });
    if (report === null) throw new Error('the npub has no wallet');
    return report;
  }

  /** Funded and paid from: three events, in the order in which they were written. */
  async function paid() {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 100 });
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200 });
    const [first, middle, last, ...more] = await eventsOf(wallet);
    if (first === undefined || middle === undefined || last === undefined || more.length > 0)
      throw new Error('funding and a payment leave three events');
    return { wallet, first, middle, last };
  }

  const eventsOf = ({ npub }: TestWallet) =>
    database().audit.find({ npub }).sort({ _id: 1 }).lean<AuditDocument[]>();

  async function chainOf({ npub }: TestWallet): Promise<SealDocument[]> {
    const wallet = await database().wallets.findOne({ npub }).lean<{ _id: string }>();
    if (wallet === null) throw new Error('the npub has no wallet');
    return database().seals.find({ wallet_id: wallet._id }).sort({ seq: 1 }).lean<SealDocument[]>();
  }

  const told = ({ findings }: AuditReport) =>
    findings.map(({ kind, seq, eventId }) => ({ kind, seq, eventId }));

  async function sealedPayment() {
    const left = await paid();
    await seal();
    const [link] = (await chainOf(left.wallet)).slice(-1);
    if (link === undefined) throw new Error('nothing was sealed');
    return { ...left, link };
  }

  /** With the MAC of an event that a server has written: nobody else can make one. */
  async function mark(_id: mongo.ObjectId, { wallet_id, event_mac }: SealDocument): Promise<void> {
    await database().unsealed.collection.insertOne({ _id, wallet_id, mac: event_mac });
  }

  async function byHand(name: string, document: { _id: string; [field: string]: unknown }): Promise<void> {
    const { db } = database().connection;
    await db?.collection<typeof document>(name).insertOne(document);
  }

  it('a payment does not wait for it: paid while nobody seals, its events are in order and said to be unsealed', async () => {
    const { wallet, first } = await paid();
    const events = await eventsOf(wallet);
    expect(events.map(({ event }) => event)).toEqual(['mint.issued', 'melt.reserved', 'melt.settled']);
    expect(await chainOf(wallet)).toEqual([]);
    expect(await verified(wallet.npub)).toMatchObject({
      events: 3,
      sealed: 0,
      unsealed: { count: 3, oldestAt: first.at },
      findingsTotal: 0,
    });
  });

  it('links every event once, in order, and leaves no mark', async () => {
    const { wallet, last } = await paid();
    const events = await eventsOf(wallet);
    await seal();
    await seal();
    const chain = await chainOf(wallet);
    expect(chain.map(({ seq, event_id }) => [seq, String(event_id)])).toEqual(
      events.map(({ _id }, place) => [place + 1, String(_id)]),
    );
    expect(chain.map(({ previous }) => previous)).toEqual(['', chain[0]?.mac, chain[1]?.mac]);
    expect(await database().unsealed.countDocuments({ wallet_id: last.wallet_id })).toBe(0);
    expect(await verified(wallet.npub)).toMatchObject({
      events: 3,
      sealed: 3,
      unsealed: { count: 0, oldestAt: null },
      heads: [{ walletId: last.wallet_id, seq: 3, mac: chain[2]?.mac }],
      findings: [],
    });
  });

  it('names an event that was changed', async () => {
    const { wallet, middle } = await sealedPayment();
    await database().audit.collection.updateOne({ _id: middle._id }, { $set: { 'details.amount': 1 } });
    expect(told(await verified(wallet.npub))).toEqual([
      { kind: 'changed', seq: 2, eventId: String(middle._id) },
    ]);
  });

  it('names an event that was taken away', async () => {
    const { wallet, middle } = await sealedPayment();
    await database().audit.collection.deleteOne({ _id: middle._id });
    expect(told(await verified(wallet.npub))).toEqual([
      { kind: 'missing', seq: 2, eventId: String(middle._id) },
    ]);
  });

  it('names an event, and its link, that were taken away together', async () => {
    const { wallet, middle } = await sealedPayment();
    await database().audit.collection.deleteOne({ _id: middle._id });
    await database().seals.collection.deleteOne({ event_id: middle._id });
    expect(told(await verified(wallet.npub))).toEqual([{ kind: 'seal_missing', seq: 2, eventId: null }]);
  });

  it('names an event that was inserted, with a mark or without one, and never seals it', async () => {
    const { wallet, last, link } = await sealedPayment();
    const [bare, marked] = [new mongo.ObjectId(), new mongo.ObjectId()];
    for (const _id of [bare, marked]) await database().audit.collection.insertOne({ ...last, _id });
    await mark(marked, link);
    await seal();
    expect(await chainOf(wallet)).toHaveLength(3);
    expect(told(await verified(wallet.npub)).toSorted(byKind)).toEqual([
      { kind: 'changed', seq: null, eventId: String(marked) },
      { kind: 'inserted', seq: null, eventId: String(bare) },
    ]);
    await database().unsealed.deleteMany({ wallet_id: last.wallet_id });
  });

  it('names what was put there with types of its own, and seals the others all the same', async () => {
    const { wallet, first, last, link } = await sealedPayment();
    const { _id, ...forged } = last;
    await byHand('audit_events', { ...forged, _id: 'by hand' });
    await byHand('audit_unsealed', { _id: 'gone', wallet_id: last.wallet_id, mac: link.event_mac });
    await database().seals.collection.updateOne({ event_id: first._id }, { $set: { seq: 'first' } });
    const odd = { _id: new mongo.ObjectId(), wallet_id: { of: 'nobody' }, mac: link.event_mac };
    await database().unsealed.collection.insertOne(odd);
    await wallet.fund(64);
    await seal();
    await database().unsealed.collection.deleteOne({ _id: odd._id });
    expect(await verified(wallet.npub)).toMatchObject({ events: 5, sealed: 4, unsealed: { count: 0 } });
    expect((await verified(wallet.npub)).findings.map(({ kind }) => kind).toSorted()).toEqual([
      'inserted',
      'missing',
      'seal_changed',
      'seal_missing',
    ]);
    await database().unsealed.collection.deleteMany({ wallet_id: last.wallet_id });
  });

  it('names events whose contents, or whose links, have changed places', async () => {
    const { wallet, first, middle } = await sealedPayment();
    const exchange = async (one: AuditDocument, other: AuditDocument) => {
      await database().audit.collection.replaceOne({ _id: one._id }, { ...other, _id: one._id });
      await database().audit.collection.replaceOne({ _id: other._id }, { ...one, _id: other._id });
    };
    await exchange(first, middle);
    expect(told(await verified(wallet.npub))).toEqual([
      { kind: 'changed', seq: 1, eventId: String(first._id) },
      { kind: 'changed', seq: 2, eventId: String(middle._id) },
    ]);
    await database().audit.collection.replaceOne({ _id: first._id }, first);
    await database().audit.collection.replaceOne({ _id: middle._id }, middle);
    expect(told(await verified(wallet.npub))).toEqual([]);

    const renumber = (event: AuditDocument, seq: number) =>
      database().seals.collection.updateOne({ event_id: event._id }, { $set: { seq } });
    await renumber(first, 99);
    await renumber(middle, 1);
    await renumber(first, 2);
    expect(told(await verified(wallet.npub))).toEqual([
      { kind: 'seal_changed', seq: 1, eventId: String(middle._id) },
      { kind: 'seal_changed', seq: 2, eventId: String(first._id) },
    ]);
  });

  it('names what was taken away or changed before it was sealed', async () => {
    const { wallet, first, middle } = await paid();
    await database().audit.collection.deleteOne({ _id: first._id });
    await database().audit.collection.updateOne({ _id: middle._id }, { $set: { event: 'melt.released' } });
    await seal();
    expect(told(await verified(wallet.npub)).toSorted(byKind)).toEqual([
      { kind: 'changed', seq: null, eventId: String(middle._id) },
      { kind: 'missing', seq: null, eventId: String(first._id) },
    ]);
    expect(await chainOf(wallet)).toHaveLength(1);
    await seal();
    const listed = await world.call('GET', '/api/support/reports?code=AUDIT_LOG_CHANGED&limit=100');
    expect(listed.status).toBe(200);
    const reported = await database().reports.find({ wallet_id: first.wallet_id }).lean();
    expect(reported).toMatchObject([
      { severity: 'CRITICAL', status: 'open', count: 1, summary: expect.stringContaining('2 audit events') },
    ]);
    expect(JSON.stringify(listed.body)).toContain(String(reported[0]?._id));
    await database().unsealed.deleteMany({ wallet_id: first.wallet_id });
  });

  it('seals and verifies events about no wallet in a chain of their own', async () => {
    const incident = {
      dedupeKey: 'test:server',
      severity: 'HIGH',
      code: 'SHUTTING_DOWN',
      summary: 'x',
    } as const;
    const supportId = await world.context.services.reports.file(incident);
    const resolved = await world.call('POST', `/api/support/reports/${supportId}/resolve`, { note: 'seen' });
    expect(resolved).toMatchObject({ status: 200, body: { status: 'resolved' } });
    await seal();
    const chain = await database()
      .seals.find({ wallet_id: 'server' })
      .sort({ seq: 1 })
      .lean<SealDocument[]>();
    const link = chain.at(-1);
    if (link === undefined) throw new Error('nothing was sealed');
    const event = await database().audit.findById(link.event_id).lean<AuditDocument>();
    expect(event).toMatchObject({
      npub: null,
      event: 'report.resolved',
      details: { supportId, note: 'seen' },
    });
    const head = { walletId: 'server', seq: chain.length, mac: link.mac };
    expect((await world.context.audit.verify({ npub: null, kept: [] }))?.heads).toContainEqual(head);
    await database().audit.collection.updateOne(
      { _id: link.event_id },
      { $set: { 'details.note': 'never' } },
    );
    const eventId = String(link.event_id);
    expect((await world.context.audit.verify({ npub: null, kept: [] }))?.findings).toContainEqual({
      kind: 'changed',
      walletId: 'server',
      seq: chain.length,
      eventId,
    });
  });

  it('holds chains against heads that were kept: one that was cut at its end, and sealed on, does not lead there', async () => {
    const { wallet, last } = await sealedPayment();
    const { heads } = await verified(wallet.npub);
    await database().audit.collection.deleteOne({ _id: last._id });
    await database().seals.collection.deleteOne({ event_id: last._id });
    expect(told(await verified(wallet.npub))).toEqual([]);
    await wallet.fund(64);
    await seal();
    expect(told(await verified(wallet.npub))).toEqual([]);
    expect(told(await verified(wallet.npub, heads))).toEqual([
      { kind: 'head_missing', seq: 3, eventId: null },
    ]);
  });

  it('seals late what commits late, behind events of later ids, and that is no finding', async () => {
    const { wallet, last } = await sealedPayment();
    const { audit, unsealed } = database();
    const early = { _id: mongo.ObjectId.createFromTime(Math.floor(Date.now() / second) - 60) };
    const macs = createAuditMacs(world.env.CRUCIBLE_MNEMONIC);
    await runTransaction(database(), last.wallet_id, async ({ session }) => {
      const event = { ...last, ...early, event: 'melt.late' };
      await audit.create([event], { session });
      await unsealed.create([{ ...early, wallet_id: last.wallet_id, mac: macs.ofEvent(event) }], { session });
      await seal();
      expect(await chainOf(wallet)).toHaveLength(3);
    });
    expect(await verified(wallet.npub)).toMatchObject({ unsealed: { count: 1 }, findings: [] });
    await seal();
    expect((await chainOf(wallet)).at(-1)).toMatchObject({ seq: 4, event_id: early._id });
    expect(await verified(wallet.npub)).toMatchObject({ events: 4, sealed: 4, findings: [] });
  });

  it('writes no mark and no event for a transaction that is given up', async () => {
    const { wallet, last } = await sealedPayment();
    const repository = createAuditRepository(database(), createAuditMacs(world.env.CRUCIBLE_MNEMONIC));
    const { wallet_id: walletId, npub } = last;
    const line = { walletId, npub, transactionId: null, event: 'never', details: {}, at: new Date() };
    const givenUp = runTransaction(database(), walletId, async (tx) => {
      await repository.append(line, tx);
      throw new Error('given up');
    });
    await expect(givenUp).rejects.toThrow('given up');
    expect(await verified(wallet.npub)).toMatchObject({ events: 3, unsealed: { count: 0 }, findings: [] });
  });

  it('two that seal at once link every event once', async () => {
    const other = await world.instance({}, false);
    const wallet = await world.wallet(...Array.from({ length: 10 }, () => 8));
    await Promise.all([seal(), other.context.audit.seal(), seal(), other.context.audit.seal()]);
    await seal();
    const { events, sealed, unsealed, findings } = await verified(wallet.npub);
    expect({ events, sealed, unsealed: unsealed.count, findings }).toEqual({
      events: 10,
      sealed: 10,
      unsealed: 0,
      findings: [],
    });
  });

  it('goes on where somebody died between a link and the removal of its mark', async () => {
    const { wallet, last, link } = await sealedPayment();
    await mark(last._id, link);
    expect(await verified(wallet.npub)).toMatchObject({ unsealed: { count: 0 }, findings: [] });
    await wallet.fund(64);
    await seal();
    expect(await verified(wallet.npub)).toMatchObject({ events: 4, sealed: 4, findings: [] });
    expect(await database().unsealed.countDocuments({ wallet_id: last.wallet_id })).toBe(0);
  });
});

const byKind = (one: { kind: string }, other: { kind: string }) => one.kind.localeCompare(other.kind);
