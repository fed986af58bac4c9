import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Transport } from '../../src/services/mint/transport.ts';
import { archiveAll, asStored } from '../support/archiving.ts';
import { httpTransport } from '../support/carrier.ts';
import { retold } from '../support/liar.ts';
import { expectBalancedBooks, expectRealMoney } from '../support/money.ts';
import { askRestore } from '../support/restoring.ts';
import { sendToken } from '../support/tokens.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

const script = fileURLToPath(new URL('../support/dieArchiving.ts', import.meta.url));

/** The mint calls everything unspent, whoever has spent it. */
const lying = { isOn: false };
const transport: Transport = (request) =>
  lying.isOn && request.url.endsWith('/v1/checkstate')
    ? retold(
        () => httpTransport(request),
        ({ states = [] }) => {
          for (const one of states) one.state = 'UNSPENT';
        },
      )
    : httpTransport(request);

describe('a wallet whose spent tokens are archived', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ overrides: { transport } });
  });
  afterAll(() => world.end());

  /** A wallet that has paid a few times, once with a swap. */
  async function spender(): Promise<TestWallet> {
    const wallet = await world.wallet(1_000, 300);
    for (const amount of [126, 87, 200]) {
      const { invoice } = await world.sim.invoice({ amount });
      expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
    }
    return wallet;
  }

  const spentOf = ({ npub }: TestWallet) =>
    world.context.database.tokens.countDocuments({ npub, status: 'spent' });
  const archivedOf = ({ npub }: TestWallet) => world.context.database.archivedTokens.countDocuments({ npub });
  const told = async ({ at }: TestWallet) => {
    const [info, history] = [
      await world.call('GET', `${at}/info`),
      await world.call('GET', `${at}/transactions`),
    ];
    return [info.body, history.body];
  };
  const idOf = async ({ npub }: TestWallet) =>
    String((await world.context.database.wallets.findOne({ npub }).lean<{ _id: string }>())?._id);

  it('tells the same sums, counts and history, to the unit, and has each of them as it was', async () => {
    const wallet = await spender();
    const { database } = world.context;
    const before = await told(wallet);
    const spent = await asStored(database, 'tokens', { npub: wallet.npub, status: 'spent' });
    expect(spent.length).toBeGreaterThan(2);
    expect(await archiveAll(world, wallet)).toBe(spent.length);
    expect(await archiveAll(world, wallet)).toBe(0);
    expect(await told(wallet)).toEqual(before);
    expect(await spentOf(wallet)).toBe(0);
    expect(await asStored(database, 'archivedTokens', { npub: wallet.npub })).toEqual(spent);
    const { invoice } = await world.sim.invoice({ amount: 50 });
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
    await expectRealMoney(world, wallet.npub);
    await expectBalancedBooks(world);
  });

  it('is as it was where a server dies between moving them and their sum', async () => {
    const wallet = await spender();
    const [before, spent] = [await told(wallet), await spentOf(wallet)];
    const words = [
      '--disable-warning=ExperimentalWarning',
      script,
      world.env.MONGODB_URI,
      await idOf(wallet),
    ];
    const server = spawn(process.execPath, words, { stdio: 'ignore' });
    expect(await once(server, 'close')).toEqual([null, 'SIGKILL']);
    expect([await told(wallet), await spentOf(wallet), await archivedOf(wallet)]).toEqual([before, spent, 0]);
    // Until another instance has ended what it left behind, the tokens are locked.
    await until(async () => (await archiveAll(world, wallet)) === spent, 'the archive');
    expect([await told(wallet), await archivedOf(wallet)]).toEqual([before, spent]);
  });

  it('is archived once by many at a time, beside payments', async () => {
    const wallet = await spender();
    const spent = await spentOf(wallet);
    const paying = world.sim.invoice({ amount: 33 }).then(({ invoice }) => wallet.melt(invoice));
    const moved = await Promise.all(Array.from({ length: 4 }, () => archiveAll(world, wallet)));
    expect(await paying).toMatchObject({ status: 200 });
    const more = await archiveAll(world, wallet);
    expect(await archivedOf(wallet)).toBe(moved.reduce((sum, one) => sum + one, more));
    expect(await archivedOf(wallet)).toBeGreaterThan(spent);
    const { database } = world.context;
    const [sum] = await database.archivedTokens.aggregate<{ tokens: number; total_amount: number }>([
      { $match: { npub: wallet.npub } },
      { $group: { _id: null, tokens: { $sum: 1 }, total_amount: { $sum: '$total_amount' } } },
    ]);
    const kept = await database.archiveSums.findById(await idOf(wallet)).lean();
    expect([kept?.tokens, BigInt(kept?.total_amount ?? 0)]).toEqual([
      sum?.tokens,
      BigInt(sum?.total_amount ?? -1),
    ]);
    await expectBalancedBooks(world);
  });

  it('keeps whatever was spent since a melt began that is not over', async () => {
    const wallet = await world.wallet(1_000, 300);
    const pay = async (amount: number) => wallet.melt((await world.sim.invoice({ amount })).invoice);
    expect(await pay(100)).toMatchObject({ status: 200 });
    const spent = await spentOf(wallet);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 300, behaviour: 'pending' });
    await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    expect(await pay(126)).toMatchObject({ status: 200 });
    expect(await archiveAll(world, wallet)).toBe(spent);
    await world.sim.settle(paymentHash, 'paid');
    const { operations } = world.context.database;
    const open = () => operations.countDocuments({ npub: wallet.npub, open: true });
    await until(async () => (await open()) === 0, 'the payment');
    expect(await archiveAll(world, wallet)).toBeGreaterThan(1);
    expect(await spentOf(wallet)).toBe(0);
  });

  it('receives no token a second time', async () => {
    const [giver, taker] = [await world.wallet(500), await world.wallet()];
    const { text } = await sendToken(world, giver, 60);
    const receive = ({ at }: TestWallet) => world.call('POST', `${at}/receive`, { encodedToken: text });
    expect(await receive(taker)).toMatchObject({ status: 200 });
    const { invoice } = await world.sim.invoice({ amount: 40 });
    expect(await taker.melt(invoice)).toMatchObject({ status: 200 });
    await until(async () => (await spentOf(giver)) > 1, 'the claim');
    for (const wallet of [giver, taker]) expect(await archiveAll(world, wallet)).toBeGreaterThan(0);
    const before = [await giver.balance(), await taker.balance()];
    expect((await receive(taker)).body).toMatchObject({ success: true });
    expect((await receive(giver)).body).toMatchObject({ code: 'TOKEN_SPENT' });
    expect([await giver.balance(), await taker.balance()]).toEqual(before);
    await expectBalancedBooks(world);
  });

  it('is restored without them, even where the mint calls them unspent', async () => {
    const wallet = await spender();
    await archiveAll(world, wallet);
    const before = await wallet.balance();
    lying.isOn = true;
    try {
      expect(await askRestore(world, wallet)).toMatchObject({ status: 200, body: { restoredAmount: 0 } });
    } finally {
      lying.isOn = false;
    }
    expect(await wallet.balance()).toEqual(before);
    await expectBalancedBooks(world);
  });
});
