import {
  type Fields,
  fields,
  malformed,
  optionalChoice,
  optionalCount,
  optionalText,
  refuseUnknown,
} from '../mint/read.ts';
import type { Fault, FaultKind } from './faults.ts';
import { readFault } from './readFault.ts';

export type Match = {
  method: 'GET' | 'POST' | null;
  /** Exact, or a prefix where it ends in `*`. null = every path of the mint. */
  path: string | null;
};

export type Rule = {
  match: Match;
  fault: Fault;
  /** How many requests it meets; null = every one until it is cleared. */
  times: number | null;
  /** How many matching requests pass before it begins. */
  after: number;
  /** Of meeting a request that is due: above 0, at most 1. */
  probability: number;
};

const ruleMembers = ['match', 'fault', 'times', 'after', 'probability'];

/**
 * Reads one rule of POST /sim/faults: `fault` is a kind with its options beside it, or an object of both.
 * Throws MintError 10000 with the name of what is wrong.
 */
export function readRule(value: unknown): Rule {
  const rule = fields(value, 'a fault rule');
  const fault = readFault(faultIn(rule));
  return {
    match: readMatch(rule['match'], fault.kind),
    fault,
    times: rule['times'] === null ? null : (optionalCount(rule, 'times') ?? 1),
    after: optionalCount(rule, 'after') ?? 0,
    probability: readProbability(rule['probability']),
  };
}

function faultIn(rule: Fields): Fields {
  if (typeof rule['fault'] !== 'string') {
    refuseUnknown(rule, ruleMembers, 'a member of a fault rule');
    return fields(rule['fault'], 'fault');
  }
  const beside = Object.entries(rule).filter(([name]) => !ruleMembers.includes(name));
  return { ...Object.fromEntries(beside), kind: rule['fault'] };
}

function readMatch(value: unknown, kind: FaultKind): Match {
  const match = value === undefined ? {} : fields(value, 'match');
  refuseUnknown(match, ['method', 'path'], 'a member of match');
  const method = optionalChoice(match, 'method', ['GET', 'POST']);
  const path = optionalText(match, 'path');
  if (path !== null) return { method, path };
  return { method: method ?? usual[kind]?.method ?? null, path: usual[kind]?.path ?? null };
}

/** Faults that make sense in one place only are found there unless the rule names a path. */
const usual: { readonly [Kind in FaultKind]?: Match } = {
  lie_unpaid: { method: 'GET', path: '/v1/melt/quote/*' },
  alter_quote: { method: null, path: '/v1/melt/quote/*' },
  override_state: { method: 'POST', path: '/v1/checkstate' },
  change_late: { method: 'POST', path: '/v1/melt/bolt11' },
  change_amount: { method: 'POST', path: '/v1/melt/bolt11' },
  melt_pending: { method: 'POST', path: '/v1/melt/bolt11' },
  forget_quote: { method: 'GET', path: '/v1/melt/quote/*' },
};

function readProbability(value: unknown): number {
  if (value === undefined) return 1;
  const isOne = typeof value === 'number' && value > 0 && value <= 1;
  return isOne ? value : malformed('probability must be a number above 0, at most 1');
}

export function matches(match: Match, method: string, path: string): boolean {
  if (match.method !== null && match.method !== method) return false;
  if (match.path === null) return true;
  return match.path.endsWith('*') ? path.startsWith(match.path.slice(0, -1)) : path === match.path;
}
