import { parseArgs } from 'node:util';
import { createExamination } from '../commandContext.ts';
import { ConfigError, loadConfig } from '../config.ts';
import type { Profile } from '../models/profile.ts';
import { refuseUnfitServer } from '../productionRefusals.ts';
import { type Finding, fine, notice, wrong } from '../services/doctor/findings.ts';
import { UsageError } from './keys.ts';

/**
 * `crucible doctor`: a line for everything that a person would look at, on stdout.
 * @returns 0 where nothing is wrong, else 1
 * @throws UsageError
 */
export async function doctor(words: readonly string[]): Promise<number> {
  const { json } = optionsIn(words);
  const findings = await allFindings();
  const isFine = findings.every(({ verdict }) => verdict !== 'wrong');
  process.stdout.write(`${json ? JSON.stringify({ fine: isFine, findings }, null, 2) : asLines(findings)}\n`);
  return isFine ? 0 : 1;
}

/** A line for everything, also where the settings cannot be read. */
export async function allFindings(): Promise<readonly Finding[]> {
  const loaded = orFindings(loadConfig);
  if (Array.isArray(loaded))
    return [...loaded, notice('configuration', 'Nothing else was looked at: this comes first.')];
  const { examination, dispose } = createExamination(loaded);
  try {
    const { findings, profile } = await examination();
    return [...settingsFindings(loaded, profile), ...findings];
  } finally {
    await dispose();
  }
}

/** The development profile may run on settings that production refuses. */
function settingsFindings(loaded: ReturnType<typeof loadConfig>, profile: Profile | null): Finding[] {
  if (profile === 'development')
    return [fine('configuration', 'It can be read, and the database is for development.')];
  const refused = orFindings(() => refuseUnfitServer(loaded.config, loaded.secrets));
  return Array.isArray(refused)
    ? refused
    : [fine('configuration', 'It can be read, and is fit for production.')];
}

/** What `read` gives, or a finding for each line of its refusal. */
function orFindings<T>(read: () => T): T | Finding[] {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n').map((line) => wrong('configuration', line));
  }
}

const marks = { fine: 'ok   ', notice: 'note ', wrong: 'WRONG' } as const;

function asLines(findings: readonly Finding[]): string {
  return findings
    .map(({ check, verdict, subject, says, next }) => {
      const about = subject === null ? '' : `${subject}: `;
      const line = `${marks[verdict]}  ${check.padEnd(13)}  ${about}${says}`;
      return next === null ? line : `${line}\n${' '.repeat(22)}→ ${next}`;
    })
    .join('\n');
}

function optionsIn(words: readonly string[]): { json: boolean } {
  try {
    const { values } = parseArgs({ args: [...words], options: { json: { type: 'boolean' } } });
    return { json: values.json === true };
  } catch {
    throw new UsageError('doctor takes --json or nothing');
  }
}
