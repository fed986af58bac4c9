import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { mongo } from 'mongoose';
import { comesTo } from '../support/mischief.ts';
import { expectBalancedBooks, expectRealMoney, spyOnMint, timesPaid, unhurried } from '../support/money.ts';
import { type Backup, backUp, putBack, recovered, walletOn } from '../support/rolledBack.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

describe('a database put back to a moment at which something was under way, and has long ended', () => {
  let world: World;
  let running: World;
  const spy = spyOnMint();
  const wallets: TestWallet[] = [];
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 4, inputFeePpk: 100 },
      env: { ...unhurried, CRUCIBLE_ORPHAN_AFTER_MS: '1000', CRUCIBLE_ANSWER_WITHIN_MS: '20000' },
      overrides: { transport: spy.transport },
    });
    running = world;
    // Each part of the story goes on where the last one has left the server.
    for (let number = 0; number < 5; number += 1) wallets.push(await world.wallet(1024));
  });
  afterAll(() => world.end());

  /** What a backup holds that is made when a request to this path is about to leave. */
  async function backupAt(path: string, act: () => Promise<unknown>): Promise<Backup> {
    const made = Promise.withResolvers<Backup>();
    let isMade = false;
    spy.before = async ({ method, url }) => {
      if (isMade || method !== 'POST' || !url.endsWith(path)) return;
      isMade = true;
      made.resolve(await backUp(running));
    };
    await act();
    spy.before = async () => undefined;
    return made.promise;
  }

  async function pay(wallet: TestWallet, amount: number) {
    const { invoice, paymentHash } = await world.sim.invoice({ amount, routingFeeSat: 1 });
    const reply = await wallet.melt(invoice);
    expect(reply).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
    return { paymentHash, id: String(reply.body['transactionId']) };
  }

  it.each([
    ['prepared', '/v1/swap'],
    ['swapping', '/v1/swap'],
    ['swapped', '/v1/melt/bolt11'],
    ['melting', '/v1/melt/bolt11'],
  ])('%s: it is told as paid, once, and every sat is there', async (state, path) => {
    const wallet = walletOn(running, wallets.pop() ?? (await world.wallet(1024)));
    let paid = { paymentHash: '', id: '' };
    const backup = await backupAt(path, async () => {
      paid = await pay(wallet, 300);
    });
    turnBack(backup, paid.id, state);
    for (const amount of [111, 222, 77]) await pay(wallet, amount);
    const before = await wallet.balance();

    const restored = await putBack(running, running, backup);
    running = restored;
    const again = walletOn(restored, wallet);
    expect((await again.status(paid.id)).body['state']).not.toBe('settled');
    await comesTo(again, paid.id, 'settled');
    expect((await again.status(paid.id)).body).toMatchObject({ status: 'PAID', paidAmount: 300 });
    expect(await timesPaid(restored, paid.paymentHash)).toBe(1);

    // It may be that nothing of what it gave is spent yet: then the next payment finds the rest.
    const { invoice } = await world.sim.invoice({ amount: 50 });
    await until(
      async () => (await again.melt(invoice)).body['code'] === 'MELT_BLOCKED_BY_RECONCILIATION',
      'noticed',
    );
    await recovered(restored, wallet.npub);
    expect(await again.balance()).toMatchObject({ totalBalance: before['totalBalance'], reservedBalance: 0 });
    await expectBalancedBooks(restored);
    await expectRealMoney(restored, wallet.npub);
    await pay(again, 60);
    await expectBalancedBooks(restored);
  });

  it('a minting that was issued since: it is told as issued, and what is left of it is there once', async () => {
    const wallet = walletOn(running, wallets.pop() ?? (await world.wallet(1024)));
    const asked = await running.call('POST', `${wallet.at}/mint`, { amount: 700 });
    const quoteId = asked.body['quote'];
    const backup = await backUp(running);
    const complete = (at: World) => at.call('POST', `${wallet.at}/mint/complete`, { quoteId });
    await world.sim.pay(String(asked.body['invoice']));
    const issuer = running;
    await until(async () => (await complete(issuer)).status === 200, 'issued');
    await pay(wallet, 1200);
    const before = await wallet.balance();

    const restored = await putBack(running, running, backup);
    running = restored;
    const again = walletOn(restored, wallet);
    const { invoice } = await world.sim.invoice({ amount: 50 });
    await until(
      async () => (await again.melt(invoice)).body['code'] === 'MELT_BLOCKED_BY_RECONCILIATION',
      'noticed',
    );
    await recovered(restored, wallet.npub);
    expect(await complete(restored)).toMatchObject({ status: 200, body: { totalAmount: 700 } });
    expect(await again.balance()).toMatchObject({ totalBalance: before['totalBalance'], pendingBalance: 0 });
    await expectBalancedBooks(restored);
    await expectRealMoney(restored, wallet.npub);
  });
});

/** The operation as it was one step earlier, where no request of its own tells the moment. */
function turnBack(backup: Backup, id: string, state: string): void {
  const operation = backup.get('operations')?.find((document) => document['_id'] === id);
  if (operation === undefined) throw new Error('the backup does not hold the operation');
  if (operation['state'] === state) return;
  Object.assign(operation, { state, timeline: operation['timeline'].slice(0, -1) });
  const purpose = state === 'prepared' ? 'swap' : 'melt';
  for (const attempt of operation['attempts'] as mongo.Document[])
    if (attempt['purpose'] === purpose) Object.assign(attempt, { posts: 0, last_post_at: null });
}
