import { describe, expect, it } from '@jest/globals';
import { decidingIn, hourMs, lost } from '../support/deciding.ts';
import { issuePath, type Lie, liar, minted, posts, reply, tenDaysSeconds } from '../support/liar.ts';
import type { TestWallet, World } from '../support/world.ts';

const mint = liar();
let world: World;
mint.serves((opened) => {
  world = opened;
});

const { decide, timePassesUntil, stored, decidedIn, doubted, hanging, onlyOf } = decidingIn(
  mint,
  () => world,
);

const refused = (says: string) => ({
  status: 409,
  body: { code: 'DECISION_NOT_POSSIBLE', message: expect.stringContaining(says) },
});

describe('a minting that was paid', () => {
  it('is not given up before the mint has issued it, however long that takes, and is credited then', async () => {
    const wallet = await world.wallet();
    mint.lie = (request) => (posts(request, issuePath) ? reply(503, '') : undefined);
    await minted(world, wallet, 64);
    const id = await onlyOf(wallet);
    await timePassesUntil(async () => (await stored(id))?.state === 'issuing', 'issuing');
    mint.jump(hourMs);
    expect(await decide(id, 'write_off')).toMatchObject(refused('does not say that the quote is issued'));
    expect(await decidedIn(id)).toHaveLength(0);
    mint.lie = null;
    const isCredited = async () => (await wallet.balance())['totalBalance'] === 64;
    await timePassesUntil(isCredited, 'the ecash credited');
  });
});

const pays = { prefer: 'respond-async' };

/** A payment whose swap the mint refuses, for an hour and in words that prove nothing. */
async function unswapped() {
  const wallet = await world.wallet(500);
  mint.lie = swapsClosed;
  const { invoice } = await world.sim.invoice({ amount: 213, expirySeconds: tenDaysSeconds });
  const id = String((await wallet.melt(invoice, {}, pays)).body['transactionId']);
  await timePassesUntil(async () => (await stored(id))?.state === 'swapping', 'refused');
  mint.jump(hourMs);
  return { wallet, id };
}

const swapsClosed: Lie = (request) =>
  posts(request, '/v1/swap') ? reply(400, '{"detail":"swaps are closed"}') : undefined;

const allBack = async (wallet: TestWallet, amount: number) => {
  const isBack = async () => {
    const { unspentBalance, reservedBalance } = await wallet.balance();
    return unspentBalance === amount && reservedBalance === 0;
  };
  await timePassesUntil(isBack, 'all of it free again');
};

describe('ecash of a swap that the mint has not carried out', () => {
  it('is not given up while the mint calls it unspent, and is free again once the mint swaps', async () => {
    const { wallet, id } = await unswapped();
    expect(await decide(id, 'write_off')).toMatchObject(refused('calls its ecash unspent'));
    mint.lie = null;
    await allBack(wallet, 500);
    expect((await wallet.status(id)).body).toMatchObject({ status: 'FAILED' });
  });

  it('is not given up either while the mint does not say whether it is spent', async () => {
    const { wallet, id } = await unswapped();
    mint.lie = (request, carry) =>
      posts(request, '/v1/checkstate') ? Promise.resolve(lost) : swapsClosed(request, carry);
    expect(await decide(id, 'write_off')).toMatchObject(refused('does not say whether its ecash is spent'));
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500 });
    mint.lie = null;
    await allBack(wallet, 500);
  });
});

describe('a token that its owner wants back', () => {
  it('is not given up while nobody has claimed it, and comes home', async () => {
    const wallet = await world.wallet(256);
    const { body } = await world.call('POST', `${wallet.at}/send`, { amount: 100 });
    const id = String(body['transactionId']);
    mint.lie = (request) => (posts(request, '/v1/swap') ? Promise.resolve(lost) : undefined);
    await world.call('POST', `${wallet.at}/send/${id}/reclaim`, {}, pays);
    await timePassesUntil(async () => (await stored(id))?.state === 'reclaiming', 'reclaiming');
    mint.jump(hourMs);
    expect(await decide(id, 'write_off')).toMatchObject(refused('calls its ecash unspent'));
    mint.lie = null;
    await allBack(wallet, 256);
  });
});

describe('a payment whose request has left', () => {
  it('is not given up while its ecash is unspent at the mint: a fence brings that home', async () => {
    const { wallet, id } = await doubted();
    expect(await decide(id, 'write_off')).toMatchObject(refused('Decide “fence”'));
    expect((await decide(id, 'fence')).body).toMatchObject({ outcome: 'DECIDED' });
    await allBack(wallet, 512);
  });

  it('is not given up by whoever has seen it before somebody decided to have its ecash taken back', async () => {
    const { id } = await hanging();
    expect((await decide(id, 'fence')).body).toMatchObject({ outcome: 'DECIDED' });
    expect(await decide(id, 'write_off')).toMatchObject(refused('Less than an hour ago'));
  });

  it('is not decided about by whoever has seen it in another state', async () => {
    const { id } = await hanging();
    const wish = { decision: 'write_off', note: 'x' };
    const at = `/api/support/operations/${id}/decide`;
    expect(await world.call('POST', at, { ...wish, state: 'needs_attention' })).toMatchObject(
      refused('not in the state any more'),
    );
    expect(await decidedIn(id)).toHaveLength(0);
    expect((await world.call('POST', at, { ...wish, state: 'pending' })).body).toMatchObject({
      outcome: 'DECIDED',
    });
  });
});
