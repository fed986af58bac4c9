import type { AnswerKind, MeltPhase, Phase, Requested, Truth } from './phases.ts';
import { lost, neverArrives, requests } from './phases.ts';
import { feeReserve } from './stand.ts';

const { info, keysets, keys, newMeltQuote, meltQuote, states, swap, melt, restore } = requests;

/** How a melt gets as far as the phases that share it. */
type Way = Omit<MeltPhase, 'name' | 'state' | 'answers' | 'truth' | 'request'>;

/** With the fee reserve one proof, and as much again is kept: a swap of two outputs, so that the table stays quick. */
const amount = 125;

const swappingFirst: Way = {
  armedBy: [],
  stage: [],
  outlastedBy: null,
  cold: false,
  faults: 'all',
  amount,
  funds: 2 * (amount + feeReserve),
  invoice: {},
  decided: null,
};
const direct: Way = { ...swappingFirst, funds: amount + feeReserve };
const justStarted: Way = { ...direct, cold: true };
const stillCold: Way = { ...justStarted, faults: 'one of each kind' };
const swapReplyLost: Way = { ...swappingFirst, armedBy: [swap], stage: [lost(swap)] };
const swapped: Way = { ...swappingFirst, armedBy: [swap], cold: true, faults: 'one of each kind' };
const meltReplyLost: Way = { ...swappingFirst, armedBy: [melt], stage: [lost(melt)] };
const hanging = { armedBy: [melt], invoice: { behaviour: 'pending' }, outlastedBy: melt } as const;
const hangsThenPaid: Way = { ...swappingFirst, ...hanging, decided: 'paid' };
const hangsThenFails: Way = { ...direct, ...hanging, decided: 'failed' };
/** The mint has signed all of the change and shows some of it. */
const changeLeftOut: Way = {
  ...direct,
  armedBy: [melt],
  stage: [{ match: melt, fault: { kind: 'spoil_signatures', flaws: ['left_out'] } }],
};
/** The mint has signed no change until the server has looked for it in vain. */
const changeLate: Way = {
  ...swappingFirst,
  // Whether its outputs are new it has asked before.
  armedBy: [melt, restore],
  stage: [{ match: melt, fault: { kind: 'change_late', afterMs: null } }],
  outlastedBy: melt,
};
/** The client has gone when the change is there: before the worker books it, it looks whether it is spent. */
const changeLooked: Way = { ...changeLate, armedBy: [melt, restore, restore], faults: 'one of each kind' };
/** Two inputs, and so two outputs of the fence. */
const fencing: Way = {
  ...direct,
  amount: 189,
  funds: 192,
  armedBy: [melt],
  stage: [neverArrives(melt)],
  outlastedBy: melt,
};
const aboutToFence: Way = { ...fencing, faults: 'one of each kind' };
const fenced: Way = { ...fencing, armedBy: [swap], faults: 'one of each kind' };
const fenceReplyLost: Way = { ...fencing, armedBy: [swap], stage: [neverArrives(melt), lost(swap)] };

const says = (said: Truth['says'], signatures = 0): Truth => ({ says: said, signatures });
const signed = (signatures: number): Truth => says(null, signatures);
const plain = signed(0);
const oneShown: Truth = { ...signed(2), shown: 'left_out' };

const at = (
  name: string,
  state: Phase['state'],
  [answers, truth]: [AnswerKind, Truth],
  request: Requested,
  way: Way,
): MeltPhase => ({ name, state, answers, truth, request, ...way });

/** A melt from the first question to the last. */
export const meltPhases: readonly MeltPhase[] = [
  at('who the mint is', 'before', ['information', plain], info, justStarted),
  at('its keysets', 'before', ['keyset list', plain], keysets, stillCold),
  at('its keys', 'before', ['keys', plain], keys, stillCold),
  at('the quote', 'before', ['new melt quote', says('UNPAID')], newMeltQuote, direct),
  at('pre-flight', 'before', ['proof states', says('UNSPENT')], states, direct),
  at('planned outputs', 'before', ['restored signatures', plain], restore, direct),
  at('the swap', 'swapping', ['swap signatures', signed(2)], swap, swappingFirst),
  at('swap reply lost, states', 'swapping', ['proof states', says('SPENT')], states, swapReplyLost),
  at('swap reply lost, signatures', 'swapping', ['restored signatures', signed(2)], restore, swapReplyLost),
  at('before the payment, keysets', 'swapped', ['keyset list', plain], keysets, swapped),
  at('the payment after a swap', 'melting', ['melt', says('PAID', 2)], melt, swappingFirst),
  at('the payment without a swap', 'melting', ['melt', says('PAID', 2)], melt, direct),
  at('melt reply lost, quote', 'melting', ['melt quote', says('PAID', 2)], meltQuote, meltReplyLost),
  at('melt reply lost, states', 'melting', ['proof states', says('SPENT')], states, meltReplyLost),
  at('change left out, signatures', 'melting', ['restored signatures', oneShown], restore, changeLeftOut),
  at('payment hangs, then paid: quote', 'pending', ['melt quote', says('PENDING')], meltQuote, hangsThenPaid),
  at('payment hangs, then paid: states', 'pending', ['proof states', says('PENDING')], states, hangsThenPaid),
  at(
    'payment hangs, then fails: quote',
    'pending',
    ['melt quote', says('PENDING')],
    meltQuote,
    hangsThenFails,
  ),
  at(
    'payment hangs, then fails: states',
    'pending',
    ['proof states', says('PENDING')],
    states,
    hangsThenFails,
  ),
  at('before the fence, keysets', 'pending', ['keyset list', plain], keysets, aboutToFence),
  at('planned outputs of the fence', 'pending', ['restored signatures', plain], restore, aboutToFence),
  at('change late, quote', 'paid', ['melt quote', says('PAID', 2)], meltQuote, changeLate),
  at('change late, signatures', 'paid', ['restored signatures', signed(2)], restore, changeLate),
  at('change late, its states', 'paid', ['proof states', says('UNSPENT')], states, changeLooked),
  at('the fence', 'releasing', ['swap signatures', signed(2)], swap, fencing),
  at('fenced, states', 'releasing', ['proof states', says('UNSPENT')], states, fenced),
  at('fence reply lost, quote', 'releasing', ['melt quote', says('UNPAID')], meltQuote, fenceReplyLost),
  at('fence reply lost, states', 'releasing', ['proof states', says('SPENT')], states, fenceReplyLost),
  at(
    'fence reply lost, signatures',
    'releasing',
    ['restored signatures', signed(2)],
    restore,
    fenceReplyLost,
  ),
];
