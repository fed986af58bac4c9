import type { FaultWish, InvoiceWishes } from '../../../simulator/client.ts';
import type { MeltState, MintingState } from '../../../src/models/operation.ts';

/** What kind of answer the mint gives to a request; a fault that tampers with one kind has no place at another. */
export type AnswerKind =
  | 'melt quote'
  | 'proof states'
  | 'swap signatures'
  | 'melt'
  | 'restored signatures'
  | 'mint quote'
  | 'issued signatures';

export type Requested = { method: 'GET' | 'POST'; path: string };

/** One request of an operation's life, in the state in which the operation is when it leaves. */
export type Phase = {
  name: string;
  /** `before` where no operation exists yet. */
  state: MeltState | MintingState | 'before';
  answers: AnswerKind;
  request: Requested;
  /** The fault waits until such a request has come back; null = it waits from the start. */
  armedBy: Requested | null;
  /** Faults that bring the operation there. */
  stage: FaultWish[];
};

/** A phase of a melt. `funds`: whether the melt swaps first. */
export type MeltPhase = Phase & {
  funds: 'needs a swap' | 'fits exactly';
  invoice: InvoiceWishes;
  /** How the payment ends where it hangs until somebody decides. */
  decided: 'paid' | 'failed' | null;
};

const post = (path: string): Requested => ({ method: 'POST', path });
const meltQuote: Requested = { method: 'GET', path: '/v1/melt/quote/*' };
const mintQuote: Requested = { method: 'GET', path: '/v1/mint/quote/*' };
const states = post('/v1/checkstate');
const swap = post('/v1/swap');
const melt = post('/v1/melt/bolt11');
const restore = post('/v1/restore');
const issue = post('/v1/mint/bolt11');

const lost = (request: Requested): FaultWish => ({ match: request, fault: 'drop_after' });
const neverArrives = (request: Requested): FaultWish => ({
  match: request,
  fault: 'drop_before',
  times: null,
});

/** How a melt gets as far as the phases that share it. */
type Way = Pick<MeltPhase, 'armedBy' | 'stage' | 'funds' | 'invoice' | 'decided'>;

const swappingFirst: Way = { armedBy: null, stage: [], funds: 'needs a swap', invoice: {}, decided: null };
const direct: Way = { ...swappingFirst, funds: 'fits exactly' };
const swapReplyLost: Way = { ...swappingFirst, armedBy: swap, stage: [lost(swap)] };
const meltReplyLost: Way = { ...swappingFirst, armedBy: melt, stage: [lost(melt)] };
const hanging = { armedBy: melt, invoice: { behaviour: 'pending' } } as const;
const hangsThenPaid: Way = { ...swappingFirst, ...hanging, decided: 'paid' };
const hangsThenFails: Way = { ...direct, ...hanging, decided: 'failed' };
const paidWithoutChange: Way = {
  ...swappingFirst,
  armedBy: melt,
  stage: [{ match: melt, fault: { kind: 'change_late', afterMs: 1_000 } }],
};
const changeLate: Way = { ...paidWithoutChange, armedBy: restore };
const fencing: Way = { ...direct, armedBy: melt, stage: [neverArrives(melt)] };
const fenceReplyLost: Way = { ...direct, armedBy: swap, stage: [neverArrives(melt), lost(swap)] };

const at = (
  name: string,
  state: Phase['state'],
  answers: AnswerKind,
  request: Requested,
  way: Way,
): MeltPhase => ({ name, state, answers, request, ...way });

/** A melt from the first question to the last. */
export const meltPhases: readonly MeltPhase[] = [
  at('the quote', 'before', 'melt quote', post('/v1/melt/quote/bolt11'), swappingFirst),
  at('pre-flight', 'before', 'proof states', states, swappingFirst),
  at('the swap', 'swapping', 'swap signatures', swap, swappingFirst),
  at('swap reply lost, states', 'swapping', 'proof states', states, swapReplyLost),
  at('swap reply lost, signatures', 'swapping', 'restored signatures', restore, swapReplyLost),
  at('the payment after a swap', 'melting', 'melt', melt, swappingFirst),
  at('the payment without a swap', 'melting', 'melt', melt, direct),
  at('melt reply lost, quote', 'melting', 'melt quote', meltQuote, meltReplyLost),
  at('melt reply lost, states', 'melting', 'proof states', states, meltReplyLost),
  at('payment hangs, then paid: quote', 'pending', 'melt quote', meltQuote, hangsThenPaid),
  at('payment hangs, then paid: states', 'pending', 'proof states', states, hangsThenPaid),
  at('payment hangs, then fails: quote', 'pending', 'melt quote', meltQuote, hangsThenFails),
  at('payment hangs, then fails: states', 'pending', 'proof states', states, hangsThenFails),
  at('paid without change, signatures', 'melting', 'restored signatures', restore, paidWithoutChange),
  at('change late, quote', 'paid', 'melt quote', meltQuote, changeLate),
  at('change late, signatures', 'paid', 'restored signatures', restore, changeLate),
  at('the fence', 'releasing', 'swap signatures', swap, fencing),
  at('fence reply lost, quote', 'releasing', 'melt quote', meltQuote, fenceReplyLost),
  at('fence reply lost, states', 'releasing', 'proof states', states, fenceReplyLost),
  at('fence reply lost, signatures', 'releasing', 'restored signatures', restore, fenceReplyLost),
];

const fresh = { armedBy: null, stage: [] };
const issueReplyLost = { armedBy: issue, stage: [lost(issue)] };

/** A minting from the first question to the last. */
export const mintingPhases: readonly Phase[] = [
  {
    name: 'the invoice',
    state: 'before',
    answers: 'mint quote',
    request: post('/v1/mint/quote/bolt11'),
    ...fresh,
  },
  {
    name: 'waiting to be paid',
    state: 'awaiting_payment',
    answers: 'mint quote',
    request: mintQuote,
    ...fresh,
  },
  { name: 'the issue', state: 'issuing', answers: 'issued signatures', request: issue, ...fresh },
  {
    name: 'issue reply lost, quote',
    state: 'issuing',
    answers: 'mint quote',
    request: mintQuote,
    ...issueReplyLost,
  },
  {
    name: 'issue reply lost, signatures',
    state: 'issuing',
    answers: 'restored signatures',
    request: restore,
    ...issueReplyLost,
  },
];
