import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { relabelled, retold } from '../support/liar.ts';
import { meddler } from '../support/mischief.ts';
import { faults, spoiltSwaps } from '../support/mishaps.ts';
import {
  expectBalancedBooks,
  outside,
  proofsOf,
  unhurried,
  untilMintIsAskedAgain,
} from '../support/money.ts';
import { type TellingMint, tellingMint } from '../support/tellingMint.ts';
import {
  comesAbout,
  expectKeptUp,
  often,
  retiringSum,
  retiringWallet,
  upkeepsOf,
} from '../support/upkeep.ts';
import { startWorld, until, untilLater, type World } from '../support/world.ts';

const swapPath = '/v1/swap';

describe('when the swap of an upkeep goes wrong', () => {
  const mischief = meddler();
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      env: { ...often, CRUCIBLE_LEASE_MS: '2000' },
      overrides: { transport: mischief.transport },
    });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    expect(mischief.left()).toBe(0);
    await untilMintIsAskedAgain(world);
    await expectBalancedBooks(world);
  });

  const spoilt: typeof spoiltSwaps = [
    ...spoiltSwaps,
    ['the reply calls a signature worth more than it is', (carry) => retold(carry, relabelled(1, 1_048_576))],
    [
      'the keyset that it swaps into retires just before',
      async (carry) => {
        await world.sim.rotate();
        return carry();
      },
    ],
  ];

  it.each(faults)('%s: its ecash is swapped once, and all there', async (_story, fault) => {
    const fail = () => world.sim.addFaults({ match: { method: 'POST', path: swapPath }, fault, times: 1 });
    const wallet = await retiringWallet(world, fail);
    await expectKeptUp(world, wallet);
    expect((await world.sim.faults()).rules.map(({ met }) => met)).toEqual([1]);
  });

  it.each(spoilt)('%s: its ecash is swapped once, and all there', async (_story, trick) => {
    const wallet = await retiringWallet(world, async () => mischief.next(swapPath, trick));
    await expectKeptUp(world, wallet);
  });
});

describe('when an upkeep cannot come to its end', () => {
  let mint: TellingMint;
  let world: World;
  beforeEach(async () => {
    mint = tellingMint();
    world = await mint.start({}, { ...often, ...unhurried });
  });
  afterEach(() => world.end());

  const isReported = async (code: string) =>
    (await world.context.database.reports.exists({ code, status: 'open' })) !== null;

  async function expectStopped(wallet: Awaited<ReturnType<typeof retiringWallet>>): Promise<void> {
    const isStopped = async () =>
      (await upkeepsOf(world, wallet)).some(({ state }) => state === 'needs_attention');
    // Two hours at most, and many looks: what is seen rarely is not seen to last.
    await mint.pass(2 * 3_600_000, 40, isStopped);
    expect(await isStopped()).toBe(true);
    expect(await isReported('CRITICAL_UPKEEP_FAILURE')).toBe(true);
    expect(await wallet.balance()).toMatchObject({ totalBalance: retiringSum, reservedBalance: retiringSum });
    expect(await upkeepsOf(world, wallet)).toHaveLength(1);
  }

  it('as the mint’s signatures never verify: told at once, a person is called after an hour, nothing is booked', async () => {
    const wallet = await retiringWallet(world, async () => {
      mint.tale = (request, carry) =>
        /\/v1\/(swap|restore)$/.test(request.url) ? retold(carry, relabelled(1, 1_048_576)) : undefined;
    });
    await comesAbout(world, wallet, () => isReported('SIGNATURES_DO_NOT_VERIFY'), 'the report');
    await expectStopped(wallet);
    await expectBalancedBooks(world);
  });

  it('as somebody else has spent its ecash: it stays where it is, and a person is called after an hour', async () => {
    let isSpent = false;
    const wallet = await retiringWallet(world, async ({ npub }) => {
      const proofs = await proofsOf(world, npub);
      mint.tale = (request, carry) => {
        if (isSpent || !request.url.endsWith(swapPath)) return undefined;
        isSpent = true;
        return world.sim.spendOutside(proofs.map(outside)).then(() => carry());
      };
    });
    await comesAbout(world, wallet, async () => isSpent, 'its ecash spent');
    await expectStopped(wallet);
    const [upkeep] = await upkeepsOf(world, wallet);
    const decide = (decision: string) =>
      world.call('POST', `/api/support/operations/${upkeep?._id}/decide`, { decision, note: 'x' });
    // As another upkeep of the wallet would.
    const claim = { payment_hash_claim: 'upkeep' };
    const { operations } = world.context.database;
    await operations.updateOne({ npub: wallet.npub, kind: 'minting' }, { $set: claim });
    expect(await decide('fence')).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('Another one of its wallet is under way') },
    });
    expect((await decide('write_off')).body).toMatchObject({ outcome: 'DECIDED', state: 'written_off' });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 0, reservedBalance: 0 });
  });

  it('for a while, as the mint says nothing more once it has swapped: people are told after an hour, and it ends', async () => {
    let isSilent = false;
    const wallet = await retiringWallet(world, async () => {
      mint.tale = (request, carry) => {
        if (request.url.endsWith(swapPath) && !isSilent) {
          isSilent = true;
          return carry().then(() => ({ kind: 'lost', reason: 'network' }));
        }
        return isSilent ? Promise.resolve({ kind: 'lost', reason: 'network' }) : undefined;
      };
    });
    await comesAbout(world, wallet, async () => isSilent, 'the swap asked for');
    mint.jump(3_600_000);
    await untilLater(
      () => mint.jump(10_000),
      () => isReported('OPERATION_OPEN_TOO_LONG'),
      'the report',
      30_000,
    );
    mint.tale = null;
    await untilLater(
      () => mint.jump(10_000),
      async () => (await upkeepsOf(world, wallet)).some(({ state }) => state === 'kept_up'),
      'the upkeep ended',
      30_000,
    );
    await until(async () => !(await isReported('OPERATION_OPEN_TOO_LONG')), 'the report closed');
    await expectKeptUp(world, wallet);
    await expectBalancedBooks(world);
  });
});

describe('when the mint refuses an upkeep in words that nobody knows', () => {
  let mint: TellingMint;
  let world: World;
  beforeAll(async () => {
    mint = tellingMint();
    world = await mint.start({}, { ...often, ...unhurried });
  });
  afterAll(() => world.end());

  it('it is given up, its ecash is free, and later it is swapped', async () => {
    const wallet = await retiringWallet(world, async () => {
      mint.tale = ({ url }) =>
        url.endsWith(swapPath)
          ? Promise.resolve({ kind: 'reply', httpStatus: 400, body: '{"code":11000,"detail":"no"}' })
          : undefined;
    });
    const isBegun = async () => (await upkeepsOf(world, wallet)).length > 0;
    await comesAbout(world, wallet, isBegun, 'the swap asked for');
    const isReleased = async () => (await upkeepsOf(world, wallet)).some(({ state }) => state === 'released');
    await untilLater(() => mint.jump(5_000), isReleased, 'given up', 30_000);
    expect(await wallet.balance()).toMatchObject({ totalBalance: retiringSum, reservedBalance: 0 });
    mint.tale = null;
    await expectKeptUp(world, wallet);
    await expectBalancedBooks(world);
  });
});
