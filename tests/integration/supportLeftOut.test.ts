import { describe, expect, it } from '@jest/globals';
import { decidingIn, hourMs, lost } from '../support/deciding.ts';
import { type Lie, liar, meltPath, posts } from '../support/liar.ts';
import { outside } from '../support/money.ts';
import { repositoriesOf } from '../support/repositories.ts';
import type { World } from '../support/world.ts';

const mint = liar();
let world: World;
mint.serves((opened) => {
  world = opened;
});

const { decide, comesToLater, timePassesUntil, restored, begun, decidedIn } = decidingIn(mint, () => world);

/** The payment request is lost, and these proofs are called spent, whoever has them. */
const callsSpent =
  (names: ReadonlySet<string>): Lie =>
  (request, carry) => {
    if (posts(request, meltPath)) return Promise.resolve(lost);
    if (!posts(request, '/v1/checkstate')) return undefined;
    return carry().then((exchange) => {
      if (exchange.kind !== 'reply') return exchange;
      const body: { states: { Y: string; state: string }[] } = JSON.parse(exchange.body);
      for (const one of body.states) if (names.has(one.Y)) one.state = 'SPENT';
      return { ...exchange, body: JSON.stringify(body) };
    });
  };

/** A payment of 210 that was stopped since its mint has called 64 and 16 of the ecash in it spent for an hour. */
async function stopped(funds: number | readonly number[]) {
  const names = new Set<string>();
  mint.lie = callsSpent(names);
  const payment = await begun(funds, 210);
  const { wallet, id } = payment;
  const { held, inputs, swap } = await repositoriesOf(world).meltOf(wallet.npub);
  expect(swap !== null).toBe(funds === 512);
  const sent = held?.send ?? inputs;
  const [one, other] = [64n, 16n].map((wanted) => sent.find(({ amount }) => amount === wanted));
  if (one === undefined || other === undefined) throw new Error('214 is not 128 + 64 + 16 + 4 + 2');
  for (const { Y } of [one, other]) names.add(Y);
  const isNoted = async () => JSON.stringify((await wallet.status(id)).body).includes('and not by us');
  await timePassesUntil(isNoted, 'what is spent noticed');
  mint.jump(hourMs);
  await comesToLater(wallet, id, 'needs_attention');
  return { ...payment, one, other };
}

describe('what a fence has left out, since the mint called it spent', () => {
  it.each([
    ['of a swap', 512, 512],
    ['of a token', 214, 214],
    ['of two tokens, one of which was left out', [150, 64], 214],
  ])('%s: what the mint calls unspent by now comes back with the rest', async (_, funds, sum) => {
    const { wallet, id, other } = await stopped(funds);
    await world.sim.spendOutside([outside(other)]);
    mint.lie = null;
    expect((await decide(id, 'write_off')).body).toMatchObject({
      outcome: 'DECIDED',
      state: 'released',
      whereTheMoneyIs: expect.stringContaining('less what others have spent of it'),
    });
    expect((await decide(id, 'write_off')).body).toMatchObject({ outcome: 'DECIDED_BEFORE' });
    expect(await wallet.balance()).toMatchObject({ totalBalance: sum - 16, reservedBalance: 0 });
    expect(await decidedIn(id)).toMatchObject([{ details: { writtenOff: 16 } }]);
    expect((await wallet.status(id)).body).toMatchObject({ cause: 'WRITTEN_OFF', released: sum - 16 });
    expect((await world.call('POST', `${wallet.at}/send`, { amount: sum - 16 })).status).toBe(200);
  });

  it('is not given up while the mint does not say whether it is spent; where nothing is, nothing is written off', async () => {
    const { wallet, id } = await stopped(512);
    mint.lie = (request) => (posts(request, '/v1/checkstate') ? Promise.resolve(lost) : undefined);
    expect(await decide(id, 'write_off')).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('does not say, twice alike'), state: 'needs_attention' },
    });
    mint.lie = null;
    expect((await decide(id, 'write_off')).body).toMatchObject({ state: 'released' });
    expect((await wallet.status(id)).body).toMatchObject({ cause: 'NOT_EXECUTED', released: 512 });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });

  it('of a swap is found by a restore, should the mint take it all the same once it was given up', async () => {
    const { wallet, id } = await stopped(512);
    expect((await decide(id, 'write_off')).body).toMatchObject({ state: 'released' });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512 - 80, reservedBalance: 0 });
    mint.lie = null;
    await restored(wallet);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });
});
