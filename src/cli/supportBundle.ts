import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { createExamination } from '../commandContext.ts';
import { ConfigError, loadConfig } from '../config.ts';
import { type Plain, redact } from '../redaction.ts';
import { allFindings } from './doctor.ts';
import { UsageError } from './keys.ts';
import { versions } from './version.ts';

/**
 * `crucible support-bundle`: what somebody who helps from afar needs, as one gzipped JSON file that its owner alone may read.
 * Every value goes through the redaction; npubs, ids and sums stay in it. Its path goes to stdout.
 * @returns 0, or 1 where it cannot be written
 * @throws UsageError
 */
export async function supportBundle(words: readonly string[]): Promise<number> {
  const at = new Date();
  const path = outIn(words) ?? `crucible-support-${at.toISOString().replaceAll(/[:.]/g, '-')}.json.gz`;
  const bundle = {
    madeAt: at.toISOString(),
    versions: redact({ ...versions(), platform: `${process.platform} ${process.arch}` }),
    doctor: (await allFindings()).map((finding) => redact(finding)),
    ...(await stored()),
  };
  try {
    await writeFile(path, gzipSync(JSON.stringify(bundle, null, 2)), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
    process.stderr.write(`The file cannot be written (${code}): ${path}\n`);
    return 1;
  }
  process.stdout.write(`${path}\n`);
  process.stderr.write('It holds npubs, ids and sums. Give it only to people who may see them.\n');
  return 0;
}

type Stored = {
  settings: Plain;
  status: Plain;
  trouble: string | null;
  reports: Plain[];
  operations: Plain[];
};

/** Each part by itself, so that none is cut for the depth of the others. Without settings there is nothing to look at. */
async function stored(): Promise<Stored> {
  const loaded = settingsOrNull();
  if (loaded === null)
    return {
      settings: null,
      status: null,
      trouble: 'The settings cannot be read.',
      reports: [],
      operations: [],
    };
  const { overview, evidence, dispose } = createExamination(loaded);
  try {
    const { reports, operations, trouble } = await evidence();
    return {
      // The address of the database may hold a password, and is left out by its name.
      settings: redact(loaded.config),
      status: redact(await overview()),
      trouble,
      reports: reports.map((report) => redact(report)),
      // A timeline may be longer than what the redaction takes at once.
      operations: operations.map((story) =>
        redact({ ...story, timeline: story.timeline.slice(-mostEvents) }),
      ),
    };
  } finally {
    await dispose();
  }
}

const mostEvents = 100;

function settingsOrNull(): ReturnType<typeof loadConfig> | null {
  try {
    return loadConfig();
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

function outIn(words: readonly string[]): string | null {
  try {
    return parseArgs({ args: [...words], options: { out: { type: 'string' } } }).values.out ?? null;
  } catch {
    throw new UsageError('support-bundle takes --out <file> or nothing');
  }
}
