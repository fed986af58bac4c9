import { limits } from '../limits.ts';
import {
  choice,
  count,
  type Fields,
  fields,
  integer,
  malformed,
  optionalChoice,
  optionalCount,
  optionalFlag,
  optionalText,
  refuseUnknown,
  text,
  texts,
} from '../mint/read.ts';
import {
  type Fault,
  type FaultKind,
  type FaultOf,
  type Flaw,
  flaws,
  proofStates,
  type RedirectStatus,
  redirects,
} from './faults.ts';

/** How each kind reads its options. What it returns names them all, so that no other is taken for one. */
const readers: { readonly [Kind in FaultKind]: (options: Fields) => FaultOf<Kind> } = {
  drop_before: () => ({ kind: 'drop_before' }),
  drop_after: () => ({ kind: 'drop_after' }),
  drop_then_process: (options) => ({ kind: 'drop_then_process', afterMs: optionalCount(options, 'afterMs') }),
  delay: (options) => ({ kind: 'delay', delayMs: count(options, 'delayMs') }),
  hold: () => ({ kind: 'hold' }),
  duplicate: (options) => ({
    kind: 'duplicate',
    answer: optionalChoice(options, 'answer', ['first', 'second']) ?? 'second',
  }),
  status: (options) => ({
    kind: 'status',
    status: statusIn(options),
    body: options['body'] ?? { detail: 'a fault was asked for', code: 0 },
    retryAfterSeconds: optionalCount(options, 'retryAfterSeconds'),
    processed: optionalFlag(options, 'processed'),
  }),
  error_code: (options) => ({
    kind: 'error_code',
    code: count(options, 'code'),
    detail: optionalText(options, 'detail') ?? 'a fault was asked for',
    processed: optionalFlag(options, 'processed'),
  }),
  html: (options) => ({
    kind: 'html',
    status: options['status'] === undefined ? 502 : statusIn(options),
    processed: optionalFlag(options, 'processed'),
  }),
  redirect: (options) => ({
    kind: 'redirect',
    location: text(options, 'location'),
    status: options['status'] === undefined ? 307 : redirectStatus(options),
    processed: optionalFlag(options, 'processed'),
  }),
  truncate: (options) => ({
    kind: 'truncate',
    contentLength: optionalChoice(options, 'contentLength', ['actual', 'full']) ?? 'actual',
  }),
  huge_body: (options) => ({ kind: 'huge_body', bytes: bodySize(options) }),
  lie_unpaid: () => ({ kind: 'lie_unpaid' }),
  alter_quote: (options) => ({
    kind: 'alter_quote',
    add: numbersIn(optionalFields(options, 'add')),
    set: optionalFields(options, 'set'),
  }),
  override_state: (options) => ({
    kind: 'override_state',
    Y: optionalText(options, 'Y') ?? '*',
    state: choice(options, 'state', proofStates),
  }),
  spoil_signatures: (options) => ({
    kind: 'spoil_signatures',
    flaws: flawsIn(options),
    position: optionalCount(options, 'position'),
    keysetId: optionalText(options, 'keysetId') ?? '00ffffffffffffff',
  }),
  change_late: (options) => ({ kind: 'change_late', afterMs: countOrNull(options, 'afterMs') }),
  change_amount: (options) => ({ kind: 'change_amount', delta: integer(options, 'delta') }),
  melt_pending: (options) => ({
    kind: 'melt_pending',
    result: optionalChoice(options, 'result', ['paid', 'failed']),
    afterMs: optionalCount(options, 'afterMs') ?? 0,
    cached: optionalFlag(options, 'cached'),
  }),
  rotate_keyset: (options) => ({
    kind: 'rotate_keyset',
    when: optionalChoice(options, 'when', ['before', 'after']) ?? 'before',
    inputFeePpk: optionalCount(options, 'inputFeePpk'),
  }),
  forget_quote: (options) => ({ kind: 'forget_quote', really: optionalFlag(options, 'really') }),
};

/** Reads `{kind, …options}`. Throws MintError 10000 for a kind, an option or a value that makes no sense. */
export function readFault(options: Fields): Fault {
  const fault = readers[kindIn(options)](options);
  refuseUnknown(options, Object.keys(fault), `an option of ${fault.kind}`);
  return fault;
}

/** For what has no default: null must be said. */
function countOrNull(options: Fields, name: string): number | null {
  return options[name] === null ? null : count(options, name);
}

function kindIn(options: Fields): FaultKind {
  const kind = text(options, 'kind');
  return isKind(kind) ? kind : malformed(`the fault must be one of ${Object.keys(readers).join(', ')}`);
}

function isKind(kind: string): kind is FaultKind {
  return Object.hasOwn(readers, kind);
}

function statusIn(options: Fields): number {
  const status = count(options, 'status');
  return status >= 200 && status <= 599 ? status : malformed('status must be between 200 and 599');
}

function redirectStatus(options: Fields): RedirectStatus {
  const status = redirects.find((one) => one === options['status']);
  return status ?? malformed(`status must be one of ${redirects.join(', ')}`);
}

function bodySize(options: Fields): number {
  const bytes = optionalCount(options, 'bytes') ?? 10_000_000;
  return bytes <= limits.hugeBodyBytes ? bytes : malformed(`bytes must be ${limits.hugeBodyBytes} at most`);
}

function optionalFields(options: Fields, name: string): Fields {
  return options[name] === undefined ? {} : fields(options[name], name);
}

function numbersIn(given: Fields): Record<string, number> {
  return Object.fromEntries(Object.keys(given).map((name) => [name, integer(given, name)]));
}

function flawsIn(options: Fields): Flaw[] {
  return texts(options, 'flaws').map(
    (wish) => flaws.find((flaw) => flaw === wish) ?? malformed(`flaws must be among ${flaws.join(', ')}`),
  );
}
