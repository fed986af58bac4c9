import { parseArgs } from 'node:util';
import { createMigration } from '../commandContext.ts';
import { ConfigError, loadConfig } from '../config.ts';
import { DomainError, InvariantBroken } from '../models/errors.ts';
import { refuseUnfitForProduction } from '../productionRefusals.ts';
import { isDatabaseAway, isOutcomeUnknown } from '../services/databaseFaults.ts';
import type { MigrationService } from '../services/migration/migrationService.ts';
import { UsageError } from './keys.ts';
import { asJson, asTables } from './migrationReport.ts';

const progressEvery = 500;

type Options = { dryRun: boolean; json: boolean; original: string | null };

/**
 * `crucible migrate`: brings a store of the earlier design into this one (docs/migration.md). The report goes to stdout;
 * with `--original`, an archived document does.
 * @returns 0 when all is as it should be, 1 when a person should read the report or nothing could be done
 * @throws UsageError
 */
export async function migrate(words: readonly string[]): Promise<number> {
  const { dryRun, json, original } = optionsIn(words);
  try {
    const loaded = loadConfig();
    // What is sealed now is opened by the server that is started next: under a key that it refuses, it would be lost.
    refuseUnfitForProduction(loaded.config, loaded.secrets);
    const { migration, dispose } = await createMigration(loaded);
    try {
      if (original !== null) return await tellOriginal(migration, original);
      const report = await migration.migrate({ dryRun, onProgress: tellProgress });
      process.stdout.write(`${json ? asJson(report) : asTables(report)}\n`);
      return report.findings.length > 0 ? 1 : 0;
    } finally {
      await dispose();
    }
  } catch (error) {
    process.stderr.write(`${reason(error)}\n`);
    return 1;
  }
}

function optionsIn(words: readonly string[]): Options {
  const { 'dry-run': dryRun = false, json = false, original = null } = parsed(words);
  if (original !== null && (dryRun || json)) throw new UsageError('--original stands alone');
  if (original !== null && process.stdout.isTTY)
    throw new UsageError('--original writes bytes: send them to a file (> original.bson)');
  return { dryRun, json, original };
}

function parsed(words: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const options = { 'dry-run': flag, json: flag, original: { type: 'string' } } as const;
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the options make no sense');
  }
}

/** The document as a BSON file, which `bsondump` shows and `mongorestore` takes. It is money, and no text. */
async function tellOriginal(migration: MigrationService, name: string): Promise<number> {
  const bytes = await migration.original(name);
  if (bytes === null) {
    process.stderr.write('The archive has no document of that name.\n');
    return 1;
  }
  process.stdout.write(bytes);
  return 0;
}

function tellProgress(done: number, of: number): void {
  if (done % progressEvery === 0) process.stderr.write(`${done} of ${of} tokens\n`);
}

/** One sentence, without a driver's words: those may quote a document. */
function reason(error: unknown): string {
  if (error instanceof ConfigError || error instanceof InvariantBroken || error instanceof DomainError)
    return error.message;
  if (isDatabaseAway(error))
    return 'The database at MONGODB_URI does not answer. Run this again once it does: it goes on where it stopped.';
  return isOutcomeUnknown(error)
    ? 'The database did not confirm the last write. Run this again: it goes on where it stopped.'
    : 'The migration stopped for a reason that this command does not know. No token is half done, and running it again is safe. If it stops again, keep the backup and ask for help.';
}
