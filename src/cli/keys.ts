import { parseArgs } from 'node:util';
import { type Scope, scopes } from '../models/apiKey.ts';

/** The command line does not say what it should. */
export class UsageError extends Error {}

/**
 * Reads the options of `keys create`.
 * @throws UsageError naming what is wrong
 */
export function keysCreate(words: readonly string[]): {
  label: string;
  scopes: Scope[];
  npub: string | null;
  expiresAt: Date | null;
} {
  const { scopes: wanted, npub, label, days } = optionsIn(words);
  if (wanted === undefined) throw new UsageError('--scopes is missing');
  return {
    label: label ?? 'made on the command line',
    scopes: wanted.split(',').map(scopeNamed),
    npub: npub ?? null,
    expiresAt: days === undefined ? null : inDays(days),
  };
}

function optionsIn(words: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...words], options: { scopes: text, npub: text, label: text, days: text } })
      .values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the options make no sense');
  }
}

function scopeNamed(name: string): Scope {
  const scope = scopes.find((known) => known === name.trim());
  if (scope === undefined) throw new UsageError(`there is no scope "${name.trim()}"`);
  return scope;
}

function inDays(text: string): Date {
  const days = Number(text);
  if (!Number.isSafeInteger(days) || days < 1 || days > 3_650)
    throw new UsageError('--days must be a whole number from 1 to 3650');
  return new Date(Date.now() + days * 24 * 3_600_000);
}
