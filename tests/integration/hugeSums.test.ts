import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRecoveryRepository } from '../../src/repositories/recoveries.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

/** All the bitcoin that there will ever be, in sat. */
const all = 2_100_000_000_000_000;

describe('sums that JSON cannot say exactly', () => {
  let world: World;
  let wallet: TestWallet;
  beforeAll(async () => {
    world = await startWorld();
    wallet = await world.wallet(100);
  });
  afterAll(() => world.end());

  it('are not asked for: what a wallet holds and awaits stays below', async () => {
    const ask = (amount: number) => world.call('POST', `${wallet.at}/mint`, { amount });
    for (let nth = 1; nth <= 4; nth += 1) expect((await ask(all)).status).toBe(201);
    const tooMuch = Number.MAX_SAFE_INTEGER - 4 * all - 100 + 1;
    for (const amount of [all, tooMuch])
      expect(await ask(amount)).toMatchObject({
        status: 400,
        body: { code: 'VALIDATION_ERROR', details: [{ field: 'amount' }] },
      });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 100, pendingBalance: 4 * all });
    expect((await ask(1)).status).toBe(201);
  });

  it('and are told as the most that it can say, where a mint has signed so much all the same', async () => {
    for (const nth of [1, 2, 3]) await hold(wallet, 2n ** 52n, nth);
    const most = Number.MAX_SAFE_INTEGER;
    expect(await wallet.balance()).toMatchObject({ totalBalance: most, unspentBalance: most });
    const info = await world.call('GET', `${wallet.at}/info`);
    expect(info).toMatchObject({ status: 200, body: { walletInfo: { balance: most } } });
    expect(await world.context.database.reports.countDocuments({ severity: 'CRITICAL' })).toBe(0);
  });

  it('are not recovered either: what is too much stays at the mint, and people are told', async () => {
    const other = await world.wallet(100, 200);
    const { tokens, reports } = world.context.database;
    const most = BigInt(Number.MAX_SAFE_INTEGER);
    await hold(other, most - 250n, 4);
    await tokens.deleteOne({ npub: other.npub, total_amount: 200n });
    await createRecoveryRepository(world.context.database).requireAnew(other.npub, new Date());
    const tooMuch = { npub: other.npub, code: 'RECOVERED_TOO_MUCH' };
    await until(async () => (await reports.countDocuments(tooMuch)) > 0, 'people told', 30_000);
    const told = await reports.findOne(tooMuch).lean();
    expect(told).toMatchObject({ severity: 'HIGH', status: 'open' });
    expect(told?.summary).toContain('The mint shows 200 sat');
    expect(await tokens.countDocuments({ npub: other.npub, transaction_type: 'received' })).toBe(0);
    expect(await other.balance()).toMatchObject({ totalBalance: Number(most - 150n) });
  });

  /** As if a mint had signed it. */
  async function hold({ npub }: TestWallet, amount: bigint, nth: number): Promise<void> {
    const { tokens } = world.context.database;
    const token = await tokens.findOne({ npub, status: 'unspent' }).lean();
    if (token === null) throw new Error('the wallet is empty');
    const proofs = (token.proofs ?? [])
      .slice(0, 1)
      .map((proof) => ({ ...proof, Y: `02${String(nth).repeat(64)}` }));
    const ids = { _id: `tok_huge_${nth}`, transaction_id: `tx_huge_${nth}` };
    await tokens.insertMany([{ ...token, ...ids, total_amount: amount, proofs }]);
  }
});
