import type { WalletDocument } from '../../../src/models/schemas/account.ts';
import { giveDust } from '../dust.ts';
import type { TestWallet, World } from '../world.ts';
import type { UpkeepWish } from './scenarios.ts';
import type { Stand } from './stand.ts';

const hourMs = 3_600_000;
/** Just too many, so that a cell stays quick. */
const dustCount = 201;
/** Two proofs of a keyset that takes this cost a unit to swap. */
const retiringFeePpk = 500;
const retiring = [64, 32];

/** A wallet whose ecash would better be other ecash. @returns what it has, and what the swap of it costs */
export async function prepareUpkeep(
  { world }: Stand,
  wish: UpkeepWish,
): Promise<{ wallet: TestWallet; funds: number; fee: number }> {
  switch (wish) {
    case 'retiring': {
      await world.sim.rotate({ inputFeePpk: retiringFeePpk });
      const wallet = await world.wallet(...retiring);
      await world.sim.rotate({ inputFeePpk: 0 });
      return { wallet, funds: retiring.reduce((sum, amount) => sum + amount), fee: 1 };
    }
    case 'dust': {
      const wallet = await world.wallet();
      await giveDust(world, wallet, dustCount);
      return { wallet, funds: dustCount, fee: 0 };
    }
  }
}

/** No wallet's turn comes by itself, for longer than a look at one puts it off. */
export async function putOffAll({ context }: World): Promise<void> {
  const dueAt = new Date(Date.now() + 24 * hourMs);
  await context.database.wallets.updateMany({}, { $set: { upkeep_due_at: dueAt } });
}

/** Nor is anything looked at that others have out. */
export async function putOffOthers({ context }: World, npub: string): Promise<void> {
  const dueAt = new Date(Date.now() + hourMs);
  const { operations } = context.database;
  await operations.updateMany({ npub: { $ne: npub }, open: true }, { $set: { due_at: dueAt } });
}

/** Time passes: it is this wallet's turn. */
export async function makeDue({ context }: World, npub: string): Promise<void> {
  await context.database.wallets.updateOne({ npub }, { $unset: { upkeep_due_at: 1 } });
}

/** What came of the last look: `failed`: it was put off for minutes, not for hours. */
export async function lastLook(
  { context }: World,
  npub: string,
): Promise<'still to come' | 'failed' | 'begun'> {
  const wallet = await context.database.wallets.findOne({ npub }).lean<WalletDocument>();
  const waitMs = (wallet?.upkeep_due_at?.getTime() ?? 0) - Date.now();
  if (waitMs <= 0) return 'still to come';
  return waitMs < hourMs ? 'failed' : 'begun';
}

/** Whether an upkeep has ended, by success where only that counts, and none is open. */
export async function hadUpkeep(
  { context }: World,
  npub: string,
  how: 'ended' | 'kept_up',
): Promise<boolean> {
  const { operations } = context.database;
  const found = await operations.find({ npub, kind: 'upkeep' }).lean<{ state: string; open?: boolean }[]>();
  const isSuch = found.some(({ state }) => how === 'ended' || state === how);
  return isSuch && found.every(({ open }) => open !== true);
}
