import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Auth, createCrucible } from '../../client/src/index.ts';
import { extension, loseReply, watchedFetch } from '../support/clients.ts';
import { timesPaid } from '../support/money.ts';
import { newSigner, publicOrigin } from '../support/signing.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
/** The server's clock is this much ahead. */
let aheadMs = 0;
beforeAll(async () => {
  const now = () => new Date(Date.now() + aheadMs);
  world = await startWorld({ env: { CRUCIBLE_PUBLIC_ORIGIN: publicOrigin }, overrides: { now } });
});
afterAll(() => world.end());
afterEach(() => {
  aheadMs = 0;
});

/** Somebody with a Nostr key and no other right, whose wallet holds 200 sat. */
async function owner(use?: 'signatures' | 'tokens') {
  const person = newSigner();
  const signer = extension(person);
  const watched = watchedFetch();
  const auth: Auth = { signer, publicOrigin, ...(use === undefined ? {} : { use }) };
  const crucible = createCrucible({ baseUrl: world.url, auth, fetch: watched.fetch });
  await crucible.createWallet({ npub: person.npub });
  const wallet = crucible.wallet(person.npub);
  const { invoice, quote: quoteId } = await wallet.mint({ amount: 200 });
  await world.sim.pay(invoice);
  expect(await wallet.waitForFunds({ quoteId })).toMatchObject({ outcome: 'credited' });
  return { ...watched, signer, crucible, wallet };
}

describe('an owner who signs each request', () => {
  it('pays, and signs anew what is repeated', async () => {
    const { wallet, meet, to, signer, seen } = await owner('signatures');
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 50 });
    meet(/\/melt$/, loseReply);
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'paid', paidAmount: 50 });
    const [first, second] = to(/\/melt$/);
    expect(second?.authorization).toMatch(/^Nostr /);
    expect(second?.authorization).not.toBe(first?.authorization);
    expect(second?.key).toBe(first?.key);
    expect(signer.signed).toHaveLength(seen.length);
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it.each([
    [-600_000, 'behind'],
    [600_000, 'ahead'],
  ])('with a clock that is off by %d ms takes the server’s word for it, once', async (off) => {
    const { wallet, seen } = await owner('signatures');
    const before = seen.length;
    aheadMs = off;
    await wallet.balance();
    expect(seen.slice(before).map(({ status }) => status)).toEqual([401, 200]);
    await Promise.all([wallet.balance(), wallet.info()]);
    expect(seen.slice(before + 2).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('who does not want to sign is heard, and nothing is sent', async () => {
    const { wallet, signer, seen } = await owner('signatures');
    const before = seen.length;
    signer.signEvent = () => Promise.reject(new Error('the person said no'));
    const { invoice } = await world.sim.invoice({ amount: 50 });
    await expect(wallet.pay({ invoice })).rejects.toThrow('the person said no');
    expect(seen).toHaveLength(before);
  });

  it('who does not want to sign again is told that the first may have arrived', async () => {
    const { wallet, signer, meet } = await owner('signatures');
    const { invoice } = await world.sim.invoice({ amount: 50 });
    meet(/\/melt$/, async (arrives) => {
      await arrives();
      signer.signEvent = () => Promise.reject(new Error('the person said no'));
      throw new TypeError('fetch failed');
    });
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'unknown' });
  });
});

describe('an owner who signs once for five minutes', () => {
  it('pays without being asked again, and is asked when the token has expired', async () => {
    const { crucible, wallet, signer, to, seen } = await owner();
    const { invoice } = await world.sim.invoice({ amount: 50 });
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'paid' });
    expect([signer.signed.length, to(/auth\/token/).length]).toEqual([1, 1]);
    aheadMs = 5 * 60_000;
    const before = seen.length;
    await Promise.all([wallet.balance(), wallet.info()]);
    expect(
      to(/auth\/token/)
        .slice(1)
        .map(({ status }) => status),
    ).toEqual([401, 200]);
    const others = seen.slice(before).filter(({ path }) => !/token/.test(path));
    expect(others.map(({ status }) => status)).toEqual([401, 401, 200, 200]);
    await wallet.balance();
    expect(to(/auth\/token/)).toHaveLength(3);
    expect(await crucible.createToken()).toMatchObject({ token: expect.stringMatching(/^crt_/) });
  });
});
