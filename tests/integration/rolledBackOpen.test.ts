import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectBalancedBooks, timesPaid } from '../support/money.ts';
import {
  attemptsBefore,
  backUp,
  endsAs,
  expectWhole,
  putBack,
  recovered,
  type Stopper,
  startStoppable,
  turnBack,
  walletOn,
} from '../support/rolledBack.ts';
import type { TestWallet, World } from '../support/world.ts';

const swapPath = '/v1/swap';
const meltPath = '/v1/melt/bolt11';
const states = ['prepared', 'swapping', 'swapped', 'melting'] as const;

type Story = { wallet: TestWallet; id: string; paymentHash: string; before: Record<string, number> };

describe('a database put back to a moment at which melts were under way that have long been paid', () => {
  let world: World;
  let restored: World;
  let requests: Stopper;
  const stories = new Map<string, Story>();

  /** A melt in each of four wallets, one backup of them all; then they are paid, and so is more from what they gave. */
  beforeAll(async () => {
    const simulator = { feeReserveMinSat: 4, inputFeePpk: 100 };
    const env = { CRUCIBLE_ORPHAN_AFTER_MS: '1000' };
    ({ world, requests } = await startStoppable({ simulator, env }));
    const begun = [];
    for (const state of states) {
      const wallet = await world.wallet(1024);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 300, routingFeeSat: 1 });
      const path = state === 'prepared' || state === 'swapping' ? swapPath : meltPath;
      begun.push({
        state,
        wallet,
        paymentHash,
        outcome: await requests.at(path, () => wallet.melt(invoice)),
      });
    }
    const backup = await backUp(world);
    requests.go();
    const lives = begun.map(async ({ state, wallet, paymentHash, outcome }) => {
      const id = String((await outcome()).body['transactionId']);
      await endsAs(wallet, id, 'settled');
      const { invoice } = await world.sim.invoice({ amount: 600, routingFeeSat: 1 });
      expect((await wallet.melt(invoice)).status).toBe(200);
      stories.set(state, { wallet, id, paymentHash, before: await wallet.balance() });
      if (state === 'prepared' || state === 'swapped') {
        const attempts = attemptsBefore(backup, id, state === 'prepared' ? 'swap' : 'melt', 'unsent');
        turnBack(backup, id, { state, attempts });
      }
    });
    await Promise.all(lives);
    restored = await putBack(world, world, backup);
  }, 120_000);
  afterAll(() => world.end());

  it.each(states)(
    '%s: it is told as paid, once, and every sat is there',
    async (state) => {
      const story = stories.get(state);
      if (story === undefined) throw new Error('the story has not begun');
      const { id, paymentHash, before } = story;
      const wallet = walletOn(restored, story.wallet);
      const settled = await endsAs(wallet, id, 'settled');
      expect(settled.body).toMatchObject({ status: 'PAID', paidAmount: 300 });
      // The backup had it in that state, and nothing but a server that knew nothing has brought it here.
      expect(settled.body['timeline']).toContainEqual(expect.objectContaining({ state }));
      await recovered(restored, wallet.npub);
      expect(await timesPaid(restored, paymentHash)).toBe(1);
      await expectWhole(restored, wallet, before['totalBalance']);
    },
    120_000,
  );

  it('and all books agree in the end', () => expectBalancedBooks(restored));
});
