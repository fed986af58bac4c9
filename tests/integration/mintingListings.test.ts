import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { expectBalancedBooks } from '../support/money.ts';
import { answer, gets, listing, mintingIn, posts, reported, tellingMint } from '../support/tellingMint.ts';
import { until, type World } from '../support/world.ts';

let world: World;
let mint: ReturnType<typeof tellingMint>;
beforeEach(async () => {
  mint = tellingMint();
  world = await mint.start();
});
afterEach(() => world.end());

const asked = () => mint.sent.filter((request) => posts(request, '/v1/mint/bolt11')).length;

const minting = () => mintingIn(world);

/** Time leaps to the next look, until the mint has been asked to issue so often. */
async function untilAsked(times: number): Promise<void> {
  await until(
    async () => {
      const { due_at } = await minting();
      mint.jump(Math.max(0, due_at.getTime() - mint.nowMs()));
      return asked() >= times;
    },
    `${times} requests`,
    60_000,
  );
}

describe('a paid mint quote whose keyset is replaced', () => {
  async function paidAfter(rotation: () => Promise<void>) {
    const wallet = await world.wallet();
    const { body } = await world.call('POST', `${wallet.at}/mint`, { amount: 100 });
    await rotation();
    await world.sim.pay(String(body['invoice']));
    return { wallet, credited: async () => (await wallet.balance())['totalBalance'] === 100 };
  }

  it('while the list still shows the old one: the same request is repeated for as long as that lasts, then a new one is made', async () => {
    const { wallet, credited } = await paidAfter(async () => {
      const old = await listing(world);
      await world.sim.rotate();
      mint.tale = (request) => (gets(request, '/v1/keysets') ? Promise.resolve(old) : undefined);
    });
    await untilAsked(25);
    const held = await minting();
    expect(held).toMatchObject({ state: 'issuing', attempts: [{ refusal_code: 12002 }] });
    expect(held.attempts[0]?.posts).toBeGreaterThanOrEqual(25);
    mint.tale = null;
    await untilAsked(asked() + 1);
    await until(credited, 'the credit');
    expect((await minting()).attempts).toHaveLength(2);
    expect((await wallet.balance())['pendingBalance']).toBe(0);
    await expectBalancedBooks(world);
  });

  it('while the list shows both as active: the new one is asked at once', async () => {
    const { credited } = await paidAfter(async () => {
      await world.sim.rotate({ inputFeePpk: 1 }); // the old one is the cheaper
      mint.tale = (request, carry) => {
        if (!gets(request, '/v1/keysets')) return undefined;
        return carry().then((exchange) =>
          exchange.kind === 'reply'
            ? { ...exchange, body: exchange.body.replaceAll('"active":false', '"active":true') }
            : exchange,
        );
      };
    });
    await until(credited, 'the credit');
    expect(asked()).toBe(2);
    await expectBalancedBooks(world);
  });
});

describe('a mint that was paid and refuses to issue for now', () => {
  it('is asked less and less, and people hear of it after an hour; what it issues then is credited', async () => {
    const wallet = await world.wallet();
    const { body } = await world.call('POST', `${wallet.at}/mint`, { amount: 100 });
    mint.tale = (request) =>
      posts(request, '/v1/mint/bolt11')
        ? answer(400, { code: 20003, detail: 'Minting is disabled' })
        : undefined;
    await world.sim.pay(String(body['invoice']));
    await untilAsked(1);
    const leaptMs = () => mint.nowMs() - Date.now();
    const from = leaptMs();
    await untilAsked(31);
    expect(leaptMs() - from).toBeGreaterThan(60_000);
    mint.jump(3_600_000);
    await reported(world, 'MINTING_HELD_UP');
    expect(await minting()).toMatchObject({ state: 'issuing' });
    mint.tale = null;
    await untilAsked(asked() + 1);
    await until(async () => (await wallet.balance())['totalBalance'] === 100, 'the credit');
    await expectBalancedBooks(world);
  });
});
