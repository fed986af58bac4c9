import {
  choice,
  count,
  type Fields,
  fields,
  malformed,
  optionalChoice,
  optionalCount,
  optionalText,
} from '../mint/read.ts';

export const proofStates = ['UNSPENT', 'PENDING', 'SPENT'] as const;
export type ProofStateName = (typeof proofStates)[number];

/** Everything that can go wrong on request. A new kind gets a case here and one in faults/acts.ts. */
export type Fault =
  | { kind: 'drop_before' }
  | { kind: 'drop_after' }
  | { kind: 'delay'; delayMs: number }
  | { kind: 'status'; status: number; body: unknown; retryAfterSeconds: number | null }
  | { kind: 'hold' }
  | { kind: 'lie_unpaid' }
  | { kind: 'change_late'; afterMs: number }
  | { kind: 'override_state'; Y: string; state: ProofStateName };

const kinds = [
  'drop_before',
  'drop_after',
  'delay',
  'status',
  'hold',
  'lie_unpaid',
  'change_late',
  'override_state',
] as const satisfies readonly Fault['kind'][];

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
};

/** Reads one rule of POST /sim/faults: `fault` is a kind, its details stand beside it or in an object. */
export function readRule(value: unknown): Rule {
  const rule = fields(value, 'a fault rule');
  const details =
    typeof rule['fault'] === 'string' ? { ...rule, kind: rule['fault'] } : fields(rule['fault'], 'fault');
  const fault = readFault(details);
  return {
    match: readMatch(rule['match'], fault),
    fault,
    times: rule['times'] === null ? null : (optionalCount(rule, 'times') ?? 1),
    after: optionalCount(rule, 'after') ?? 0,
  };
}

function readMatch(value: unknown, fault: Fault): Match {
  const match = value === undefined ? {} : fields(value, 'match');
  return {
    method: optionalChoice(match, 'method', ['GET', 'POST']) ?? usual[fault.kind]?.method ?? null,
    path: optionalText(match, 'path') ?? usual[fault.kind]?.path ?? null,
  };
}

/** Faults that make sense in one place only are found there unless the rule says otherwise. */
const usual: { readonly [Kind in Fault['kind']]?: Match } = {
  lie_unpaid: { method: 'GET', path: '/v1/melt/quote/*' },
  change_late: { method: 'POST', path: '/v1/melt/bolt11' },
  override_state: { method: 'POST', path: '/v1/checkstate' },
};

function readFault(details: Fields): Fault {
  const kind = choice(details, 'kind', kinds);
  switch (kind) {
    case 'delay':
      return { kind, delayMs: count(details, 'delayMs') };
    case 'status':
      return {
        kind,
        status: readStatus(details),
        body: details['body'] ?? { detail: 'a fault was asked for', code: 0 },
        retryAfterSeconds: optionalCount(details, 'retryAfterSeconds'),
      };
    case 'change_late':
      return { kind, afterMs: count(details, 'afterMs') };
    case 'override_state':
      return { kind, Y: optionalText(details, 'Y') ?? '*', state: choice(details, 'state', proofStates) };
    default:
      return { kind };
  }
}

function readStatus(details: Fields): number {
  const status = count(details, 'status');
  return status >= 200 && status <= 599 ? status : malformed('status must be between 200 and 599');
}

export function matches(match: Match, method: string, path: string): boolean {
  if (match.method !== null && match.method !== method) return false;
  if (match.path === null) return true;
  return match.path.endsWith('*') ? path.startsWith(match.path.slice(0, -1)) : path === match.path;
}
