import { parseArgs } from 'node:util';
import { loadConfig } from '../config.ts';
import { createContext } from '../context.ts';
import { UsageError } from './keys.ts';

type Options = { npub: string | null; dryRun: boolean };

/**
 * `crucible restore`: demands that every wallet, or one, be recovered, since an old backup of the database was restored
 * (docs/restore.md). Servers do the work. How many wallets goes to stdout.
 * @returns 0, or 1 where there is no such wallet
 * @throws UsageError, and what keeps a server from starting
 */
export async function restore(words: readonly string[]): Promise<number> {
  const { npub, dryRun } = optionsIn(words);
  const context = await createContext(loadConfig());
  try {
    const { wallets, recovering } = await context.restore.count(npub);
    if (wallets === 0) {
      process.stderr.write(`${noWallet(npub)}\n`);
      return 1;
    }
    const told = dryRun
      ? `${counted(wallets)} would be recovered; of these, ${recovering} are being recovered now and would begin anew.`
      : `${counted(await context.restore.demand(npub))} will be recovered, as soon as a server runs.`;
    process.stdout.write(`${told}\n`);
    return 0;
  } finally {
    await context.dispose();
  }
}

function optionsIn(words: readonly string[]): Options {
  const { all = false, npub, 'dry-run': dryRun = false } = parsed(words);
  if (all === (npub !== undefined)) throw new UsageError('say either --all or --npub <npub>');
  return { npub: npub ?? null, dryRun };
}

function parsed(words: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...words],
      options: { all: flag, npub: { type: 'string' }, 'dry-run': flag },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the options make no sense');
  }
}

const counted = (wallets: number): string => (wallets === 1 ? '1 wallet' : `${wallets} wallets`);

const noWallet = (npub: string | null): string =>
  npub === null
    ? 'There is no wallet in this database. See whether MONGODB_URI names the one that was restored.'
    : 'This npub has no wallet in this database. Nothing was done.';
