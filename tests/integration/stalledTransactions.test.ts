import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Proof } from '../../src/models/proof.ts';
import { createAuditRepository } from '../../src/repositories/audit.ts';
import { createAuditMacs } from '../../src/repositories/auditMacs.ts';
import { type Database, openDatabase } from '../../src/repositories/database.ts';
import { isDatabaseAway } from '../../src/repositories/databaseErrors.ts';
import { createDeadTransactions } from '../../src/repositories/deadTransactions.ts';
import { createMeltRepository } from '../../src/repositories/melts.ts';
import { createOperationRepository } from '../../src/repositories/operations.ts';
import { createTokenRepository } from '../../src/repositories/tokens.ts';
import { runTransaction } from '../../src/repositories/transaction.ts';
import { type FreshDatabase, freshDatabase } from '../support/mongo.ts';
import { melt } from '../support/operations.ts';
import { oneForAll } from '../support/sealers.ts';
import { until } from '../support/world.ts';

describe('a transaction that stands still', () => {
  const sealers = oneForAll();
  const owner = { npub: 'npub1still', walletId: 'wal_still', mintUrl: 'http://mint.test', unit: 'sat' };
  const lease = { owner: 'stalled', leaseMs: 60_000 };
  let fresh: FreshDatabase;
  /** The server that stalls, and the one that thinks it dead. */
  let stalled: Database;
  let sweeper: Database;
  beforeAll(async () => {
    fresh = await freshDatabase();
    stalled = await openDatabase(fresh.uri);
    sweeper = await openDatabase(fresh.uri);
    const { walletId: _id, npub, mintUrl: mint_url, unit } = owner;
    await stalled.wallets.create([{ _id, npub, mint_url, mint_id: null, unit, created_at: new Date() }]);
  });
  afterAll(async () => {
    await stalled.close();
    await sweeper.close();
    await fresh.drop();
  });

  /** Whoever looks twice, three seconds lying between. @returns how many transactions were ended */
  async function lookTwice(by: Database, between = async (): Promise<void> => undefined): Promise<number> {
    let now = 0;
    const { end } = createDeadTransactions(by, () => now);
    expect(await end()).toBe(0);
    await between();
    now += 3_000;
    return end();
  }

  /** Transaction A of a fresh wallet, which `stall` interrupts at two places of its first run. */
  async function reserve(
    number: number,
    stall: (place: 'between writes' | 'before the commit') => Promise<unknown>,
  ) {
    let runs = 0;
    const tokens = createTokenRepository(stalled, sealers);
    const audit = createAuditRepository(stalled, createAuditMacs('words'));
    const operations = createOperationRepository(stalled, sealers);
    const walletId = `${owner.walletId}_${number}`;
    const proof: Proof = {
      Y: `02${number}`,
      keysetId: '00aa',
      amount: 8n,
      secret: `s${number}`,
      C: `03${number}`,
    };
    const gift = {
      transactionType: 'received' as const,
      transactionId: 'gift',
      proofs: [proof],
      at: new Date(),
    };
    const token = await runTransaction(stalled, owner.walletId, (tx) =>
      tokens.credit(tx, { ...owner, walletId }, gift),
    );
    const slowTokens: typeof tokens = {
      ...tokens,
      async reserve(...given) {
        runs += 1;
        if (runs === 1) await stall('between writes');
        return tokens.reserve(...given);
      },
    };
    const slowAudit: typeof audit = {
      ...audit,
      ofOperations:
        (now) =>
        async (...given) => {
          await audit.ofOperations(now)(...given);
          if (runs === 1) await stall('before the commit');
        },
    };
    const melts = createMeltRepository(stalled, slowTokens, operations, slowAudit, () => new Date());
    const operation = melt({
      ...owner,
      walletId,
      id: `${walletId}_melt`,
      inputs: [proof],
      sourceAmount: 8n,
      sourceTokenIds: [token.id],
      paymentHash: `hash_${number}`,
    });
    const wanted = [{ tokenId: token.id, version: 1, Ys: [proof.Y], amount: proof.amount }];
    const result = await melts.reserve(operation, wanted, lease, null, 100);
    const [stored] = await tokens.spendable(walletId);
    const left = {
      operations: await stalled.operations.countDocuments({ wallet_id: walletId }),
      audit: await stalled.audit.countDocuments({ wallet_id: walletId }),
      spendable: stored?.id ?? null,
    };
    return { result, runs, left };
  }

  it.each(['between writes', 'before the commit'] as const)(
    '%s of transaction A is ended, and A runs again from its beginning: nothing stands twice or by halves',
    async (where) => {
      let ended = 0;
      const outcome = await reserve(where.length, async (place) => {
        if (place === where) ended = await lookTwice(sweeper);
      });
      expect(ended).toBe(1);
      expect(outcome).toEqual({
        result: 'reserved',
        runs: 2,
        left: { operations: 1, audit: 1, spendable: null },
      });
    },
  );

  it('is not ended when it goes on between two looks, though slowly', async () => {
    let ended = 0;
    await runTransaction(stalled, owner.walletId, async ({ session }) => {
      const read = () => stalled.wallets.findOne({}, null, { session }).then(() => undefined);
      await read();
      ended = await lookTwice(sweeper, read);
    });
    expect(ended).toBe(0);
  });

  it('is none of ours where it is of another deployment, or of the one who looks', async () => {
    const elsewhere = await freshDatabase();
    const stranger = await openDatabase(elsewhere.uri);
    let ended = 0;
    await runTransaction(stalled, owner.walletId, async ({ session }) => {
      await stalled.wallets.findOne({}, null, { session });
      ended = (await lookTwice(stranger)) + (await lookTwice(stalled));
    });
    expect(ended).toBe(0);
    await stranger.close();
    await elsewhere.drop();
  });

  it('ended while a command of it runs is run again, too', async () => {
    let runs = 0;
    await runTransaction(stalled, owner.walletId, async ({ session }) => {
      runs += 1;
      const slowly = {
        $function: { body: 'function () { sleep(5000); return true; }', args: [], lang: 'js' },
      };
      const command = stalled.wallets.aggregate([{ $limit: 1 }, { $set: { slowly } }]).session(session);
      if (runs > 1) return;
      const running = command.exec();
      const isRunning = async () => (await killable(session.id?.id)) > 0;
      await until(isRunning, 'the command running');
      await kill(session.id?.id);
      await running;
    });
    expect(runs).toBe(2);
  });

  it('for longer than it may is told as the database being away, so that nothing was started', async () => {
    const error = await runTransaction(stalled, owner.walletId, async ({ session }) => {
      await stalled.wallets.findOne({}, null, { session });
      await kill(session.id?.id);
      await stalled.wallets.findOne({}, null, { session }).catch((cause: unknown) => {
        throw new Error('given up', { cause }); // without its label, as after the last try
      });
    }).catch((thrown: unknown) => thrown);
    expect(isDatabaseAway(error)).toBe(true);
  });

  const admin = () => sweeper.connection.getClient().db('admin');
  const kill = (id: unknown) => admin().command({ killSessions: [{ id }] });

  async function killable(id: unknown): Promise<number> {
    const pipeline = [{ $currentOp: {} }, { $match: { 'lsid.id': id, 'command.aggregate': 'wallets' } }];
    const options = { readConcern: { level: 'local' as const } };
    return (await admin().aggregate(pipeline, options).toArray()).length;
  }
});
