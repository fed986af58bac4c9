import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { expectBalancedBooks, expectRealMoney, unhurried } from '../support/money.ts';
import { recovered, recoveryOf } from '../support/rolledBack.ts';
import { closed, gets, openReports, relisted, reported, tellingMint } from '../support/tellingMint.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

describe('a wallet that is recovered while its mint leaves one of its keysets out of the list', () => {
  let world: World;
  let mint: ReturnType<typeof tellingMint>;
  let wallet: TestWallet;
  let aheadMs: number;
  let lists: number;
  let hidden: string;
  beforeEach(async () => {
    mint = tellingMint();
    aheadMs = 0;
    lists = 0;
    const startedMs = Date.now();
    // Slow: a scan is arithmetic, and on a busy machine one alone may outlast what a wallet is blocked for.
    const nowMs = () => startedMs + (Date.now() - startedMs) / 4 + aheadMs;
    world = await startWorld({
      env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '30000' },
      overrides: { transport: mint.transport, now: () => new Date(nowMs()) },
    });
    wallet = await world.wallet(512);
    await world.sim.rotate();
    await wallet.fund(64);
    // The books have lost the older token: only its keyset's counter and the minting still name the keyset.
    const lost = { npub: wallet.npub, total_amount: 512n };
    const { tokens } = world.context.database;
    hidden = (await tokens.findOne(lost).lean())?.proofs?.[0]?.keyset_id ?? '';
    expect(await tokens.deleteMany(lost)).toMatchObject({ deletedCount: 1 });
    expect((await wallet.balance())['totalBalance']).toBe(64);
  });
  afterEach(() => world.end());

  function hide(times = Number.POSITIVE_INFINITY): void {
    mint.tale = (request, carry) => {
      if (!gets(request, '/v1/keysets')) return undefined;
      lists += 1;
      return lists > times ? undefined : relisted(carry, (keysets) => keysets.filter(({ active }) => active));
    };
  }

  const state = async () => (await recoveryOf(world, wallet.npub))?.recovery?.state ?? 'free';

  async function expectAllFound(): Promise<void> {
    await recovered(world, wallet.npub);
    expect((await wallet.balance())['totalBalance']).toBe(576);
    await closed(world, 'KEYSET_NOT_LISTED');
    await closed(world, 'STORE_BEHIND_MINT');
    await expectBalancedBooks(world);
    await expectRealMoney(world, wallet.npub);
  }

  it('for a moment: the list is asked for again, and all is found', async () => {
    hide(3);
    await world.context.restore.demand(wallet.npub);
    await expectAllFound();
    expect(lists).toBeGreaterThan(3);
    expect(await world.context.database.reports.countDocuments({ code: 'KEYSET_NOT_LISTED' })).toBe(0);
  }, 120_000);

  it('for longer: people are told which, the rest can be spent, and what is missing is found when it is listed again', async () => {
    hide();
    await world.context.restore.demand(wallet.npub);
    await until(async () => lists > 3, 'lists without it', 60_000);
    expect(await state()).toBe('running');
    aheadMs += 10_000;
    await reported(world, 'KEYSET_NOT_LISTED');
    const report = await world.context.database.reports.findOne({ code: 'KEYSET_NOT_LISTED' }).lean();
    expect(report).toMatchObject({
      severity: 'HIGH',
      npub: wallet.npub,
      details: { keysets: [hidden] },
      summary: expect.stringContaining(hidden),
    });
    await until(async () => (await state()) === 'watching', 'the wallet being free');
    await until(async () => {
      aheadMs += 60_000;
      return lists > 10;
    }, 'further lists');
    expect(await openReports(world, 'KEYSET_NOT_LISTED')).toBe(1);
    mint.tale = null;
    await until(async () => {
      aheadMs += 60_000;
      return (await state()) === 'free';
    }, 'its end');
    await expectAllFound();
  }, 120_000);

  it('for a week: it is given up, and the report says which keyset was never looked through', async () => {
    hide();
    await world.context.restore.demand(wallet.npub);
    await until(async () => lists > 1, 'lists without it', 60_000);
    aheadMs += 8 * 24 * 3_600_000;
    await recovered(world, wallet.npub);
    expect(await openReports(world, 'RECOVERY_UNFINISHED')).toBe(1);
    await closed(world, 'KEYSET_NOT_LISTED');
    const report = await world.context.database.reports.findOne({ code: 'RECOVERY_UNFINISHED' }).lean();
    expect(report?.summary).toContain(hidden);
    expect((await wallet.balance())['totalBalance']).toBe(64);
    mint.tale = null;
    // The thousands that were left out hold nothing, and take long to look through.
    await world.context.database.counters.updateMany({}, { $set: { next: 50 } });
    await world.context.restore.demand(wallet.npub);
    await until(async () => (await state()) === 'free', 'the recovery after it', 90_000);
    await closed(world, 'RECOVERY_UNFINISHED');
    await expectAllFound();
  }, 180_000);
});
