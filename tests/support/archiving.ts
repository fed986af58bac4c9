import type { mongo } from 'mongoose';
import { createArchivingRepository } from '../../src/repositories/archive/archiving.ts';
import type { Database } from '../../src/repositories/database.ts';
import type { TestWallet, World } from './world.ts';

/** Whatever was spent until now goes, whether checks look at it or not. */
export const everything = { keep: 0, atMost: 1_000 };
export const sinceNow = (): Date => new Date(Date.now() + 60_000);

/** Archives all spent tokens of a wallet. @returns how many */
export async function archiveAll({ context }: World, wallet: TestWallet): Promise<number> {
  const { archive } = createArchivingRepository(context.database);
  const owned = await context.database.wallets.findOne({ npub: wallet.npub }).lean<{ _id: string }>();
  return archive(String(owned?._id), { ...everything, spentBefore: sinceNow() });
}

/** Tokens as they are stored, each number in its type, by id. */
export async function asStored(
  database: Database,
  of: 'tokens' | 'archivedTokens',
  filter: object,
): Promise<mongo.Document[]> {
  return database.connection
    .collection(database[of].collection.name)
    .find(filter, { promoteValues: false, promoteLongs: false })
    .sort({ _id: 1 })
    .toArray();
}
