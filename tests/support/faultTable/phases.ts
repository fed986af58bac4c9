import type { FaultWish, InvoiceWishes } from '../../../simulator/client.ts';
import type { Flaw } from '../../../simulator/faults/faults.ts';
import type { MeltState, MintingState } from '../../../src/models/operation.ts';

/** What kind of answer the mint gives to a request; a fault that tampers with one kind has no place at another. */
export type AnswerKind =
  | 'information'
  | 'keyset list'
  | 'keys'
  | 'new melt quote'
  | 'melt quote'
  | 'proof states'
  | 'swap signatures'
  | 'melt'
  | 'restored signatures'
  | 'new mint quote'
  | 'mint quote'
  | 'issued signatures';

/** What the mint says there when it tells the truth: a fault that says just that is none. */
export type Truth = {
  /** The state of the quote, or of all proofs. */
  says: 'UNPAID' | 'PENDING' | 'PAID' | 'ISSUED' | 'UNSPENT' | 'SPENT' | null;
  /** How many blind signatures the answer carries. */
  signatures: number;
  /** A flaw that the mint has shown already: again, its two answers agree, and nobody can tell. */
  shown?: Flaw;
};

export type Requested = { method: 'GET' | 'POST'; path: string };

/** One request of an operation's life, in the state in which the operation is when it leaves. */
export type Phase = {
  name: string;
  /** `before` where no operation exists yet. */
  state: MeltState | MintingState | 'before';
  answers: AnswerKind;
  truth: Truth;
  request: Requested;
  /** The fault is laid once such requests have come back, one after the other; at the start where none is named. */
  armedBy: readonly Requested[];
  /** Faults that bring the operation there. What they hold back comes when the fault is laid. */
  stage: readonly FaultWish[];
  /** Once such a request has come back the client has waited long enough, and the worker goes on; null = it waits. */
  outlastedBy: Requested | null;
  /** The server has just been started: it knows nothing of the mint yet. */
  cold: boolean;
  /** Whether all faults meet it, or one for each way in which a question can go unanswered: others look the same. */
  faults: 'all' | 'one of each kind';
};

/** A phase of a melt. `funds`: what the wallet holds, in as few proofs as can be. */
export type MeltPhase = Phase & {
  amount: number;
  funds: number;
  invoice: InvoiceWishes;
  /** How the payment ends where it hangs until somebody decides. */
  decided: 'paid' | 'failed' | null;
};

const get = (path: string): Requested => ({ method: 'GET', path });
const post = (path: string): Requested => ({ method: 'POST', path });

/** Every request that the server ever makes of a mint. */
export const requests = {
  info: get('/v1/info'),
  keysets: get('/v1/keysets'),
  keys: get('/v1/keys/*'),
  newMeltQuote: post('/v1/melt/quote/bolt11'),
  meltQuote: get('/v1/melt/quote/*'),
  newMintQuote: post('/v1/mint/quote/bolt11'),
  mintQuote: get('/v1/mint/quote/*'),
  states: post('/v1/checkstate'),
  swap: post('/v1/swap'),
  melt: post('/v1/melt/bolt11'),
  restore: post('/v1/restore'),
  issue: post('/v1/mint/bolt11'),
};

/** Processed, and the reply is lost. */
export const lost = (request: Requested): FaultWish => ({ match: request, fault: 'drop_after' });

export const neverArrives = (request: Requested): FaultWish => ({
  match: request,
  fault: 'drop_before',
  times: null,
});

/** The keyset of its outputs signs no more. */
export const comesTooLate = (request: Requested): FaultWish => ({ match: request, fault: 'rotate_keyset' });
