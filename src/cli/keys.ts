import { parseArgs } from 'node:util';
import { loadConfig } from '../config.ts';
import { createContext } from '../context.ts';
import { type Scope, scopes } from '../models/apiKey.ts';
import { isNpub } from '../models/npub.ts';
import type { ApiKeyService } from '../services/auth/contracts.ts';
import type { Services } from '../services/contracts.ts';
import { keysAsJson, keysAsTable } from './keyList.ts';

/** The command line does not say what it should. */
export class UsageError extends Error {}

type Draft = Parameters<ApiKeyService['issue']>[0];

type Asked =
  | { verb: 'create'; draft: Draft }
  | { verb: 'list'; json: boolean }
  | { verb: 'revoke'; id: string };

/**
 * `crucible keys create|list|revoke`. What was asked for goes to stdout: a new key's token, or the list.
 * @returns the exit code
 * @throws UsageError naming what is wrong; nothing was done then
 */
export async function keys(words: readonly string[]): Promise<number> {
  const asked = readWords(words);
  const { services, dispose } = await createContext(loadConfig());
  try {
    switch (asked.verb) {
      case 'create':
        return await create(services, asked.draft);
      case 'list':
        return await list(services, asked.json);
      case 'revoke':
        return await revoke(services, asked.id);
    }
  } finally {
    await dispose();
  }
}

async function create({ apiKeys }: Services, draft: Draft): Promise<number> {
  const { key, token } = await apiKeys.issue(draft);
  process.stderr.write(`Key ${key.id} can do: ${key.scopes.join(', ')}. Its token is told this once:\n`);
  process.stdout.write(`${token}\n`);
  return 0;
}

async function list({ apiKeys }: Services, json: boolean): Promise<number> {
  const all = await apiKeys.list();
  process.stdout.write(`${json ? keysAsJson(all) : keysAsTable(all)}\n`);
  return 0;
}

/** A key, or a token that a signed request was exchanged for: both are named by the sixteen digits in their middle. */
async function revoke({ apiKeys, bearerTokens }: Services, id: string): Promise<number> {
  const outcome = (await bearerTokens.revoke(id)) ? 'revoked' : await apiKeys.revoke(id);
  switch (outcome) {
    case 'revoked':
      process.stderr.write(`${id} is revoked: from now on it opens nothing, on any server.\n`);
      return 0;
    case 'already_revoked':
      process.stderr.write(`${id} was revoked before.\n`);
      return 0;
    case 'unknown':
      process.stderr.write(`There is no key ${id}; crucible keys list shows those that there are.\n`);
      return 1;
  }
}

function readWords([verb, ...options]: readonly string[]): Asked {
  switch (verb) {
    case 'create':
      return { verb, draft: readDraft(options) };
    case 'list':
      return { verb, json: readFlags(options).json ?? false };
    case 'revoke':
      return { verb, id: readId(options) };
    default:
      throw new UsageError(verb === undefined ? 'keys: what about them?' : 'unknown command');
  }
}

function readDraft(options: readonly string[]): Draft {
  const { scopes: wanted, npub = null, label = 'made on the command line', days, budget } = textsIn(options);
  if (wanted === undefined) throw new UsageError('--scopes is missing');
  const named = [...new Set(wanted.split(',').map(scopeNamed))];
  const isAdmin = named.includes('admin');
  if (npub !== null && !isNpub(npub)) throw new UsageError('--npub must be a whole npub: npub1…');
  if (npub !== null && isAdmin) throw new UsageError('an admin key cannot be bound to one --npub');
  if (!/^\P{C}{1,100}$/u.test(label))
    throw new UsageError('--label must be a text of 1 to 100 printable characters');
  if (budget !== undefined && !isAdmin && !named.includes('wallet:melt'))
    throw new UsageError('--budget bounds payments: the key needs the scope wallet:melt for it to matter');
  return {
    label,
    scopes: named,
    npub,
    expiresAt: days === undefined ? null : inDays(wholeNumber('--days', days, 3_650)),
    budgetSatPerDay:
      budget === undefined ? null : BigInt(wholeNumber('--budget', budget, Number.MAX_SAFE_INTEGER)),
  };
}

function textsIn(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { scopes: text, npub: text, label: text, days: text, budget: text };
  return explained(() => parseArgs({ args: [...args], options }).values);
}

function readFlags(args: readonly string[]) {
  return explained(() => parseArgs({ args: [...args], options: { json: { type: 'boolean' } } }).values);
}

function readId(args: readonly string[]): string {
  const [id, ...others] = explained(
    () => parseArgs({ args: [...args], options: {}, allowPositionals: true }).positionals,
  );
  if (id === undefined || others.length > 0 || !/^[0-9a-f]{16}$/.test(id))
    throw new UsageError('keys revoke takes the id of one key: sixteen digits of 0-9 and a-f');
  return id;
}

function explained<T>(read: () => T): T {
  try {
    return read();
  } catch {
    // Node's own words quote what was typed, which may be a token.
    throw new UsageError('the options make no sense');
  }
}

function scopeNamed(name: string): Scope {
  const scope = scopes.find((known) => known === name.trim());
  if (scope === undefined) throw new UsageError(`there is no scope "${name.trim()}"`);
  return scope;
}

function wholeNumber(option: string, text: string, max: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (!Number.isSafeInteger(value) || value < 1 || value > max)
    throw new UsageError(`${option} must be a whole number from 1 to ${max}`);
  return value;
}

const inDays = (days: number): Date => new Date(Date.now() + days * 24 * 3_600_000);
