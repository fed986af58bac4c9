import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { meddler } from '../support/mischief.ts';
import { creatorsTime, faults, spoiltSwaps } from '../support/mishaps.ts';
import { expectProblem, mintUnavailable, untilMintIsAskedAgain } from '../support/money.ts';
import { expectDone, tokenStories } from '../support/tokenStories.ts';
import { expectLedgerAgrees } from '../support/tokens.ts';
import { startWorld, type World } from '../support/world.ts';

const swapPath = '/v1/swap';

let world: World;

const spoilt: typeof spoiltSwaps = [
  ...spoiltSwaps,
  [
    'its keyset retires just before',
    async (carry) => {
      await world.sim.rotate();
      return carry();
    },
  ],
];

const mischief = meddler();
beforeAll(async () => {
  world = await startWorld({
    env: creatorsTime,
    overrides: { transport: mischief.transport },
  });
});
afterAll(() => world.end());
afterEach(async () => {
  await world.sim.clearFaults();
  expect(mischief.left()).toBe(0);
  await untilMintIsAskedAgain(world);
  await expectLedgerAgrees(world);
});

describe.each(tokenStories)('when the swap of %s goes wrong', (_what, begin) => {
  it.each(faults)('%s: it is done once, and told as it is', async (_story, fault) => {
    const story = await begin(world);
    await world.sim.addFaults({ match: { method: 'POST', path: swapPath }, fault, times: 1 });
    await expectDone(world, story, await story.ask());
  });

  it.each(spoilt)('%s: it is done once, and told as it is', async (_story, trick) => {
    const story = await begin(world);
    mischief.next(swapPath, trick);
    await expectDone(world, story, await story.ask());
  });

  it('and the mint says nothing more for a while: its client hears 202, and it is done later', async () => {
    const story = await begin(world);
    const silent = [swapPath, '/v1/restore', '/v1/checkstate'];
    mischief.next(swapPath, async (carry) => {
      await carry();
      await world.sim.addFaults(
        ...silent.map((path) => ({
          match: { method: 'POST' as const, path },
          fault: 'drop_before' as const,
          times: null,
        })),
      );
      return { kind: 'lost', reason: 'network' };
    });
    const told = await story.ask();
    expect(told).toMatchObject({ status: 202, body: { status: 'PENDING' } });
    await world.sim.clearFaults();
    await expectDone(world, story, told);
  });

  it('the mint is away before anything has left: refused, nothing is held, and it may be asked again', async () => {
    const story = await begin(world);
    await world.sim.addFaults({ fault: 'drop_before', times: null });
    await expectProblem(world, await story.ask(), mintUnavailable);
    expect(await story.wallet.balance()).toMatchObject({ totalBalance: story.before, reservedBalance: 0 });
    await world.sim.clearFaults();
    await untilMintIsAskedAgain(world);
    await expectDone(world, story, await story.ask());
  });
});
