import {
  type Attempt,
  type MeltOperation,
  type MintingOperation,
  unsentAttempt,
} from '../../src/models/operation.ts';

export const startedAt = new Date('2026-01-01T00:00:00.000Z');

/** What every operation has. */
export const common = {
  npub: 'npub1x',
  walletId: 'wal_1',
  mintUrl: 'http://mint.test',
  unit: 'sat',
  version: 1,
  dueAt: startedAt,
  attempts: [],
  timeline: [{ at: startedAt, state: 'prepared', event: 'reserved' }],
  requestId: null,
  memo: null,
  externalId: null,
  idempotencyId: null,
  createdAt: startedAt,
  updatedAt: startedAt,
};

/** A melt that has only just been prepared, but for what is said to be different. */
export function melt(differences: Partial<MeltOperation>): MeltOperation {
  return {
    ...common,
    kind: 'melt',
    id: 'tx_melt_1',
    state: 'prepared',
    invoice: 'lnbc1',
    paymentHash: 'ff',
    quote: { id: 'quote_1', amount: 1000n, feeReserve: 50n, expiry: null },
    sourceTokenIds: ['a', 'b'],
    sourceAmount: 1152n,
    inputs: [],
    swap: null,
    meltInputFee: 0n,
    held: null,
    bookedEarly: false,
    payment: null,
    change: [],
    changeComplete: false,
    failure: null,
    releasedAmount: null,
    missingAmount: null,
    atomicResult: null,
    partlySince: null,
    partlySeenAt: null,
    doubtedSince: null,
    doubtedSeenAt: null,
    unverifiedSince: null,
    unverifiedSeenAt: null,
    swapRefused: null,
    fenceDecidedAt: null,
    feeCap: 100n,
    unpaidSightings: 0,
    answerBy: null,
    budget: null,
    finishedAt: null,
    ...differences,
  };
}

/** A minting that has only just begun, but for what is said to be different. */
export function minting(differences: Partial<MintingOperation> = {}): MintingOperation {
  return {
    ...common,
    kind: 'minting',
    id: 'tx_mint_1',
    state: 'awaiting_payment',
    quoteId: 'quote_1',
    invoice: 'lnbc1',
    amount: 5n,
    expiry: null,
    tokenId: 'tok_1',
    quotePubkey: null,
    paidSince: null,
    unverified: null,
    ...differences,
  };
}

/** A swap whose request has left once and was not answered, but for what is said to be different. */
export function attempt(differences: Partial<Attempt> = {}): Attempt {
  return {
    ...unsentAttempt({ number: 1, purpose: 'swap', keysetId: '00', outputs: [], requestBody: '{}' }),
    posts: 1,
    lastPostAt: startedAt,
    endedAt: startedAt,
    ...differences,
  };
}
