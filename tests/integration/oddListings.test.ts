import { afterEach, describe, expect, it } from '@jest/globals';
import { comesTo, expectAllSettled } from '../support/mischief.ts';
import { expectProblem, unhurried } from '../support/money.ts';
import { gets, lost, oddKeyset, posts, relisted, tellingMint } from '../support/tellingMint.ts';
import { until, type World } from '../support/world.ts';

/** On a busy machine a payment may take longer than a test's client waits. */
const patient = { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '15000' };

let world: World | null = null;
afterEach(async () => {
  await world?.end();
  world = null;
});

const stopped = (of: World) => of.context.database.operations.countDocuments({ state: 'needs_attention' });

describe('a mint whose only active keyset can make no odd amount, for a moment', () => {
  it('is told to be at fault; what it was paid for meanwhile is credited once it is right again', async () => {
    const mint = tellingMint();
    world = await mint.start({}, patient);
    const wallet = await world.wallet(1000);
    const asked = await world.call('POST', `${wallet.at}/mint`, { amount: 777 });
    const { invoice } = await world.sim.invoice({ amount: 701 });
    mint.tale = oddKeyset;
    const told = { status: 502, code: 'MINT_ERROR', severity: 'MEDIUM' };
    const quote = () => world?.call('POST', `${wallet.at}/melt/quote`, { invoice });
    await until(async () => (await quote())?.status === 502, 'the odd keyset is seen');
    await expectProblem(world, await wallet.melt(invoice), told);
    await world.sim.pay(String(asked.body['invoice']));
    const { call } = world;
    const complete = () => call('POST', `${wallet.at}/mint/complete`, { quoteId: asked.body['quote'] });
    const held = await complete();
    await expectProblem(world, held, told);
    expect(held.body['detail']).toContain('If it has been paid, do not pay it again');
    expect(await stopped(world)).toBe(0);

    mint.tale = null;
    await until(async () => (await wallet.balance())['totalBalance'] === 1777, 'the credit');
    expect((await complete()).status).toBe(200);
    expect((await wallet.melt(invoice)).status).toBe(200);
    await expectAllSettled(world);
  });

  it('just when a fence is due: it goes up once the mint is right again', async () => {
    const mint = tellingMint();
    world = await mint.start({}, unhurried);
    const wallet = await world.wallet(1000);
    let isOdd = false;
    mint.tale = (request, carry) => {
      if (!posts(request, '/v1/melt/bolt11')) return isOdd ? oddKeyset(request, carry) : undefined;
      isOdd = true;
      return lost();
    };
    const { invoice } = await world.sim.invoice({ amount: 700 });
    const { status, body } = await wallet.melt(invoice);
    expect(status).toBe(202);
    const odd = mint.sent.length;
    await until(
      async () => mint.sent.slice(odd).some((request) => gets(request, '/v1/keysets')),
      'a fence due',
    );
    expect((await wallet.status(body['transactionId'])).body).toMatchObject({ state: 'pending' });

    mint.tale = null;
    await comesTo(wallet, body['transactionId'], 'released');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1000, reservedBalance: 0 });
    await expectAllSettled(world);
  });
});

describe('a mint that leaves a keyset of ours out of its list', () => {
  it('is told to be at fault, with how much lies in it; no payment is said to be in flight', async () => {
    const mint = tellingMint();
    world = await mint.start({}, patient);
    const wallet = await world.wallet(1000);
    await world.sim.rotate();
    mint.tale = (request, carry) =>
      gets(request, '/v1/keysets')
        ? relisted(carry, (keysets) => keysets.filter(({ active }) => active))
        : undefined;
    const { invoice } = await world.sim.invoice({ amount: 700 });
    const quote = () => world?.call('POST', `${wallet.at}/melt/quote`, { invoice });
    await until(async () => (await quote())?.status === 502, 'the list without it is seen');
    const refused = await wallet.melt(invoice);
    await expectProblem(world, refused, { status: 502, code: 'MINT_ERROR', severity: 'MEDIUM' });
    expect(refused.body['detail']).toContain('1000 sat');

    mint.tale = null;
    expect((await wallet.melt(invoice)).status).toBe(200);
    await expectAllSettled(world);
  });

  it('once, in one list: another is asked for, and the payment is made', async () => {
    const mint = tellingMint();
    world = await mint.start({}, patient);
    const wallet = await world.wallet(1000);
    await world.sim.rotate();
    let lists = 0;
    mint.tale = (request, carry) => {
      if (!gets(request, '/v1/keysets')) return undefined;
      lists += 1;
      return relisted(carry, (keysets) =>
        lists % 2 === 1 ? keysets.filter(({ active }) => active) : keysets,
      );
    };
    const { invoice } = await world.sim.invoice({ amount: 700 });
    expect((await wallet.melt(invoice)).status).toBe(200);
    mint.tale = null;
    await expectAllSettled(world);
  });
});
