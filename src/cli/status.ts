import { parseArgs } from 'node:util';
import { createExamination } from '../commandContext.ts';
import { loadConfig } from '../config.ts';
import type { Overview, StoreOverview } from '../services/doctor/overview.ts';
import { UsageError } from './keys.ts';
import { versions } from './version.ts';

/**
 * `crucible status`: one screen of what there is, on stdout. `crucible doctor` judges; this only shows.
 * @returns 0, or 1 where database or a mint does not answer
 * @throws UsageError, ConfigError
 */
export async function status(words: readonly string[]): Promise<number> {
  const isJson = isJsonIn(words);
  const { overview, dispose } = createExamination(loadConfig());
  try {
    const seen = await overview();
    const shown = { at: new Date(), versions: versions(), ...seen, lastBackupAt: null };
    process.stdout.write(`${isJson ? JSON.stringify(shown, null, 2) : asScreen(seen, shown.at)}\n`);
    return seen.store !== null && seen.mints.every(({ answers }) => answers) ? 0 : 1;
  } finally {
    await dispose();
  }
}

function asScreen({ mints, store, trouble }: Overview, at: Date): string {
  const { crucible, node } = versions();
  return [
    row('crucible', `${crucible}, Node ${node}, ${at.toISOString()}`),
    row('database', store === null ? `DOWN: ${trouble}` : `up, MongoDB ${store.version}`),
    ...mints.map(({ url, answers, version, tookMs }) =>
      row(
        'mint',
        answers ? `${url}: up, ${version ?? 'no version'}, ${tookMs} ms` : `${url}: DOWN, no answer`,
      ),
    ),
    ...(store === null ? [] : storeRows(store, at)),
    row('backups', 'not known: Crucible does not make them yet (docs/restore.md)'),
  ].join('\n');
}

function storeRows({ operations, reports, sealing }: StoreOverview, at: Date): string[] {
  const since = (then: Date | null) =>
    then === null ? 'never' : `${age(at.getTime() - then.getTime())} ago`;
  const { lastSealedAt, unsealed, oldestUnsealedAt } = sealing;
  const waiting = unsealed === 0 ? '' : `, ${unsealed} waiting since ${since(oldestUnsealedAt)}`;
  return [
    ...(operations.length === 0 ? [row('operations', 'none is open')] : []),
    ...operations.map(({ kind, state, count, oldestAt, oldestId }) =>
      row('operations', `${kind} ${state}: ${count}, the oldest from ${since(oldestAt)} (${oldestId})`),
    ),
    ...(reports.length === 0 ? [row('reports', 'none is open')] : []),
    ...reports.map(({ severity, count, codes }) =>
      row('reports', `${severity}: ${count} open (${codes.join(', ')})`),
    ),
    row('audit log', `sealed ${since(lastSealedAt)}${waiting}`),
  ];
}

const row = (name: string, says: string): string => `${name.padEnd(11)} ${says}`;

/** In the largest unit that leaves no less than one. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} days`;
}

function isJsonIn(words: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...words], options: { json: { type: 'boolean' } } }).values.json === true;
  } catch {
    throw new UsageError('status takes --json or nothing');
  }
}
