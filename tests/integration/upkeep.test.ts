import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { npubEncode } from 'nostr-tools/nip19';
import { fresh } from '../../src/repositories/recoveryDocuments.ts';
import { createUpkeepTurnRepository, dueAt, longestDueFirst } from '../../src/repositories/upkeepTurns.ts';
import { giveDust } from '../support/dust.ts';
import { comesTo, meddler, mortalInstance } from '../support/mischief.ts';
import { expectBalancedBooks, member, proofsOf, unhurried } from '../support/money.ts';
import { lost } from '../support/tellingMint.ts';
import { hadUpkeep, lookedAt, makeDue, often, proofCount, takesTurn, upkeepsOf } from '../support/upkeep.ts';
import { startWorld, until, type World } from '../support/world.ts';

describe('Upkeep where spending proofs costs nothing', () => {
  const mischief = meddler();
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      env: { ...often, CRUCIBLE_ANSWER_WITHIN_MS: '10000', CRUCIBLE_LEASE_MS: '2000' },
      overrides: { transport: mischief.transport },
    });
  });
  afterAll(() => world.end());

  it('brings all ecash into the active keyset after a rotation, and tells the owner nothing', async () => {
    const wallet = await world.wallet(512, 100);
    await world.sim.rotate();
    const active = (await world.sim.books()).keysets.find((keyset) => keyset.active)?.id;
    await until(async () => {
      await makeDue(world);
      return (await proofsOf(world, wallet.npub)).every(({ keysetId }) => keysetId === active);
    }, 'all proofs in the active keyset');
    await lookedAt(world);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 612, reservedBalance: 0 });
    await expectBalancedBooks(world);
    const [upkeep] = await upkeepsOf(world, wallet);
    expect(upkeep).toMatchObject({ state: 'kept_up', details: { fee: 0, upkeepReason: 'retiring' } });
    const { body } = await world.call('GET', `${wallet.at}/transactions`);
    expect(body['transactions']).toEqual([
      expect.objectContaining({ type: 'mint' }),
      expect.objectContaining({ type: 'mint' }),
    ]);
    const story = await world.call('GET', `${wallet.at}/transactions/${upkeep?._id}`);
    expect(story).toMatchObject({ status: 404, body: { code: 'TRANSACTION_NOT_FOUND' } });
    // From the smallest up, so that a payment of any amount finds its exact subset.
    const { invoice } = await world.sim.invoice({ amount: 77 });
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
    const melt = await world.context.database.operations.findOne({ npub: wallet.npub, kind: 'melt' }).lean();
    expect(melt?.details).toMatchObject({ swap: null });
  });

  it('puts 600 proofs of 1 together, after which nearly all of it can be paid', async () => {
    const wallet = await world.wallet();
    await giveDust(world, wallet, 600);
    await makeDue(world);
    await until(async () => (await proofCount(world, wallet)) <= 200, 'few proofs left', 30_000);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 600, reservedBalance: 0 });
    const { invoice } = await world.sim.invoice({ amount: 590 });
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
    await expectBalancedBooks(world);
  });

  it('leaves 200 proofs of 1 alone', async () => {
    const wallet = await world.wallet();
    await giveDust(world, wallet, 200);
    await lookedAt(world);
    expect(await proofCount(world, wallet)).toBe(200);
    expect(await upkeepsOf(world, wallet)).toEqual([]);
  });

  it('is finished by the worker where the reply of its swap is lost', async () => {
    const wallet = await world.wallet();
    await giveDust(world, wallet, 250);
    mischief.next('/v1/swap', async (carry) => {
      await carry();
      return lost();
    });
    await hadUpkeep(world, wallet, 'kept_up');
    expect(mischief.left()).toBe(0);
    expect(await upkeepsOf(world, wallet)).toEqual([expect.objectContaining({ state: 'kept_up' })]);
    expect(await proofCount(world, wallet)).toBeLessThanOrEqual(20);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 250, reservedBalance: 0 });
    await expectBalancedBooks(world);
  });

  it('gives everything back where the mint refuses the swap', async () => {
    const wallet = await world.wallet();
    await giveDust(world, wallet, 250);
    mischief.next('/v1/swap', async () => ({
      kind: 'reply',
      httpStatus: 400,
      body: JSON.stringify({ code: 11_006, detail: 'amount outside of limit' }),
    }));
    await hadUpkeep(world, wallet, 'released');
    expect(await upkeepsOf(world, wallet)).toHaveLength(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 250, reservedBalance: 0 });
    expect(await proofCount(world, wallet)).toBe(250);
  });

  it('and payments of the same wallet meet, and both end well', async () => {
    const wallet = await world.wallet();
    await giveDust(world, wallet, 450);
    const invoices = await Promise.all([100, 120].map((amount) => world.sim.invoice({ amount })));
    await makeDue(world);
    const paid = await Promise.all(invoices.map(({ invoice }) => wallet.melt(invoice)));
    for (const { body } of paid) await comesTo(wallet, body['transactionId'], 'settled');
    await lookedAt(world);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 230, reservedBalance: 0 });
    await expectBalancedBooks(world);
  });

  it('is one at a time, whichever server begins it', async () => {
    const other = await world.instance();
    const wallet = await world.wallet();
    await giveDust(world, wallet, 470);
    const [sent, going] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    mischief.next('/v1/swap', async (carry) => {
      sent.resolve();
      await going.promise;
      return carry();
    });
    await takesTurn(world, wallet);
    await sent.promise;
    // The rounds of the server that waits for the mint stand still: it is the other that looks.
    await takesTurn(world, wallet);
    const isPutOff = async () => {
      const soon = { $gt: new Date(Date.now() + 60_000), $lt: new Date(Date.now() + 3_600_000) };
      return (
        (await world.context.database.wallets.exists({ npub: wallet.npub, upkeep_due_at: soon })) !== null
      );
    };
    await until(isPutOff, 'the wallet put off while it is kept up', 45_000);
    expect(await upkeepsOf(world, wallet)).toHaveLength(1);
    going.resolve();
    const isKeptUp = async () => (await upkeepsOf(world, wallet)).some(({ state }) => state === 'kept_up');
    await until(isKeptUp, 'the upkeep ended', 30_000);
    await lookedAt(world);
    await other.stop();
    expect(await wallet.balance()).toMatchObject({ totalBalance: 470, reservedBalance: 0 });
  });

  it('leaves a wallet alone that is being recovered', async () => {
    const wallet = await world.wallet();
    await giveDust(world, wallet, 250);
    const { wallets } = world.context.database;
    const inAnHour = new Date(Date.now() + 3_600_000);
    await wallets.updateOne(
      { npub: wallet.npub },
      { $set: { recovery: { ...fresh('asked', new Date()), due_at: inAnHour } } },
    );
    await lookedAt(world);
    expect(await proofCount(world, wallet)).toBe(250);
    expect(await upkeepsOf(world, wallet)).toEqual([]);
  });
});

describe('The wallet whose turn it is', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.end());

  it('is found in the index, however many are content or have never been looked at', async () => {
    const { wallets } = world.context.database;
    const now = new Date();
    const inAnHour = new Date(now.getTime() + 3_600_000);
    const anHourAgo = new Date(now.getTime() - 3_600_000);
    const common = { mint_url: 'https://mint.example', mint_id: '02', unit: 'sat', created_at: now };
    const made = Array.from({ length: 300 }, (_, at) => ({
      ...common,
      _id: `wal_${at}`,
      npub: npubEncode(randomBytes(32).toString('hex')),
      ...(at % 3 === 0 ? {} : { upkeep_due_at: at % 3 === 1 ? inAnHour : anHourAgo }),
    }));
    await wallets.insertMany(made);
    const stats: unknown = await wallets
      .find(dueAt('https://mint.example', now))
      .sort(longestDueFirst)
      .limit(1)
      .hint('upkeep_at_mint')
      .explain('executionStats');
    expect(member(stats, 'executionStats', 'nReturned')).toBe(1);
    expect(Number(member(stats, 'executionStats', 'totalKeysExamined'))).toBeLessThanOrEqual(2);
    expect(JSON.stringify(stats)).not.toContain('"stage":"SORT"');
    const turns = createUpkeepTurnRepository(world.context.database);
    const taken: string[] = [];
    for (;;) {
      const wallet = await turns.take('https://mint.example', now, inAnHour);
      if (wallet === null) break;
      taken.push(wallet.id);
    }
    expect(new Set(taken).size).toBe(200);
    expect(taken).toHaveLength(200);
    const first = made.filter((wallet) => !('upkeep_due_at' in wallet)).map(({ _id }) => _id);
    expect(new Set(taken.slice(0, 100))).toEqual(new Set(first));
  });
});

describe('Upkeep where spending proofs costs a fee', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ simulator: { inputFeePpk: 10 }, env: often });
  });
  afterAll(() => world.end());

  it('leaves 400 small proofs alone, and puts more together', async () => {
    const [few, many] = [await world.wallet(), await world.wallet()];
    await giveDust(world, few, 400);
    await giveDust(world, many, 450);
    await lookedAt(world);
    expect(await upkeepsOf(world, few)).toEqual([]);
    expect(await few.balance()).toMatchObject({ totalBalance: 400 });
    // ⌈250 × 10 / 1000⌉
    expect(await upkeepsOf(world, many)).toEqual([
      expect.objectContaining({
        state: 'kept_up',
        details: expect.objectContaining({ fee: 3, upkeepReason: 'scattered' }),
      }),
    ]);
    expect(await many.balance()).toMatchObject({ totalBalance: 447, reservedBalance: 0 });
    expect(await proofCount(world, many)).toBeLessThan(220);
    await expectBalancedBooks(world);
  });

  it('swaps out of a retired keyset all the same, and says in the audit what it cost', async () => {
    const wallet = await world.wallet(511);
    await world.sim.rotate({ inputFeePpk: 10 });
    const active = (await world.sim.books()).keysets.find((keyset) => keyset.active)?.id;
    await until(async () => {
      await makeDue(world);
      return (await proofsOf(world, wallet.npub)).every(({ keysetId }) => keysetId === active);
    }, 'all proofs in the active keyset');
    await lookedAt(world);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 510, reservedBalance: 0 });
    const { audit } = world.context.database;
    expect(await audit.findOne({ npub: wallet.npub, event: 'upkeep.kept_up' }).lean()).toMatchObject({
      details: { amount: 510, fee: 1, reason: 'retiring' },
    });
  });
});

describe('A payment that needs more proofs than one request takes', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '10000' } });
  });
  afterAll(() => world.end());

  it('has them put together first, and goes through', async () => {
    const wallet = await world.wallet();
    await giveDust(world, wallet, 600);
    const { invoice } = await world.sim.invoice({ amount: 580 });
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
    await expectBalancedBooks(world);
  });

  it('is told to try again where it does not want to wait, and the next time goes through', async () => {
    const wallet = await world.wallet();
    await giveDust(world, wallet, 600);
    const { invoice } = await world.sim.invoice({ amount: 580 });
    const told = await wallet.melt(invoice, {}, { Prefer: 'respond-async' });
    expect(told).toMatchObject({ status: 409, body: { code: 'CONCURRENT_OPERATION', retryable: true } });
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
  });

  it('is no burden where its server dies over it: another finishes what was begun', async () => {
    const wallet = await world.wallet();
    await giveDust(world, wallet, 600);
    const { invoice } = await world.sim.invoice({ amount: 580 });
    const mortal = await mortalInstance(world, ({ url }) => (url.endsWith('/v1/swap') ? 'after' : 'no'));
    const asked = wallet.melt(invoice, {}, {}, mortal.url).catch(() => undefined);
    await mortal.dying;
    await mortal.bury();
    await asked;
    await until(
      async () => (await upkeepsOf(world, wallet)).every(({ state }) => state === 'kept_up'),
      'the upkeep finished',
    );
    expect(await wallet.balance()).toMatchObject({ totalBalance: 600, reservedBalance: 0 });
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
    await expectBalancedBooks(world);
  });
});
