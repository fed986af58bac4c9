import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectRealMoney, spyOnMint, timesPaid, unhurried } from '../support/money.ts';
import { recovered } from '../support/rolledBack.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

describe('a mint whose own database was put back to an old backup', () => {
  let world: World;
  const spy = spyOnMint();
  beforeAll(async () => {
    const overrides = { transport: spy.transport };
    world = await startWorld({
      simulator: { feeReserveMinSat: 4 },
      env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '60000' },
      overrides,
    });
  });
  afterAll(() => world.end());

  async function pay(wallet: TestWallet, amount: number) {
    const { invoice, paymentHash } = await world.sim.invoice({ amount });
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200 });
    return { invoice, paymentHash };
  }

  /** Somebody demands what `crucible` will offer after a restore: that all wallets be recovered. */
  async function recover(npub: string): Promise<void> {
    const { wallets } = world.context.database;
    const fields = {
      state: 'required',
      reason: 'asked',
      since: new Date(),
      generation: 1,
      due_at: new Date(),
    };
    await wallets.updateOne({ npub }, { $unset: { recovered_at: 1 } });
    await wallets.updateOne(
      { npub },
      {
        $set: {
          recovery: {
            ...fields,
            lease_owner: null,
            lease_until: null,
            scans: {},
            again: [],
            stuck_since: {},
            rescan_due: false,
            restored: 0n,
            written_off: 0n,
          },
        },
      },
    );
    await recovered(world, npub);
  }

  const totalOf = async (wallet: TestWallet) => (await wallet.balance())['totalBalance'];

  it('SPENT became UNSPENT, and signatures are forgotten: nothing is credited again, nothing written off', async () => {
    const wallet = await world.wallet(512, 256);
    const first = await pay(wallet, 60);
    // The backup has what was split off for the payment, and not that the payment took it.
    spy.before = async ({ url }) => {
      if (url.endsWith('/v1/melt/bolt11')) await world.sim.backUp();
    };
    const second = await pay(wallet, 70);
    spy.before = async () => undefined;
    await pay(wallet, 80);
    const before = await totalOf(wallet);
    await world.sim.putBack();

    expect(await totalOf(wallet)).toBe(before);
    await recover(wallet.npub);
    expect(await totalOf(wallet)).toBe(before);
    await expectRealMoney(world, wallet.npub);
    // What was paid is paid: our books and Lightning agree, whatever the mint has forgotten.
    for (const { invoice, paymentHash } of [first, second]) {
      expect((await wallet.melt(invoice)).body['code']).toBe('DUPLICATE_PAYMENT');
      expect(await timesPaid(world, paymentHash)).toBe(1);
    }
    await pay(wallet, 90);
    expect(await totalOf(wallet)).toBe(Number(before) - 90);
    const reports = world.context.database.reports;
    expect(await reports.countDocuments({ code: 'DB_SPENT_MINT_UNSPENT', severity: 'MEDIUM' })).toBe(1);
    expect(await reports.countDocuments({ severity: 'CRITICAL' })).toBe(0);
  });

  it('a quote forgotten while it is being paid: it stays open and reserved, and nothing is concluded', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 200, behaviour: 'pending' });
    const asked = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    await until(async () => (await world.sim.ledger()).pendingTotal > 0, 'the payment under way');
    await world.sim.addFaults({ fault: { kind: 'forget_quote', really: true }, times: 1 });
    await until(async () => (await world.sim.ledger()).forgottenQuotes.length > 0, 'the quote forgotten');
    await world.sim.settle(paymentHash, 'paid');
    await until(async () => (await world.sim.ledger()).pendingTotal === 0, 'the payment through');
    const { state } = (await wallet.status(asked.body['transactionId'])).body;
    await until(async () => {
      const { timeline } = (await wallet.status(asked.body['transactionId'])).body;
      return Array.isArray(timeline) && timeline.length > 3;
    }, 'looks');
    expect(state).toBe('pending');
    const { totalBalance, reservedBalance } = await wallet.balance();
    expect(Number(totalBalance)).toBeGreaterThanOrEqual(500);
    expect(Number(reservedBalance)).toBeGreaterThanOrEqual(200);
    const { audit } = world.context.database;
    expect(
      await audit.countDocuments({ npub: wallet.npub, event: /released|settled|discrep|restored/ }),
    ).toBe(0);
    expect((await wallet.status(asked.body['transactionId'])).body['state']).toBe('pending');
  });
});
