import { expect } from '@jest/globals';
import type { CounterDocument } from '../../src/models/schemas/operation.ts';
import { backUp, putBack, walletOn } from './rolledBack.ts';
import type { Reply, TestWallet, World } from './world.ts';

/** The same world with a server that has lost its whole database, but for the keys by which tests call it. */
export async function emptied(world: World): Promise<World> {
  const keys = (await backUp(world)).get('api_keys') ?? [];
  return putBack(world, world, new Map([['api_keys', keys]]));
}

/** The wallet of this npub, made anew. */
export async function recreated(
  world: World,
  wallet: TestWallet,
  mintUrl = world.simulator.url,
): Promise<TestWallet> {
  const { npub } = wallet;
  expect((await world.call('POST', '/api/wallet/create', { npub, mintUrl })).status).toBe(201);
  const again = walletOn(world, wallet);
  expect(await again.balance()).toMatchObject({ totalBalance: 0 });
  return again;
}

export const askRestore = (
  { call }: World,
  { at }: TestWallet,
  headers: Record<string, string> = {},
): Promise<Reply> => call('POST', `${at}/restore`, {}, headers);

export const presentRestore = ({ call }: World, { at }: TestWallet): Promise<Reply> =>
  call('GET', `${at}/restore`);

/** Restores a wallet, with this result. */
export async function expectRestored(world: World, wallet: TestWallet, amount: number): Promise<void> {
  expect(await askRestore(world, wallet)).toMatchObject({
    status: 200,
    body: { success: true, restoredAmount: amount, watching: false },
  });
}

export const countersOf = (world: World): Promise<CounterDocument[]> =>
  world.context.database.counters.find().sort({ _id: 1 }).lean<CounterDocument[]>();
