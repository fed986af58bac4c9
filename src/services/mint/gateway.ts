import type { BackendTrouble } from '../../models/backendTrouble.ts';
import type { BlindSignature, PlannedOutput } from '../../models/proof.ts';
import { troubleIn } from './backendTrouble.ts';
import { inBatches } from './batches.ts';
import { type Circuit, createBreaker } from './breaker.ts';
import { createMintLine, type MintLimits, type Question } from './courtesy.ts';
import { type Refusal, readPreimage, refusalIn } from './replies.ts';
import type { Exchange, Transport } from './transport.ts';
import {
  asAmount,
  asBlindSignatures,
  asHex,
  asList,
  asQuoteId,
  asRecord,
  asText,
  asUnixTime,
  type JsonRecord,
  parseJson,
} from './wire.ts';

/** An answer to a question that moves no money. `trouble`: what the mint's words tell of its backend, where they do. */
export type Answer<T> =
  | { kind: 'answer'; value: T }
  | ({ kind: 'refused'; httpStatus: number; trouble?: BackendTrouble } & Refusal)
  | { kind: 'unreachable'; trouble?: BackendTrouble }
  | { kind: 'nonsense' };

export type ProofState = 'UNSPENT' | 'PENDING' | 'SPENT';

export type MeltQuoteState = 'UNPAID' | 'PENDING' | 'PAID';

export type MeltQuoteReply = {
  id: string;
  request: string | null;
  unit: string | null;
  amount: bigint;
  feeReserve: bigint;
  state: MeltQuoteState;
  expiry: Date | null;
  preimage: string | null;
  /** Null where the mint did not mention change at all; an empty list is a statement. */
  change: BlindSignature[] | null;
};

export type MintQuoteReply = {
  id: string;
  invoice: string;
  state: 'UNPAID' | 'PAID' | 'ISSUED';
  expiry: Date | null;
};

/** An output as far as a mint sees it. */
type Blinded = Pick<PlannedOutput, 'B_' | 'keysetId' | 'amount'>;

export type RestoredOutput = { B_: string; signature: BlindSignature };

/** Whether the mint has signed any of the outputs that it was asked about; null = there was none to ask about. */
export function signedView(restored: Answer<RestoredOutput[]> | null): 'SIGNED' | 'UNSIGNED' | 'UNREACHABLE' {
  if (restored === null) return 'UNSIGNED';
  if (restored.kind !== 'answer') return 'UNREACHABLE';
  return restored.value.length > 0 ? 'SIGNED' : 'UNSIGNED';
}

export type MintHealth = {
  /** How long ago the mint itself last replied, in ms; null = never. */
  answeredMsAgo: number | null;
  /** Whether what would start something is asked at all just now. */
  circuit: Circuit;
};

/** Everything that Crucible ever asks one mint. */
export type MintGateway = {
  readonly url: string;
  get(path: string): Promise<Answer<JsonRecord>>;
  createMintQuote(draft: {
    amount: bigint;
    unit: string;
    pubkey: string | null;
  }): Promise<Answer<MintQuoteReply>>;
  mintQuote(quoteId: string): Promise<Answer<MintQuoteReply>>;
  /** `payersMsat`: what to pay on an invoice that leaves it to the payer (NUT-23). */
  createMeltQuote(invoice: string, unit: string, payersMsat?: bigint | null): Promise<Answer<MeltQuoteReply>>;
  meltQuote(quoteId: string): Promise<Answer<MeltQuoteReply>>;
  /** NUT-07, matched by Y and never by position; every Y asked for is in the answer. */
  proofStates(Ys: readonly string[]): Promise<Answer<Map<string, ProofState>>>;
  /** NUT-09: which of these outputs the mint has signed. */
  restore(outputs: readonly Blinded[]): Promise<Answer<RestoredOutput[]>>;
  /** Sends an exact, persisted body. One attempt. */
  submit(path: 'swap' | 'melt/bolt11' | 'mint/bolt11', body: string): Promise<Exchange>;
  health(): MintHealth;
  /** Whether a waiting operation may be looked at now; see `Breaker`. */
  admitsLook(): boolean;
  returnLook(): void;
  isResting(): boolean;
};

/** More entries than anybody can have asked for. */
const mostEntries = 200;

/** A gateway to the mint at `url`. Opens nothing until asked. */
export function createMintGateway(url: string, transport: Transport, limits: MintLimits): MintGateway {
  const breaker = createBreaker();
  const line = createMintLine(url, transport, breaker, limits);

  async function ask<T>(question: Question, read: (reply: JsonRecord) => T | undefined): Promise<Answer<T>> {
    const result = await line.ask(question);
    if (result.kind === 'lost')
      return result.reason === 'too_large' ? { kind: 'nonsense' } : { kind: 'unreachable' };
    if (result.httpStatus === 200) {
      const record = asRecord(parseJson(result.body));
      const value = record === undefined ? undefined : read(record);
      return value === undefined ? { kind: 'nonsense' } : { kind: 'answer', value };
    }
    const trouble = troubleIn(result);
    const told = trouble === null ? {} : { trouble };
    const refusal = refusalIn(result);
    if (refusal !== null) return { kind: 'refused', httpStatus: result.httpStatus, ...refusal, ...told };
    // Whoever says so, the mint or what stands before it, and in whatever words.
    if (result.httpStatus === 413) return { kind: 'refused', httpStatus: 413, code: null, detail: null };
    return result.httpStatus >= 500 || result.httpStatus === 429
      ? { kind: 'unreachable', ...told }
      : { kind: 'nonsense' };
  }

  const statesOf = inBatches((Ys: readonly string[]) =>
    ask(lookUp('checkstate', { Ys }), (reply) => readStates(reply, Ys)),
  );

  async function proofStates(Ys: readonly string[]): Promise<Answer<Map<string, ProofState>>> {
    const answer = await statesOf(Ys);
    return answer.kind === 'answer' ? { kind: 'answer', value: new Map(answer.value) } : answer;
  }

  const restore = inBatches((outputs: readonly Blinded[]) =>
    ask(lookUp('restore', { outputs: outputs.map((output) => wireOutput(output)) }), (reply) =>
      readRestored(reply, outputs),
    ),
  );

  return {
    url,
    get: (path) =>
      ask(
        { method: 'GET', path, kind: 'information', standing: 'informing', repeat: 'any' },
        (reply) => reply,
      ),
    createMintQuote: ({ amount, unit, pubkey }) => {
      const body = { amount: Number(amount), unit, ...(pubkey === null ? {} : { pubkey }) };
      return ask(creating('mint/quote/bolt11', body), readMintQuote);
    },
    mintQuote: (quoteId) => ask(reading(`mint/quote/bolt11/${encodeURIComponent(quoteId)}`), readMintQuote),
    createMeltQuote: (invoice, unit, payersMsat = null) => {
      const options = { amountless: { amount_msat: Number(payersMsat) } };
      const body = { request: invoice, unit, ...(payersMsat === null ? {} : { options }) };
      return ask(creating('melt/quote/bolt11', body), readMeltQuote);
    },
    meltQuote: (quoteId) => ask(reading(`melt/quote/bolt11/${encodeURIComponent(quoteId)}`), readMeltQuote),
    proofStates,
    restore,
    submit: (path, body) => line.submit(path, body, path === 'melt/bolt11' ? 'melt' : 'exchange'),
    admitsLook: breaker.admitsLook,
    returnLook: breaker.returnLook,
    isResting: breaker.isResting,
    health: () => {
      const heardAt = breaker.heardAt();
      return {
        answeredMsAgo: heardAt === null ? null : Math.round(performance.now() - heardAt),
        circuit: breaker.circuit(),
      };
    },
  };
}

/** Questions about what an operation has at the mint: they change nothing there, and must be possible when it is back. */
function reading(path: string): Question {
  return { method: 'GET', path, kind: 'quote', standing: 'settling', repeat: 'any' };
}

function lookUp(path: 'checkstate' | 'restore', body: JsonRecord): Question {
  return {
    method: 'POST',
    path,
    body: JSON.stringify(body),
    kind: 'state',
    standing: 'settling',
    repeat: 'any',
  };
}

/**
 * A quote moves no money, but it leaves something at the mint: an invoice that nobody would watch, work for its Lightning
 * node. So it is not asked for twice unless the first request has certainly not left.
 */
function creating(path: 'mint/quote/bolt11' | 'melt/quote/bolt11', body: JsonRecord): Question {
  return {
    method: 'POST',
    path,
    body: JSON.stringify(body),
    kind: 'quote',
    standing: 'starting',
    repeat: 'unsent',
  };
}

/** An output as it goes over the wire. A blank gets amount 1, as NUT-08 advises: the mint ignores it. */
export function wireOutput(output: Blinded): JsonRecord {
  return { amount: output.amount === 0n ? 1 : Number(output.amount), id: output.keysetId, B_: output.B_ };
}

function readMeltQuote(reply: JsonRecord): MeltQuoteReply | undefined {
  const id = asQuoteId(reply['quote']);
  const amount = asAmount(reply['amount']);
  const feeReserve = asAmount(reply['fee_reserve']);
  const state = reply['state'];
  if (!id || amount === undefined || feeReserve === undefined) return undefined;
  if (state !== 'UNPAID' && state !== 'PENDING' && state !== 'PAID') return undefined;
  return {
    id,
    request: asText(reply['request']) ?? null,
    unit: asText(reply['unit'], 32) ?? null,
    amount,
    feeReserve,
    state,
    expiry: asUnixTime(reply['expiry']),
    preimage: readPreimage(reply),
    change: asBlindSignatures(reply['change']) ?? null,
  };
}

function readMintQuote(reply: JsonRecord): MintQuoteReply | undefined {
  const id = asQuoteId(reply['quote']);
  const invoice = asText(reply['request']);
  const state = reply['state'];
  if (!id || !invoice) return undefined;
  if (state !== 'UNPAID' && state !== 'PAID' && state !== 'ISSUED') return undefined;
  return { id, invoice, state, expiry: asUnixTime(reply['expiry']) };
}

function readStates(reply: JsonRecord, asked: readonly string[]): [string, ProofState][] | undefined {
  const states = new Map<string, ProofState>();
  for (const item of asList(reply['states'], mostEntries) ?? []) {
    const record = asRecord(item);
    const Y = asHex(record?.['Y'], 33);
    const state = record?.['state'];
    if (Y === undefined || !asked.includes(Y)) continue;
    if (state === 'UNSPENT' || state === 'PENDING' || state === 'SPENT') states.set(Y, state);
  }
  return asked.every((Y) => states.has(Y)) ? [...states] : undefined;
}

function readRestored(reply: JsonRecord, asked: readonly { B_: string }[]): RestoredOutput[] | undefined {
  const outputs = asList(reply['outputs'], mostEntries);
  const signatures = asBlindSignatures(reply['signatures'] ?? reply['promises']);
  if (outputs === undefined || signatures === undefined || outputs.length !== signatures.length)
    return undefined;
  const restored: RestoredOutput[] = [];
  for (const [position, signature] of signatures.entries()) {
    const B_ = asHex(asRecord(outputs[position])?.['B_'], 33);
    if (B_ === undefined || !asked.some((output) => output.B_ === B_)) continue;
    restored.push({ B_, signature });
  }
  return restored;
}
