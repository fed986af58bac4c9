import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { batchSize } from '../../src/services/restore/scan.ts';
import { expectBalancedBooks, expectRealMoney, unhurried } from '../support/money.ts';
import { type Backup, backUp, putBack, recoveryOf, walletOn } from '../support/rolledBack.ts';
import { answer, gets, type Listed, posts, relisted, tellingMint } from '../support/tellingMint.ts';
import { type TestWallet, until, type World } from '../support/world.ts';

describe('a database put back to before a payment that hangs, whose blanks the mint has not signed yet', () => {
  let world: World;
  let restored: World;
  let mint: ReturnType<typeof tellingMint>;
  let wallet: TestWallet;
  beforeEach(async () => {
    mint = tellingMint();
    world = await mint.start({ feeReserveMinSat: 4 }, { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '60000' });
    wallet = await world.wallet(256);
    await wallet.fund(512);
  });
  afterEach(() => world.end());

  /** Begins a payment of exactly the smaller token, so that it needs no swap. @returns how it is settled */
  async function hang(): Promise<() => Promise<void>> {
    const { invoice, paymentHash } = await world.sim.invoice({
      amount: 252,
      behaviour: 'pending',
      expirySeconds: 864_000,
    });
    expect((await wallet.melt(invoice, {}, { prefer: 'respond-async' })).status).toBe(202);
    await until(async () => (await world.sim.ledger()).pendingTotal > 0, 'the payment under way');
    expect(sentOutputs('/v1/melt/bolt11').length).toBeGreaterThan(0);
    expect(sentOutputs('/v1/swap')).toEqual([]);
    return async () => {
      await world.sim.settle(paymentHash, 'paid');
    };
  }

  /** B_ of everything that was sent there. */
  function sentOutputs(path: string): string[] {
    return mint.sent
      .filter((request) => posts(request, path))
      .flatMap(({ body }): { B_: string }[] => JSON.parse(body ?? '{}').outputs ?? [])
      .map(({ B_ }) => B_);
  }

  const state = async () => (await recoveryOf(restored, wallet.npub))?.recovery?.state ?? 'free';

  async function comesTo(wanted: string, stepMs: number): Promise<void> {
    const isSo = async () => {
      mint.jump(stepMs);
      return (await state()) === wanted;
    };
    await until(isSo, `the wallet ${wanted}`, 60_000);
  }

  /** Until the wallet can be used again, though what hangs is waited for. */
  async function restoreTo(backup: Backup): Promise<TestWallet> {
    restored = await putBack(world, world, backup);
    await restored.context.restore.demand(wallet.npub);
    await comesTo('watching', 2_000);
    return walletOn(restored, wallet);
  }

  async function expectNoneReused(again: TestWallet, settle: () => Promise<void>): Promise<void> {
    mint.sent.splice(
      0,
      mint.sent.length,
      ...mint.sent.filter((request) => posts(request, '/v1/melt/bolt11')),
    );
    const hanging = sentOutputs('/v1/melt/bolt11');
    mint.sent.length = 0;
    const { invoice } = await restored.sim.invoice({ amount: 100 });
    // A list that was told wrong a moment ago may be remembered.
    const isPaid = async () => (await again.melt(invoice)).status === 200;
    await until(isPaid, 'a payment beside it', 60_000);
    mint.tale = null;
    const sent = [...sentOutputs('/v1/swap'), ...sentOutputs('/v1/melt/bolt11')];
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter((B_) => hanging.includes(B_))).toEqual([]);
    await settle();
    await comesTo('free', 60_000);
    expect((await again.balance())['totalBalance']).toBe(768 - 252 - 100);
    await expectBalancedBooks(restored);
    await expectRealMoney(restored, wallet.npub);
  }

  const isScan = (request: (typeof mint.sent)[number]): boolean =>
    posts(request, '/v1/restore') && JSON.parse(request.body ?? '').outputs.length === batchSize;

  function list(tell: (keysets: Listed[]) => Listed[]): void {
    mint.tale = (request, carry) => (gets(request, '/v1/keysets') ? relisted(carry, tell) : undefined);
  }

  it('they are not planned again, in a keyset that is new since', async () => {
    const backup = await backUp(world);
    await world.sim.rotate();
    const settle = await hang();
    await expectNoneReused(await restoreTo(backup), settle);
  }, 120_000);

  it('they are not planned again, in a keyset that the mint did not list for a moment', async () => {
    const backup = await backUp(world);
    const settle = await hang();
    list(() => []);
    const again = await restoreTo(backup);
    mint.tale = null;
    await expectNoneReused(again, settle);
  }, 120_000);

  it('they are not planned again, in a keyset that is new since and was not listed for a moment', async () => {
    const backup = await backUp(world);
    await world.sim.rotate();
    const settle = await hang();
    list((keysets) => keysets.filter(({ active }) => !active));
    const again = await restoreTo(backup);
    // The list is right again, and the recovery does not come to look through what is new in it before the payment.
    mint.tale = (request) => (isScan(request) ? answer(400, { detail: 'not now', code: 0 }) : undefined);
    await expectNoneReused(again, settle);
  }, 120_000);

  it('change that is signed once it goes through is found, below what was signed before as well', async () => {
    const backup = await backUp(world);
    const settle = await hang();
    const { invoice } = await world.sim.invoice({ amount: 50 });
    expect((await wallet.melt(invoice)).status).toBe(200);
    const again = await restoreTo(backup);
    await settle();
    await comesTo('free', 60_000);
    expect((await again.balance())['totalBalance']).toBe(768 - 252 - 50);
    await expectBalancedBooks(restored);
    await expectRealMoney(restored, wallet.npub);
  }, 120_000);
});
