import { readFileSync } from 'node:fs';
import { nearestName } from './models/nearestName.ts';

/** Settings are missing or wrong: one line for each, which names the variable, never a secret's value. */
export class ConfigError extends Error {}

export type Environment = Record<string, string | undefined>;

/** The environment, read once. What is wrong is collected, so that a person can mend all of it at once. */
export type Settings = {
  /** Trimmed; null where it is not set, or set to nothing. */
  text(name: string): string | null;
  required(name: string, meaning: string): string;
  integer(name: string, fallback: number, min: number, max: number): number;
  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T;
  /** Separated by commas. */
  listed(name: string): string[];
  /** Notes what is wrong. @returns the stand-in, which nobody will see: `complete` throws */
  refuse<T>(name: string, sentence: string, standIn: T): T;
  /** Every variable that was asked for so far. */
  names(): string[];
  /** @throws ConfigError with everything that is wrong, unknown `CRUCIBLE_*` names too */
  complete(): void;
};

/**
 * Names that begin like the server's settings and are none. They change nothing in a server, and are here so that
 * `npm start` and tests may have them in the environment that the server's settings are read from.
 */
export const namesOfOthers: readonly string[] = [
  'CRUCIBLE_DATA_DIR',
  'CRUCIBLE_DEV',
  'CRUCIBLE_FAULT_TABLE',
  'CRUCIBLE_LEAKS_TO',
  'CRUCIBLE_SEQUENCE_SEED',
  'CRUCIBLE_TEST_MONGODB_URI',
];

/** @param inFiles names that may be given as `NAME_FILE`, too, and whether such a file may be empty */
export function readSettings(
  environment: Environment,
  inFiles: ReadonlyMap<string, { mayBeEmpty: boolean }>,
): Settings {
  // By variable, so that one mistake is told once: a file that cannot be read, and not also that its setting is missing.
  const mistakes = new Map<string, string>();
  const asked = new Set<string>();

  function refuse<T>(name: string, sentence: string, standIn: T): T {
    if (!mistakes.has(name)) mistakes.set(name, sentence);
    return standIn;
  }

  function text(name: string): string | null {
    asked.add(name);
    const value = environment[name]?.trim() || null;
    const file = inFiles.get(name);
    const path = file === undefined ? null : environment[`${name}_FILE`]?.trim() || null;
    if (file === undefined || path === null) return value;
    if (value !== null)
      return refuse(name, `${name} and ${name}_FILE are both set; leave one of them out.`, null);
    return contentOf(name, path, file.mayBeEmpty);
  }

  /** `NAME_FILE` names a file that holds NAME, as container secrets do: an environment is easily shown by accident. */
  function contentOf(name: string, path: string, mayBeEmpty: boolean): string | null {
    let content: string;
    try {
      content = readFileSync(path, 'utf8').trim();
    } catch (error) {
      const hasCode = typeof error === 'object' && error !== null && 'code' in error;
      const reason = hasCode ? String(error.code) : 'unreadable';
      return refuse(name, `${name}_FILE names ${path}, which cannot be read (${reason}).`, null);
    }
    if (content === '' && !mayBeEmpty)
      return refuse(name, `${name}_FILE names ${path}, which is empty.`, null);
    return content || null;
  }

  function required(name: string, meaning: string): string {
    return text(name) ?? refuse(name, `${name} is not set; it should be ${meaning}.`, '');
  }

  function integer(name: string, fallback: number, min: number, max: number): number {
    const given = text(name);
    if (given === null) return fallback;
    const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    return refuse(name, `${name} must be a whole number from ${min} to ${max}.`, fallback);
  }

  function oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const given = text(name);
    if (given === null) return fallback;
    const found = allowed.find((value) => value === given);
    return found ?? refuse(name, `${name} must be one of ${allowed.join(', ')}.`, fallback);
  }

  const listed = (name: string): string[] =>
    (text(name) ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');

  function complete(): void {
    const known = [...asked, ...[...inFiles.keys()].map((name) => `${name}_FILE`)];
    const sentences = [...mistakes.values(), ...strangers(environment, known)];
    if (sentences.length > 0) throw new ConfigError(sentences.join('\n'));
  }

  return { text, required, integer, oneOf, listed, refuse, names: () => [...asked], complete };
}

const prefix = 'CRUCIBLE_';

/** A misspelt setting would be ignored, and its default be taken for what somebody chose. */
function strangers(environment: Environment, known: readonly string[]): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && environment[name]?.trim())
    .filter((name) => !known.includes(name) && !namesOfOthers.includes(name))
    .map((name) => {
      const meant = meantBy(name, known);
      const hint = meant === null ? 'All settings are in README.md.' : `Did you mean ${meant}?`;
      return `${name} is not a setting of Crucible. ${hint}`;
    });
}

/** Compared without the prefix, which some settings do not have (`CRUCIBLE_PORT` is meant to be `PORT`). */
function meantBy(name: string, known: readonly string[]): string | null {
  const bare = (full: string): string => (full.startsWith(prefix) ? full.slice(prefix.length) : full);
  const nearest = nearestName(bare(name), known.map(bare));
  return known.find((one) => bare(one) === nearest) ?? null;
}
