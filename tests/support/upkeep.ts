import { expect } from '@jest/globals';
import { expectRealMoney, proofsOf } from './money.ts';
import { type TestWallet, until, type World } from './world.ts';

/** Rounds that come in no time. Whose turn it is comes with `makeDue`. */
export const often = { CRUCIBLE_UPKEEP_INTERVAL_MS: '50' };

/** Time passes: every wallet is due. */
export async function makeDue({ context }: World): Promise<void> {
  await context.database.wallets.updateMany({}, { $unset: { upkeep_due_at: 1 } });
}

/** Every wallet has been looked at to the end: whoever takes one again is done with what it took before. */
export async function lookedAt(world: World): Promise<void> {
  const { wallets, operations } = world.context.database;
  const soon = new Date(Date.now() + 60_000);
  for (const pass of ['first', 'second']) {
    await makeDue(world);
    await until(
      async () =>
        (await wallets.countDocuments({ upkeep_due_at: { $not: { $gt: soon } } })) === 0 &&
        (await operations.countDocuments({ kind: 'upkeep', open: true })) === 0,
      `every wallet looked at a ${pass} time`,
      30_000,
    );
  }
}

/** The wallet has had an upkeep that ended so. */
export async function hadUpkeep(world: World, wallet: TestWallet, state: string): Promise<void> {
  await makeDue(world);
  await until(
    async () => (await upkeepsOf(world, wallet)).some((upkeep) => upkeep.state === state),
    `an upkeep ${state}`,
  );
}

export const proofCount = async (world: World, { npub }: TestWallet): Promise<number> =>
  (await proofsOf(world, npub)).length;

export function upkeepsOf({ context }: World, { npub }: TestWallet) {
  return context.database.operations
    .find({ npub, kind: 'upkeep' })
    .lean<{ _id: string; state: string; details: { fee: number; upkeepReason: string } }[]>();
}

export const retiringSum = 96;

/** A wallet all of whose ecash is of a keyset that signs no more; no swap of it has begun when `beforehand` is called. */
export async function retiringWallet(
  world: World,
  beforehand: (wallet: TestWallet) => Promise<unknown> = async () => undefined,
): Promise<TestWallet> {
  const wallet = await world.wallet(64, 32);
  await beforehand(wallet);
  await world.sim.rotate();
  return wallet;
}

/** It is this wallet's turn alone: what goes wrong next is to happen to it. */
export async function takesTurn({ context }: World, { npub }: TestWallet): Promise<void> {
  await context.database.wallets.updateOne({ npub }, { $unset: { upkeep_due_at: 1 } });
}

/**
 * Its turn comes again and again until something is so: what the mint has just listed is believed for a moment, and a look that
 * fails is made up for in minutes. A question that meets a connection that was cut is asked again.
 */
export async function comesAbout(
  world: World,
  wallet: TestWallet,
  isSo: () => Promise<boolean>,
  what: string,
): Promise<void> {
  const look = async () => {
    await takesTurn(world, wallet);
    return isSo();
  };
  await until(() => look().catch(() => false), what, 45_000);
}

/** Its upkeep succeeds, however often its turn must come, and its ecash is all there, in the active keyset, swapped once. */
export async function expectKeptUp(world: World, wallet: TestWallet): Promise<void> {
  const isKeptUp = async () => (await upkeepsOf(world, wallet)).some(({ state }) => state === 'kept_up');
  await comesAbout(world, wallet, isKeptUp, 'the wallet kept up');
  // Whoever looks at it again is done with what it did before.
  const { npub } = wallet;
  const isLookedAt = async () => {
    const { wallets, operations } = world.context.database;
    const isPutOff = (await wallets.exists({ npub, upkeep_due_at: { $gt: new Date() } })) !== null;
    return isPutOff && (await operations.exists({ npub, kind: 'upkeep', open: true })) === null;
  };
  await until(() => isLookedAt().catch(() => false), 'the wallet looked at again', 30_000);
  const ended = (await upkeepsOf(world, wallet)).map(({ state }) => state);
  expect(ended.filter((state) => state === 'kept_up')).toEqual(['kept_up']);
  const active = (await world.sim.books()).keysets.find((keyset) => keyset.active)?.id;
  const keysets = (await proofsOf(world, wallet.npub)).map(({ keysetId }) => keysetId);
  expect(new Set(keysets)).toEqual(new Set([active]));
  expect(await wallet.balance()).toMatchObject({ totalBalance: retiringSum, reservedBalance: 0 });
  await expectRealMoney(world, wallet.npub);
}
