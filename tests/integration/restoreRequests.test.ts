import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SimulatorClient } from '../../simulator/client.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { createRecoveryRepository } from '../../src/repositories/recoveries.ts';
import {
  expectBalancedBooks,
  expectProblem,
  expectRealMoney,
  mintUnavailable,
  proofsOf,
  unhurried,
} from '../support/money.ts';
import {
  askRestore,
  countersOf,
  emptied,
  expectRestored,
  presentRestore,
  recreated,
} from '../support/restoring.ts';
import { recovered, recoveryOf } from '../support/rolledBack.ts';
import { newSigner } from '../support/signing.ts';
import { answer, closed, lost, openReports, posts, tellingMint } from '../support/tellingMint.ts';
import { balanceOf, startWorld, type TestWallet, until, type World } from '../support/world.ts';

const env = { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '60000' };

async function pay(world: World, wallet: TestWallet, amount: number): Promise<void> {
  const { invoice } = await world.sim.invoice({ amount });
  expect((await wallet.melt(invoice)).status).toBe(200);
}

describe('a wallet of which nothing is left but the mnemonic', () => {
  it('is found again to the sat, over several keysets, and can be spent; another wallet is left alone', async () => {
    const world = await startWorld({ simulator: { feeReserveMinSat: 4 }, env });
    const [wallet, other] = [await world.wallet(512), await world.wallet(64)];
    await pay(world, wallet, 90);
    await world.sim.rotate({ inputFeePpk: 100 });
    await wallet.fund(256);
    await pay(world, wallet, 333);
    await world.sim.rotate();
    await pay(world, wallet, 21);
    const [before, proofs] = [await wallet.balance(), await proofsOf(world, wallet.npub)];
    expect(new Set(proofs.map(({ keysetId }) => keysetId)).size).toBeGreaterThan(1);

    const restored = await emptied(world);
    const [again, others] = [await recreated(restored, wallet), await recreated(restored, other)];
    expect(await presentRestore(restored, again)).toMatchObject({
      status: 200,
      body: { status: 'NONE', restoredAmount: 0, startedAt: null },
    });
    const running = await askRestore(restored, again, { prefer: 'respond-async' });
    expect(running).toMatchObject({
      status: 202,
      body: { success: true, status: 'RUNNING', statusUrl: `${wallet.at}/restore` },
    });
    expect(running.headers.get('location')).toBe(`${wallet.at}/restore`);
    const { invoice } = await restored.sim.invoice({ amount: 10 });
    expect((await again.melt(invoice)).body).toMatchObject({
      code: 'MELT_BLOCKED_BY_RECONCILIATION',
      detail: expect.stringMatching(/restored from its seed, as was asked for|behind its mint/),
    });
    const sums = { restoredAmount: before['totalBalance'], restoredProofs: proofs.length };
    expect(await askRestore(restored, again)).toMatchObject({
      status: 200,
      body: { success: true, ...sums, watching: false },
    });
    expect(await presentRestore(restored, again)).toMatchObject({
      body: { status: 'DONE', ...sums, endedAt: expect.stringMatching(/^\d{4}-/) },
    });
    expect(await again.balance()).toMatchObject({ totalBalance: before['totalBalance'], reservedBalance: 0 });
    expect(await others.balance()).toMatchObject({ totalBalance: 0 });
    // That the mint knew of all this is worth a report; it is closed with the sums.
    expect(await restored.context.database.reports.find({ code: 'STORE_BEHIND_MINT' }).lean()).toEqual([
      expect.objectContaining({
        status: 'closed',
        closed_how: expect.stringContaining(`${before['totalBalance']} sat were found by the seed`),
      }),
    ]);
    await closed(restored, 'RECOVERY_REQUESTED');
    await expectRestored(restored, others, 64);
    await expectBalancedBooks(restored);
    await expectRealMoney(restored, wallet.npub);
    await pay(restored, again, 100);
    await expectBalancedBooks(restored);
    await restored.end();
  }, 180_000);

  it('is restored once: the second time finds nothing, and moves no counter', async () => {
    const world = await startWorld({ simulator: { feeReserveMinSat: 4 }, env });
    const wallet = await world.wallet(128);
    await pay(world, wallet, 50);
    const { totalBalance } = await wallet.balance();
    const restored = await emptied(world);
    const again = await recreated(restored, wallet);
    await expectRestored(restored, again, Number(totalBalance));
    const counters = await countersOf(restored);
    expect(counters).toEqual([expect.objectContaining({ next: 2_000 })]);
    for (let times = 0; times < 2; times += 1) await expectRestored(restored, again, 0);
    expect(await countersOf(restored)).toEqual(counters);
    await expectBalancedBooks(restored);
    await restored.end();
  }, 180_000);

  it('is found at a second mint, too', async () => {
    const [first, second] = [await startSimulator(), await startSimulator({ seed: 'a second mint' })];
    const world = await startWorld({ env: { ...env, MINT_URL: `${first.url},${second.url}` } });
    const { npub } = newSigner();
    const at = `/api/wallet/${npub}`;
    const create = (of: World) => of.call('POST', '/api/wallet/create', { npub, mintUrl: second.url });
    expect((await create(world)).status).toBe(201);
    const { body } = await world.call('POST', `${at}/mint`, { amount: 300 });
    const mint = new SimulatorClient(second.url);
    await mint.pay(String(body['invoice']));
    await until(async () => (await balanceOf(world, npub))['totalBalance'] === 300, 'funded');
    const restored = await emptied(world);
    expect((await create(restored)).status).toBe(201);
    expect(await balanceOf(restored, npub)).toMatchObject({ totalBalance: 0 });
    expect(await restored.call('POST', `${at}/restore`, {})).toMatchObject({
      status: 200,
      body: { restoredAmount: 300, watching: false },
    });
    expect(await balanceOf(restored, npub)).toMatchObject({ totalBalance: 300 });
    expect((await mint.books()).outstanding).toBe(300);
    await restored.end();
    for (const { close } of [first, second]) await close();
  }, 120_000);

  it('is found at a mint that takes few outputs at once', async () => {
    const mint = tellingMint();
    const world = await startWorld({ env, overrides: { transport: mint.transport } });
    const wallet = await world.wallet(100, 300);
    const restored = await emptied(world);
    let refusals = 0;
    mint.tale = (request, carry) => {
      if (!posts(request, '/v1/restore')) return undefined;
      const { outputs }: { outputs: unknown[] } = JSON.parse(request.body ?? '{}');
      if (outputs.length <= 30) return carry();
      refusals += 1;
      return answer(400, { code: 11015, detail: 'Max outputs exceeded' });
    };
    const again = await recreated(restored, wallet);
    await expectRestored(restored, again, 400);
    // It was tried out once, and kept to.
    expect(refusals).toBe(2);
    await expectBalancedBooks(restored);
    await restored.end();
  }, 120_000);
});

describe('a wallet that has everything', () => {
  const mint = tellingMint();
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 4 },
      env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '6000' },
      overrides: { transport: mint.transport },
    });
  });
  afterAll(() => world.end());

  it('is given nothing, however often it is restored, and no counter moves', async () => {
    const wallet = await world.wallet(64);
    await pay(world, wallet, 20);
    const counters = await countersOf(world);
    for (let times = 0; times < 3; times += 1) await expectRestored(world, wallet, 0);
    expect(await countersOf(world)).toEqual(counters);
    expect((await recoveryOf(world, wallet.npub))?.recovered_at).toBeUndefined();
    expect(await openReports(world, 'STORE_BEHIND_MINT')).toBe(0);
    await pay(world, wallet, 10);
  }, 60_000);

  it('gets back what its books have lost of it, and nothing else', async () => {
    const wallet = await world.wallet(64, 256);
    const { tokens } = world.context.database;
    expect(await tokens.deleteOne({ npub: wallet.npub, total_amount: 64n })).toMatchObject({
      deletedCount: 1,
    });
    const counters = await countersOf(world);
    await expectRestored(world, wallet, 64);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 320 });
    expect(await countersOf(world)).toEqual(counters);
    await expectRealMoney(world, wallet.npub);
  }, 60_000);

  it('is told in full though the recovery was cut short after it had credited', async () => {
    const wallet = await world.wallet(64, 32);
    const { context } = world;
    await context.database.tokens.deleteMany({ npub: wallet.npub, total_amount: 64n });
    const walletId = (await recoveryOf(world, wallet.npub))?._id ?? '';
    const isRestored = async () => (await wallet.balance())['totalBalance'] === 96;
    // Found behind in the moment in which it credits, it begins anew.
    mint.tale = (request, carry) => {
      if (!posts(request, '/v1/checkstate')) return undefined;
      const { Ys }: { Ys: string[] } = JSON.parse(request.body ?? '{}');
      if (Ys.length < 2) return undefined;
      mint.tale = null;
      const recoveries = createRecoveryRepository(context.database);
      return recoveries.require(walletId, 'spent_proofs', new Date()).then(() => carry());
    };
    await askRestore(world, wallet, { prefer: 'respond-async' });
    await until(isRestored, 'the ecash back', 30_000);
    await recovered(world, wallet.npub);
    expect(mint.tale).toBeNull();
    expect((await presentRestore(world, wallet)).body).toMatchObject({
      restoredAmount: 64,
      restoredProofs: 1,
    });
  }, 90_000);

  it('is answered while a payment hangs, whose outputs are nobody’s; what comes of that is waited for', async () => {
    const wallet = await world.wallet(512);
    const hanging = await world.sim.invoice({ amount: 300, behaviour: 'pending' });
    const { body } = await wallet.melt(hanging.invoice, {}, { prefer: 'respond-async' });
    await until(
      async () => (await wallet.status(body['transactionId'])).body['state'] === 'pending',
      'pending',
    );
    const before = await wallet.balance();
    expect(await askRestore(world, wallet)).toMatchObject({
      status: 200,
      body: { restoredAmount: 0, restoredProofs: 0, watching: true },
    });
    expect((await presentRestore(world, wallet)).body).toMatchObject({ status: 'WATCHING', endedAt: null });
    expect(await wallet.balance()).toMatchObject({ totalBalance: before['totalBalance'] });
    await world.sim.settle(hanging.paymentHash, 'paid');
    await until(
      async () => (await presentRestore(world, wallet)).body['status'] === 'DONE',
      'the end of the restore',
      60_000,
    );
    expect((await presentRestore(world, wallet)).body).toMatchObject({ restoredAmount: 0 });
    await expectBalancedBooks(world);
  }, 120_000);

  it('is not taken for one that is behind because it was much used while the restore waited for a payment', async () => {
    const wallet = await world.wallet(512);
    const hanging = await world.sim.invoice({ amount: 300, behaviour: 'pending' });
    await wallet.melt(hanging.invoice, {}, { prefer: 'respond-async' });
    const { operations, counters } = world.context.database;
    const isPending = () => operations.exists({ npub: wallet.npub, kind: 'melt', state: 'pending' });
    await until(async () => (await isPending()) !== null, 'pending');
    expect((await askRestore(world, wallet)).body).toMatchObject({ watching: true });
    await wallet.fund(64);
    // As after some two hundred payments more.
    const walletId = (await recoveryOf(world, wallet.npub))?._id ?? '';
    await counters.updateMany({ wallet_id: walletId }, { $set: { next: 2_345 } });
    await world.sim.settle(hanging.paymentHash, 'paid');
    const status = async () => (await presentRestore(world, wallet)).body['status'];
    await until(async () => (await status()) === 'DONE', 'the end of the restore', 60_000);
    const filed = await world.context.database.reports.find({ npub: wallet.npub }).lean();
    expect(filed.map(({ code }) => code)).not.toContain('STORE_BEHIND_MINT');
    expect((await recoveryOf(world, wallet.npub))?.recovered_at).toBeUndefined();
    await expectRealMoney(world, wallet.npub);
  }, 120_000);

  it('is restored once for all who ask while it goes on', async () => {
    const wallet = await world.wallet(64);
    const replies = await Promise.all(Array.from({ length: 5 }, () => askRestore(world, wallet)));
    for (const { status, body } of replies) expect([status, body['restoredAmount']]).toEqual([200, 0]);
    const looks = mint.sent.filter((request) => posts(request, '/v1/restore')).length;
    await askRestore(world, wallet);
    const alone = mint.sent.filter((request) => posts(request, '/v1/restore')).length - looks;
    expect(alone).toBeGreaterThan(0);
    const { last_recovery } = (await recoveryOf(world, wallet.npub)) ?? {};
    expect(last_recovery).toMatchObject({ restored_proofs: 0 });
  }, 60_000);

  it('is not begun with where the mint is away; one that was begun says so, and goes on when it is back', async () => {
    const wallet = await world.wallet(64);
    const stranger = await world.instance({ transport: mint.transport }, false);
    mint.tale = () => lost();
    const refused = await world.call('POST', `${wallet.at}/restore`, {}, {}, stranger.url);
    await expectProblem(world, refused, mintUnavailable);
    expect((await presentRestore(world, wallet)).body['status']).toBe('NONE');
    // This server still knows what the mint has said of itself.
    expect((await askRestore(world, wallet)).status).toBe(202);
    expect((await presentRestore(world, wallet)).body).toMatchObject({
      status: 'RUNNING',
      restoredAmount: 0,
    });
    const { invoice } = await world.sim.invoice({ amount: 10 });
    expect((await wallet.melt(invoice)).body['detail']).toMatch(/restored from its seed, as was asked for/);
    expect(await openReports(world, 'RECOVERY_REQUESTED')).toBe(1);
    mint.tale = null;
    await until(
      async () => (await presentRestore(world, wallet)).body['status'] === 'DONE',
      'the end',
      30_000,
    );
    await closed(world, 'RECOVERY_REQUESTED');
    await stranger.stop();
  }, 90_000);

  it('waits its turn: a wallet that is behind, and blocked for it, comes before those that somebody wants looked through', async () => {
    const wishes = [await world.wallet(8), await world.wallet(8), await world.wallet(8)];
    const behind = await world.wallet(8);
    const released = Promise.withResolvers<void>();
    let held = 0;
    mint.tale = (request, carry) => {
      if (!posts(request, '/v1/restore')) return undefined;
      held += 1;
      return released.promise.then(() => carry());
    };
    for (const wallet of wishes) await askRestore(world, wallet, { prefer: 'respond-async' });
    await until(async () => held > 0, 'the first one begun');
    await createRecoveryRepository(world.context.database).requireAnew(behind.npub, new Date());
    mint.tale = null;
    released.resolve();
    await until(
      async () => {
        const told = await Promise.all([behind, ...wishes].map((wallet) => presentRestore(world, wallet)));
        return told.every(({ body }) => body['status'] === 'DONE');
      },
      'all looked through',
      60_000,
    );
    const endOf = async ({ npub }: TestWallet) =>
      (await recoveryOf(world, npub))?.last_recovery?.ended_at.getTime() ?? Number.NaN;
    const [first = Number.NaN, ...others] = (await Promise.all(wishes.map(endOf))).sort((a, b) => a - b);
    const itsEnd = await endOf(behind);
    expect(itsEnd).toBeGreaterThanOrEqual(first);
    for (const end of others) expect(itsEnd).toBeLessThan(end);
  }, 120_000);

  it('that an operator wants recovered meanwhile is recovered as behind: its counters move', async () => {
    const wallet = await world.wallet(64);
    const before = await countersOf(world);
    mint.tale = () => lost();
    await askRestore(world, wallet, { prefer: 'respond-async' });
    await createRecoveryRepository(world.context.database).requireAnew(wallet.npub, new Date());
    mint.tale = null;
    await recovered(world, wallet.npub);
    const walletId = (await recoveryOf(world, wallet.npub))?._id ?? '';
    const own = (counters: Awaited<ReturnType<typeof countersOf>>) =>
      counters.find(({ wallet_id }) => wallet_id === walletId)?.next ?? 0;
    expect(own(await countersOf(world))).toBeGreaterThanOrEqual(own(before) + 900);
  }, 90_000);
});
