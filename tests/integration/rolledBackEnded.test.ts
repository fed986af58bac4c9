import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { comesTo } from '../support/mischief.ts';
import { expectBalancedBooks, timesPaid } from '../support/money.ts';
import {
  attemptsBefore,
  backUp,
  endsAs,
  expectWhole,
  putBack,
  recovered,
  recoveryOf,
  type Stopper,
  startStoppable,
  turnBack,
  walletOn,
} from '../support/rolledBack.ts';
import { type Reply, type TestWallet, until, type World } from '../support/world.ts';

const swapPath = '/v1/swap';
const meltPath = '/v1/melt/bolt11';
const issuePath = '/v1/mint/bolt11';

type Story = { wallet: TestWallet; id: string; paymentHash: string; before: Record<string, number> };

describe('a database put back to a moment at which something was open that has ended otherwise than by a payment', () => {
  let world: World;
  let restored: World;
  const stories = new Map<string, Story>();
  const minted = { wallet: null as TestWallet | null, quotes: [] as unknown[], before: {} };

  let requests: Stopper;
  beforeAll(async () => {
    ({ world, requests } = await startStoppable({ simulator: { feeReserveMinSat: 4 } }));
    const fenced = [await begunFence(), await begunFence()];
    await world.sim.clearFaults();
    const refused = [await begunRefusal(), await begunRefusal()];
    const issuing = await begunMintings();
    const backup = await backUp(world);
    requests.go();
    const lives = [...fenced, ...refused].map(async ({ wallet, paymentHash, outcome }, number) => {
      const id = String((await outcome()).body['transactionId']);
      await comesTo(wallet, id, 'released');
      expect(await wallet.balance()).toMatchObject({ totalBalance: 1024, reservedBalance: 0 });
      // Of what came back nearly all is spent, or a part.
      await pay(wallet, number % 2 === 0 ? 1000 : 600);
      stories.set(names[number] ?? '', { wallet, id, paymentHash, before: await wallet.balance() });
      if (number === 0) {
        const attempts = attemptsBefore(backup, id, 'fence', 'unplanned');
        turnBack(backup, id, { state: 'pending', attempts, failure: null }, 2);
      }
    });
    await Promise.all([...lives, issuing()]);
    world.env.CRUCIBLE_ANSWER_WITHIN_MS = '1000';
    restored = await putBack(world, world, backup);
  }, 120_000);
  afterAll(() => world.end());

  const names = ['pending', 'releasing', 'melting, all', 'melting, a part'];

  async function pay(wallet: TestWallet, amount: number): Promise<void> {
    const { invoice } = await world.sim.invoice({ amount });
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
  }

  async function begun(wallet: TestWallet, path: string, wishes: { amount: number; behaviour?: 'fail' }) {
    const { invoice, paymentHash } = await world.sim.invoice(wishes);
    return { wallet, paymentHash, outcome: await requests.at<Reply>(path, () => wallet.melt(invoice)) };
  }

  /** A melt that never gets to the mint, when the fence is about to leave. It needs no swap: 256 is in one proof. */
  async function begunFence() {
    await world.sim.addFaults({
      match: { method: 'POST', path: meltPath },
      fault: 'drop_before',
      times: null,
    });
    const wallet = await world.wallet(256, 768);
    return begun(wallet, swapPath, { amount: 252 });
  }

  /** A melt that is swapped, when the request that will be refused is about to leave. */
  async function begunRefusal() {
    return begun(await world.wallet(1024), meltPath, { amount: 250, behaviour: 'fail' });
  }

  /** An invoice of ours that nobody has paid yet, and one whose ecash is about to be asked for. */
  async function begunMintings(): Promise<() => Promise<void>> {
    const wallet = await world.wallet(512);
    const ask = async (amount: number) => (await world.call('POST', `${wallet.at}/mint`, { amount })).body;
    const [waiting, paid] = [await ask(700), await ask(300)];
    const complete = (quoteId: unknown) => world.call('POST', `${wallet.at}/mint/complete`, { quoteId });
    const outcome = await requests.at(issuePath, async () => {
      await world.sim.pay(String(paid['invoice']));
      await until(async () => (await complete(paid['quote'])).status === 200, 'issued');
    });
    return async () => {
      await outcome();
      await world.sim.pay(String(waiting['invoice']));
      await until(async () => (await complete(waiting['quote'])).status === 200, 'issued');
      await pay(wallet, 1400);
      Object.assign(minted, {
        wallet,
        quotes: [waiting['quote'], paid['quote']],
        before: await wallet.balance(),
      });
    };
  }

  it.each([
    ['pending', 'fenced off since, and nearly all of that spent'],
    ['releasing', 'whose fence has arrived since, and a part of it is spent'],
    ['melting, all', 'refused and given back since, and nearly all of that spent'],
    ['melting, a part', 'refused and given back since, and a part of it spent'],
  ])(
    'a melt that was %s, %s: not paid, and every sat is there',
    async (name) => {
      const story = stories.get(name);
      if (story === undefined) throw new Error('the story has not begun');
      const wallet = walletOn(restored, story.wallet);
      // Nothing that a fenced one frees or credits need be spent: then it is the next payment that notices.
      const { invoice } = await world.sim.invoice({ amount: 20 });
      const isNoticed = async () => {
        const found = await recoveryOf(restored, wallet.npub);
        if (found?.recovery !== undefined || found?.recovered_at !== undefined) return true;
        if (!name.startsWith('melting')) expect((await wallet.melt(invoice)).status).not.toBe(200);
        return false;
      };
      await until(isNoticed, 'the wallet found behind its mint', 60_000);
      const ended = await endsAs(wallet, story.id, 'released');
      expect(ended.body).toMatchObject({ status: 'FAILED' });
      await recovered(restored, wallet.npub);
      expect(await timesPaid(restored, story.paymentHash)).toBe(0);
      await expectWhole(restored, wallet, story.before['totalBalance']);
    },
    120_000,
  );

  it('mintings that waited, or were being issued, and of which most is spent: told as issued, the rest there once', async () => {
    if (minted.wallet === null) throw new Error('the story has not begun');
    const wallet = walletOn(restored, minted.wallet);
    const complete = (quoteId: unknown) => restored.call('POST', `${wallet.at}/mint/complete`, { quoteId });
    for (const quoteId of minted.quotes)
      await until(async () => (await complete(quoteId)).status === 200, 'told as issued', 30_000);
    await recovered(restored, wallet.npub);
    expect(await wallet.balance()).toMatchObject({ pendingBalance: 0 });
    await expectWhole(restored, wallet, Reflect.get(minted.before, 'totalBalance'));
  }, 120_000);

  it('and all books agree in the end', () => expectBalancedBooks(restored));
});
