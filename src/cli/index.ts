#!/usr/bin/env node
import { ConfigError } from '../config.ts';
import { DatabaseUnfit } from '../models/databaseUnfit.ts';
import { InvariantBroken, StoreNotMigrated, WrongMasterKey } from '../models/errors.ts';
import { isDatabaseAway } from '../services/databaseFaults.ts';
import { audit } from './audit.ts';
import { doctor } from './doctor.ts';
import { keys, UsageError } from './keys.ts';
import { limits } from './limits.ts';
import { logs } from './logs.ts';
import { migrate } from './migrate.ts';
import { restore } from './restore.ts';
import { rotateMaster } from './rotateMaster.ts';
import { status } from './status.ts';
import { supportBundle } from './supportBundle.ts';

const usage = `usage: crucible doctor [--json]
       crucible status [--json]
       crucible support-bundle [--out <file>]
       crucible logs --request <id> | --transaction <id> | --npub <npub> [--file <log>]
       crucible keys create --scopes <scope,…> [--npub <npub>] [--label <text>] [--days <n>] [--budget <sat per day>]
       crucible keys list [--json]
       crucible keys revoke <id>
       crucible keys rotate-master [--check]
       crucible limits list [--json]
       crucible limits set address|key|npub|melt|compare|restore <requests per minute>
       crucible limits reset [address|key|npub|melt|compare|restore]
       crucible restore --all | --npub <npub> [--dry-run]
       crucible audit verify [--npub <npub>] [--kept <file>] [--json]
       crucible migrate [--dry-run] [--json]
       crucible migrate --original <collection/id> > <file.bson>
scopes: wallet:read, wallet:write, wallet:melt, support:read, support:write, admin
The same environment as the server's is read (see README). Exit codes: 0 done, 1 something is wrong, 2 wrong usage.`;

/** Operator commands. Results go to stdout, everything else to stderr. @returns the exit code */
async function main(words: readonly string[]): Promise<number> {
  const [noun, verb, ...options] = words;
  if (['help', '--help', '-h'].includes(noun ?? '')) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  try {
    if (noun === 'doctor') return await doctor(words.slice(1));
    if (noun === 'status') return await status(words.slice(1));
    if (noun === 'support-bundle') return await supportBundle(words.slice(1));
    if (noun === 'logs') return await logs(words.slice(1));
    if (noun === 'migrate') return await migrate(words.slice(1));
    if (noun === 'audit') return await audit(words.slice(1));
    if (noun === 'restore') return await restore(words.slice(1));
    if (noun === 'limits') return await limits(words.slice(1));
    if (noun === 'keys' && verb === 'rotate-master') return await rotateMaster(options);
    if (noun === 'keys') return await keys(words.slice(1));
    throw new UsageError('unknown command');
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n${usage}\n`);
      return 2;
    }
    process.stderr.write(`${reason(error)}\n`);
    return 1;
  }
}

function reason(error: unknown): string {
  const forPeople = [ConfigError, InvariantBroken, StoreNotMigrated, DatabaseUnfit, WrongMasterKey];
  if (error instanceof Error && forPeople.some((kind) => error instanceof kind)) return error.message;
  return isDatabaseAway(error)
    ? 'The database at MONGODB_URI does not answer. Run this again once it does.'
    : 'This did not work, for a reason that this command does not know.';
}

process.exitCode = await main(process.argv.slice(2));
