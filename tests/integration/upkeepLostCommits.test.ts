import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Loss } from '../support/lossyCommits.ts';
import { type LossyWorld, startLossyWorld } from '../support/lossyWorld.ts';
import { expectBalancedBooks } from '../support/money.ts';
import { comesAbout, expectKeptUp, often, retiringWallet, upkeepsOf } from '../support/upkeep.ts';
import type { TestWallet, World } from '../support/world.ts';

const cases: [story: string, when: Loss['when']][] = [
  ['never reached the database', 'before'],
  ['stands, though nobody heard of it', 'after'],
];

describe.each(cases)('a commit of an upkeep that %s', (_story, when) => {
  let world: World;
  let database: LossyWorld['database'];
  beforeAll(async () => {
    ({ world, database } = await startLossyWorld(often));
  });
  afterAll(() => world.end());
  afterEach(async () => {
    expect(database.lost()).toBeGreaterThan(0);
    await expectBalancedBooks(world);
  });

  const commitLost = (wallet: TestWallet) =>
    comesAbout(world, wallet, async () => database.lost() > 0, 'the commit lost');
  const states = async (wallet: TestWallet) =>
    (await upkeepsOf(world, wallet)).map(({ state }) => state).sort();

  it('of its reservation: it is called off, and another made; or it is carried through', async () => {
    const lose = async () => database.lose({ event: 'upkeep.reserved', when });
    const wallet = await retiringWallet(world, lose);
    await commitLost(wallet);
    await expectKeptUp(world, wallet);
    expect(await states(wallet)).toEqual(when === 'before' ? ['cancelled', 'kept_up'] : ['kept_up']);
  });

  it('of its booking: it is booked later, and once', async () => {
    const lose = async () => database.lose({ event: 'upkeep.kept_up', when });
    const wallet = await retiringWallet(world, lose);
    await commitLost(wallet);
    await expectKeptUp(world, wallet);
    expect(await states(wallet)).toEqual(['kept_up']);
  });

  it('of its release: what the mint refused to swap is free again, and swapped later', async () => {
    const refusal = { detail: 'amount outside of limit', code: 11_006 };
    const fault = { kind: 'status' as const, status: 400, body: refusal, retryAfterSeconds: null };
    const wallet = await retiringWallet(world, async () => {
      await world.sim.addFaults({ match: { method: 'POST', path: '/v1/swap' }, fault, times: 1 });
      database.lose({ event: 'upkeep.released', when });
    });
    await commitLost(wallet);
    await expectKeptUp(world, wallet);
    expect(await states(wallet)).toEqual(['kept_up', 'released']);
  });
});
