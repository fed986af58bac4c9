import { createHash, randomBytes } from 'node:crypto';
import { type MeltOperation, unsentAttempt } from '../../src/models/operation.ts';
import type { PlannedOutput, Proof } from '../../src/models/proof.ts';
import type { WalletDocument } from '../../src/models/schemas/account.ts';
import type { DataKeyDocument } from '../../src/models/schemas/dataKey.ts';
import type { OperationDocument } from '../../src/models/schemas/operation.ts';
import type { TokenDocument } from '../../src/models/schemas/token.ts';
import { operationDocument } from '../../src/repositories/operationDocuments.ts';
import { sealingParts } from '../../src/repositories/sealedParts.ts';
import { createSealer, sealingKey } from '../../src/repositories/sealing.ts';
import { tokenDocument } from '../../src/repositories/tokenDocuments.ts';

/** What a wallet is to hold. Its tokens have one proof each, which is the worst case: the most tokens for so many proofs. */
export type Shape = { unspent: number; spent: number; melts: number };

/** The latest that anything happened; a token was spent every ten minutes before it, and a melt made for each two of those. */
export const latest = new Date('2026-11-22T12:00:00Z');
const tokenEveryMs = 600_000;
const meltEveryMs = 1_200_000;

export const mintUrl = 'https://mint.example.com';
export const keysetId = '00ad268c4d1f5826';
const unit = 'sat';
const largestPower = 14n;

/** Documents of a wallet, made of what the repositories make, so that they are as large as real ones. */
export function syntheticWallet(walletId: string, { unspent, spent, melts }: Shape) {
  return {
    tokens: [
      ...Array.from({ length: spent }, (_, number) => spentToken(walletId, number)),
      ...Array.from({ length: unspent }, (_, number) => unspentToken(walletId, number)),
    ],
    operations: Array.from({ length: melts }, (_, number) => endedMelt(walletId, number)),
  };
}

/** The `number`-th last that was spent. */
export function spentToken(walletId: string, number: number): TokenDocument {
  const at = before(number * tokenEveryMs + 1);
  return {
    ...tokenOf(walletId, `spent_${number}`, number),
    status: 'spent',
    spent_at: at,
    spent_reason: 'operation',
  };
}

export function unspentToken(walletId: string, number: number): TokenDocument {
  return tokenOf(walletId, `unspent_${number}`, number);
}

/** The `number`-th last melt: most are paid. */
export function endedMelt(walletId: string, number: number): OperationDocument {
  const at = before(number * meltEveryMs + 1);
  return {
    ...template.melt,
    _id: `tx_melt_${walletId}_${number}`,
    npub: npubOf(walletId),
    wallet_id: walletId,
    state: number % 20 === 0 ? 'released' : 'settled',
    quote_id: `quote_${walletId}_${number}`,
    payment_hash_claim: digest(`invoice ${walletId} ${number}`),
    created_at: at,
    updated_at: at,
    due_at: at,
  };
}

/** One of very many wallets, and its data key. `masterKeyId`: by which that is said to be sealed. */
export function walletDocuments(
  walletId: string,
  masterKeyId: string,
): { wallet: WalletDocument; dataKey: DataKeyDocument } {
  const at = before(Number.parseInt(digest(walletId).slice(0, 8), 16));
  const wallet: WalletDocument = {
    _id: walletId,
    npub: npubOf(walletId),
    is_first: true,
    mint_url: mintUrl,
    mint_id: digest('the mint'),
    unit,
    created_at: at,
    upkeep_due_at: at,
    archive_due_at: at,
    solvency_due_at: at,
    solvency_at: at,
    solvency_booked: 1_023n,
    solvency_verified: 1_023n,
  };
  const sealed = `${masterKeyId}.${template.keyText}`;
  const dataKey: DataKeyDocument = {
    _id: `wallet:${walletId}`,
    sealed,
    master_key_id: masterKeyId,
    created_at: at,
  };
  return { wallet, dataKey };
}

/** Of amounts that a wallet has after many payments: powers of two. */
function tokenOf(walletId: string, name: string, number: number): TokenDocument {
  const amount = 2n ** (BigInt(number) % largestPower);
  const at = before(number * tokenEveryMs + 86_400_000);
  const proofs = (template.token.proofs ?? []).map((proof) => ({
    ...proof,
    Y: `02${digest(`${walletId} ${name}`)}`,
    amount,
  }));
  return {
    ...template.token,
    _id: `tok_${walletId}_${name}`,
    npub: npubOf(walletId),
    wallet_id: walletId,
    proofs,
    total_amount: amount,
    transaction_id: `tx_${walletId}_${name}_keep`,
    created_at: at,
    updated_at: at,
  };
}

const before = (ms: number): Date => new Date(latest.getTime() - ms);
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const npubOf = (walletId: string): string => `npub1${digest(walletId).slice(0, 58)}`;
const point = (name: string): string => `02${digest(name)}`;

const owner = { npub: 'npub1x', walletId: 'wal_x', mintUrl, unit };

const proof = (number: number): Proof => ({
  Y: point(`Y ${number}`),
  keysetId,
  amount: 2n ** BigInt(number),
  secret: digest(`secret ${number}`),
  C: point(`C ${number}`),
  dleq: { e: digest(`e ${number}`), s: digest(`s ${number}`), r: digest(`r ${number}`) },
});

const output = (number: number): PlannedOutput => ({
  role: 'blank',
  amount: 0n,
  keysetId,
  counter: number,
  B_: point(`B ${number}`),
  secret: digest(`output ${number}`),
  blindingFactor: BigInt(`0x${digest(`factor ${number}`)}`),
});

/** A melt without a swap, paid, with change. */
function paidMelt(): MeltOperation {
  const inputs = [proof(6), proof(7)];
  const outputs = Array.from({ length: 8 }, (_, number) => output(number));
  const asked = JSON.stringify({
    inputs: inputs.map(({ secret, C }) => ({ secret, C })),
    outputs: outputs.map(({ B_ }) => B_),
  });
  const sent = unsentAttempt({ number: 1, purpose: 'melt', keysetId, outputs, requestBody: asked });
  const states = ['prepared', 'melting', 'melting', 'settled'];
  return {
    ...owner,
    kind: 'melt',
    id: 'tx_melt_x',
    state: 'settled',
    version: 4,
    dueAt: latest,
    attempts: [
      { ...sent, posts: 1, lastPostAt: latest, reply: { httpStatus: 200, body: asked, at: latest } },
    ],
    timeline: states.map((state) => ({ at: latest, state, event: 'what has happened, in a few words' })),
    requestId: 'req_01234567-89ab-cdef-0123-456789abcdef',
    memo: null,
    externalId: null,
    createdAt: latest,
    updatedAt: latest,
    invoice: `lnbc1${digest('invoice').repeat(4)}`,
    paymentHash: digest('payment'),
    quote: { id: 'quote_x', amount: 180n, feeReserve: 4n, expiry: latest, tookMs: 3 },
    sourceTokenIds: ['tok_a', 'tok_b'],
    sourceAmount: 192n,
    inputs,
    swap: null,
    meltInputFee: 0n,
    held: null,
    bookedEarly: false,
    payment: { preimage: digest('preimage'), preimageVerified: true, paidAt: latest },
    change: [],
    changeComplete: true,
    failure: null,
    releasedAmount: null,
    missingAmount: null,
    atomicResult: {
      sourceTokensSpent: 2,
      keepTokenId: null,
      keepAmount: 0n,
      keepProofCount: 0,
      meltChangeTokenId: 'tok_c',
      meltChangeAmount: 11n,
      meltChangeProofCount: 3,
    },
    partlySince: null,
    partlySeenAt: null,
    doubtedSince: null,
    doubtedSeenAt: null,
    unverifiedSince: null,
    unverifiedSeenAt: null,
    swapRefused: null,
    fenceDecidedAt: null,
    feeCap: 118n,
    unpaidSightings: 0,
    answerBy: null,
    idempotencyId: 'idem_x',
    budget: null,
    finishedAt: latest,
  };
}

const sealer = createSealer(sealingKey(randomBytes(32), 'data'));
const { seal } = sealingParts(sealer);

const template = {
  melt: { ...operationDocument(paidMelt(), seal), lease_owner: null, lease_until: null },
  token: tokenDocument(
    {
      ...owner,
      id: 'tok_x',
      proofs: [proof(0)],
      totalAmount: 1n,
      status: 'unspent',
      transactionType: 'change',
      transactionId: 'tx_x',
      spentAt: null,
      spentReason: null,
      reservedBy: null,
      version: 1,
      metadata: {},
      createdAt: latest,
    },
    sealer,
  ),
  keyText: randomBytes(64).toString('base64'),
};
