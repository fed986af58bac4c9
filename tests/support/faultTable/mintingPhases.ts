import { comesTooLate, lost, type Phase, requests } from './phases.ts';

const { keys, newMintQuote, mintQuote, states, issue, restore } = requests;

/** The worker does the asking, whether the client waits or not. */
const fresh = {
  armedBy: [],
  stage: [],
  outlastedBy: null,
  cold: false,
  faults: 'all',
} as const;
const issueReplyLost = { ...fresh, armedBy: [issue], stage: [lost(issue)] };
const keysetRetired = {
  ...fresh,
  armedBy: [issue],
  stage: [comesTooLate(issue)],
  faults: 'one of each kind',
} as const;
const plain = { says: null, signatures: 0 };

/** A minting from the first question to the last. */
export const mintingPhases: readonly Phase[] = [
  {
    name: 'the invoice',
    state: 'before',
    answers: 'new mint quote',
    truth: { says: 'UNPAID', signatures: 0 },
    request: newMintQuote,
    ...fresh,
  },
  {
    name: 'waiting to be paid',
    state: 'awaiting_payment',
    answers: 'mint quote',
    truth: { says: 'UNPAID', signatures: 0 },
    request: mintQuote,
    ...fresh,
  },
  {
    name: 'planned outputs',
    state: 'awaiting_payment',
    answers: 'restored signatures',
    truth: plain,
    request: restore,
    ...fresh,
  },
  {
    name: 'the issue',
    state: 'issuing',
    answers: 'issued signatures',
    truth: { says: null, signatures: 2 },
    request: issue,
    ...fresh,
  },
  {
    name: 'issue keyset retired, keys',
    state: 'issuing',
    answers: 'keys',
    truth: plain,
    request: keys,
    ...keysetRetired,
  },
  {
    name: 'issue reply lost, quote',
    state: 'issuing',
    answers: 'mint quote',
    truth: { says: 'ISSUED', signatures: 0 },
    request: mintQuote,
    ...issueReplyLost,
  },
  {
    name: 'issue reply lost, signatures',
    state: 'issuing',
    answers: 'restored signatures',
    truth: { says: null, signatures: 2 },
    request: restore,
    ...issueReplyLost,
  },
  {
    name: 'issue reply lost, states',
    state: 'issuing',
    answers: 'proof states',
    truth: { says: 'UNSPENT', signatures: 0 },
    request: states,
    ...issueReplyLost,
    faults: 'one of each kind',
  },
];
