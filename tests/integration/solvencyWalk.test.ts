import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReportDraft } from '../../src/models/report.ts';
import { createBookedProofReads } from '../../src/repositories/bookedProofs.ts';
import { type Database, openDatabase } from '../../src/repositories/database.ts';
import { createSolvencyRepository } from '../../src/repositories/solvency.ts';
import { createComparison } from '../../src/services/melt/comparison.ts';
import { createMintDirectory } from '../../src/services/mint/mints.ts';
import type { Exchange, Transport } from '../../src/services/mint/transport.ts';
import { createInventory } from '../../src/services/reconcile/inventory.ts';
import { createVerification } from '../../src/services/solvency/verification.ts';
import { type FreshDatabase, freshDatabase } from '../support/mongo.ts';
import { oneForAll } from '../support/sealers.ts';

const mintUrl = 'http://mint.test';
const walletId = 'wal_1';
const at = new Date('2026-11-22T12:00:00Z');
const tokenCount = 1_200;
const nameOf = (number: number): string => `02${number.toString(16).padStart(64, '0')}`;

let fresh: FreshDatabase;
let database: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = await openDatabase(fresh.uri);
  type Raw = { _id: string; [field: string]: unknown };
  await database.wallets.create({
    _id: walletId,
    npub: 'npub1x',
    mint_url: mintUrl,
    unit: 'sat',
    created_at: at,
  });
  const tokens = Array.from(
    { length: tokenCount },
    (_, number): Raw => ({
      _id: `tok_${number.toString().padStart(4, '0')}`,
      npub: 'npub1x',
      wallet_id: walletId,
      mint_url: mintUrl,
      unit: 'sat',
      transaction_id: `tx_${number}`,
      status: 'unspent',
      reserved_by: null,
      version: 1,
      total_amount: 2n,
      proofs: [{ Y: nameOf(number), keyset_id: '00aa', amount: 2n }],
      created_at: at,
    }),
  );
  await database.connection.db?.collection<Raw>(database.tokens.collection.name).insertMany(tokens);
});
afterAll(async () => {
  await database.close();
  await fresh.drop();
});

describe('a wallet of more proofs than are looked at in a turn', () => {
  const spent = new Set<string>();
  const asked: string[] = [];
  /** After so many questions, the mint says nothing more. */
  let patience = Number.POSITIVE_INFINITY;
  const filed: string[] = [];
  const closed: string[] = [];
  afterEach(() => {
    for (const list of [asked, filed, closed]) list.length = 0;
    patience = Number.POSITIVE_INFINITY;
  });

  const on = { supported: true };
  const methods = { methods: [{ method: 'bolt11', unit: 'sat' }] };
  const told = (body: unknown): Exchange => ({ kind: 'reply', httpStatus: 200, body: JSON.stringify(body) });
  const transport: Transport = async ({ url, body = '{}' }) => {
    if (url.endsWith('/info')) return told({ nuts: { 4: methods, 5: methods, 7: on, 8: on, 9: on } });
    patience -= 1;
    if (patience < 0) return { kind: 'lost', reason: 'timeout' };
    const { Ys }: { Ys: string[] } = JSON.parse(body);
    asked.push(...Ys);
    return told({ states: Ys.map((Y) => ({ Y, state: spent.has(Y) ? 'SPENT' : 'UNSPENT' })) });
  };

  function verifier() {
    const limits = { mintTimeoutMs: 1_000, meltTimeoutMs: 1_000, paymentsPerMint: 1 };
    const mints = createMintDirectory([mintUrl], transport, limits);
    const solvency = createSolvencyRepository(database);
    const verification = createVerification({
      inventory: createInventory({
        booked: createBookedProofReads(database, oneForAll()),
        tokens: { besides: async () => ({ waiting: [], spent: [] }) },
        openOutputs: { sample: async () => [] },
        comparison: createComparison({ books: { again: async (_wallet, beliefs) => [...beliefs] }, mints }),
      }),
      solvency,
      mints,
      reports: {
        file: async ({ code }: ReportDraft) => {
          filed.push(code);
          return 'sup_1';
        },
        close: async (dedupeKey: string) => {
          closed.push(dedupeKey);
        },
      },
      now: () => at,
    });
    return async () => {
      const turn = await solvency.take(mintUrl, new Date(), new Date(0));
      if (turn === null) throw new Error('it is not its turn');
      return verification.verify(turn);
    };
  }

  const walletNow = () => database.wallets.findById(walletId).lean();

  it('is walked through in parts, each proof once, and is verified when all were', async () => {
    const look = verifier();
    for (const _part of [1, 2]) expect(await look()).toMatchObject({ isWhole: false });
    expect(await walletNow()).not.toHaveProperty('solvency_at');
    expect(asked).toHaveLength(1_000);
    expect(await look()).toEqual({ booked: 2_400n, verified: 2_400n, isWhole: true });
    expect(new Set(asked)).toEqual(
      new Set(Array.from({ length: tokenCount }, (_, number) => nameOf(number))),
    );
    expect(asked).toHaveLength(tokenCount);
    expect(await walletNow()).toMatchObject({ solvency_at: at });
    expect(await walletNow()).not.toHaveProperty('solvency_walk');
  });

  it('shows a gap wherever it is, in sum, until a walk finds none', async () => {
    const look = verifier();
    for (const number of [3, 1_150]) spent.add(nameOf(number));
    for (const verified of [2_398n, 2_398n, 2_396n]) expect(await look()).toMatchObject({ verified });
    expect(filed).toEqual(['SOLVENCY_GAP', 'SOLVENCY_GAP', 'SOLVENCY_GAP']);
    expect(await walletNow()).toMatchObject({ solvency_booked: 2_400, solvency_verified: 2_396 });
    spent.clear();
    // That its parts are good says nothing before the last one is.
    for (const _part of [1, 2]) await look();
    expect(await walletNow()).toMatchObject({ solvency_verified: 2_396 });
    expect(closed).toEqual([]);
    await look();
    expect(await walletNow()).toMatchObject({ solvency_verified: 2_400 });
    expect(closed).toEqual([`SOLVENCY_GAP:${walletId}`]);
  });

  it('shows no gap at the end of a walk in the middle of which it was put right', async () => {
    const look = verifier();
    spent.add(nameOf(3));
    expect(await look()).toMatchObject({ booked: 2_400n, verified: 2_398n, isWhole: false });
    const isSpent = (status: 'spent' | 'unspent') =>
      database.tokens.updateOne({ _id: 'tok_0003' }, { $set: { status } });
    await isSpent('spent');
    filed.length = 0;
    await look();
    expect(await look()).toEqual({ booked: 2_398n, verified: 2_398n, isWhole: true });
    expect(filed).toEqual([]);
    await isSpent('unspent');
    spent.clear();
  });

  it('has the report of a gap closed once all is well, though a server died between that report and its note', async () => {
    const look = verifier();
    spent.add(nameOf(4));
    const { wallets } = database;
    const updateOne = () => {
      throw new Error('died here');
    };
    Object.assign(wallets, { updateOne });
    await expect(look()).rejects.toThrow('died here');
    Reflect.deleteProperty(wallets, 'updateOne');
    expect(filed.at(-1)).toBe('SOLVENCY_GAP');
    spent.delete(nameOf(4));
    closed.length = 0;
    for (const _part of [1, 2, 3]) await look();
    expect(closed).toEqual([`SOLVENCY_GAP:${walletId}`]);
  });

  it('has its turn, once, though a server whose clock was days ahead has put it off', async () => {
    const now = new Date();
    const inHours = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
    const { take } = createSolvencyRepository(database);
    await database.wallets.updateOne({ _id: walletId }, { $set: { solvency_due_at: inHours(72) } });
    expect(await take(mintUrl, now, inHours(1))).toMatchObject({ wallet: { id: walletId } });
    expect(await take(mintUrl, now, inHours(1))).toBeNull();
    await database.wallets.updateOne({ _id: walletId }, { $set: { solvency_due_at: now } });
  });

  it('goes on where the mint fell silent, and nothing is noted where it said nothing at all', async () => {
    patience = 3;
    expect(await verifier()()).toMatchObject({ isWhole: false });
    expect(asked).toHaveLength(150);
    const before = await walletNow();
    await expect(verifier()()).rejects.toMatchObject({ code: 'MINT_UNAVAILABLE' });
    expect(await walletNow()).toEqual({ ...before, solvency_due_at: expect.any(Date) });
    patience = Number.POSITIVE_INFINITY;
    const look = verifier();
    for (const isWhole of [false, false, true]) expect(await look()).toMatchObject({ isWhole });
    expect(asked).toHaveLength(tokenCount);
    expect(new Set(asked).size).toBe(tokenCount);
  });
});
