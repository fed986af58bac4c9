import { invariant } from '../models/errors.ts';
import {
  type Attempt,
  budgetTaken,
  enteredStateAt,
  isFinished,
  type MeltDetails,
  type MeltOperation,
  type MeltProofs,
  type MintingDetails,
  type MintingOperation,
  meltStates,
  mintingStates,
  type Operation,
  type StoredReply,
} from '../models/operation.ts';
import { sumAmounts } from '../models/proof.ts';
import type { AttemptDocument, OperationDocument, StoredReplyDocument } from '../models/schemas/operation.ts';
import { fromJson, toJson } from './json.ts';
import { budgetDayOf } from './keySpending.ts';
import type { Opener, Sealer } from './sealing.ts';

/** The reply is among them: a mint may throw back at us what it was sent. Earlier versions stored it beside them. */
type AttemptSecrets = Pick<Attempt, 'outputs' | 'requestBody'> & { replyBody?: string };

/** The document for an operation, without its lease: that is the worker's alone. */
export function operationDocument(
  operation: Operation,
  sealer: Sealer,
): Omit<OperationDocument, 'lease_owner' | 'lease_until'> {
  const { details, sealed, quoteId } =
    operation.kind === 'melt' ? storeMelt(operation, sealer) : storeMinting(operation);
  return {
    _id: operation.id,
    kind: operation.kind,
    npub: operation.npub,
    wallet_id: operation.walletId,
    mint_url: operation.mintUrl,
    unit: operation.unit,
    state: operation.state,
    version: operation.version,
    ...(isFinished(operation.state) ? {} : { open: true as const }),
    due_at: operation.dueAt,
    attempts: operation.attempts.map((attempt) => storeAttempt(attempt, operation.id, sealer)),
    timeline: operation.timeline,
    request_id: operation.requestId,
    ...(operation.memo === null ? {} : { memo: operation.memo }),
    ...(operation.externalId === null ? {} : { external_id: operation.externalId }),
    created_at: operation.createdAt,
    updated_at: operation.updatedAt,
    ...(claimsPaymentHash(operation) ? { payment_hash_claim: operation.paymentHash } : {}),
    ...budgetGivenBack(operation),
    quote_id: quoteId,
    held_amount: heldAmount(operation),
    details,
    sealed,
  };
}

/** An operation as read. */
export function operationFrom(document: OperationDocument, sealer: Opener): Operation {
  const common = {
    id: document._id,
    npub: document.npub,
    walletId: document.wallet_id,
    mintUrl: document.mint_url,
    unit: document.unit,
    version: document.version,
    dueAt: document.due_at,
    attempts: document.attempts.map((attempt) => readAttempt(attempt, document._id, sealer)),
    timeline: document.timeline,
    requestId: document.request_id,
    // Operations of earlier versions lack both.
    memo: document.memo ?? null,
    externalId: document.external_id ?? null,
    createdAt: document.created_at,
    updatedAt: document.updated_at,
  };
  const { details } = document;
  if ('paymentHash' in details) {
    const state = meltStates.find((known) => known === document.state);
    invariant(state !== undefined && document.sealed !== null, `${document._id}: unknown state`);
    const proofs = fromJson<MeltProofs>(sealer.open(document.sealed, sealedPurpose(document._id)));
    return { ...common, kind: 'melt', state, ...meltDetailsFrom(details), ...proofs };
  }
  const state = mintingStates.find((known) => known === document.state);
  invariant(state !== undefined, `${document._id}: unknown state`);
  return { ...common, kind: 'minting', state, ...mintingDetailsFrom(details, { ...common, state }) };
}

function mintingDetailsFrom(
  stored: MintingDetails,
  of: Pick<MintingOperation, 'state' | 'timeline' | 'updatedAt'>,
): MintingDetails {
  return {
    ...stored,
    amount: BigInt(stored.amount),
    // Operations of earlier versions lack these.
    paidSince: stored.paidSince ?? (of.state === 'issuing' ? enteredStateAt(of) : null),
    unverified: stored.unverified ?? null,
  };
}

/** The driver gives 64-bit integers back as numbers; inside, money is bigint. */
function meltDetailsFrom(stored: MeltDetails): MeltDetails {
  const { quote, swap, atomicResult, releasedAmount, missingAmount, budget } = stored;
  return {
    ...stored,
    quote: { ...quote, amount: BigInt(quote.amount), feeReserve: BigInt(quote.feeReserve) },
    sourceAmount: BigInt(stored.sourceAmount),
    swap: swap && {
      sendAmount: BigInt(swap.sendAmount),
      keepAmount: BigInt(swap.keepAmount),
      fee: BigInt(swap.fee),
    },
    meltInputFee: BigInt(stored.meltInputFee),
    // Operations of earlier versions lack these.
    partlySeenAt: stored.partlySeenAt ?? null,
    doubtedSince: stored.doubtedSince ?? null,
    doubtedSeenAt: stored.doubtedSeenAt ?? null,
    unverifiedSince: stored.unverifiedSince ?? null,
    unverifiedSeenAt: stored.unverifiedSeenAt ?? null,
    swapRefused: stored.swapRefused ?? null,
    feeCap: BigInt(stored.feeCap),
    releasedAmount: releasedAmount === null ? null : BigInt(releasedAmount),
    missingAmount: missingAmount === null ? null : BigInt(missingAmount),
    atomicResult: atomicResult && {
      ...atomicResult,
      keepAmount: BigInt(atomicResult.keepAmount),
      meltChangeAmount: BigInt(atomicResult.meltChangeAmount),
    },
    // Absent in operations that are older than budgets.
    budget: budget ? { ...budget, limit: BigInt(budget.limit), reserved: BigInt(budget.reserved) } : null,
  };
}

/** Whether the invoice is still this operation's: it is being paid, or was. Frozen where a person must look. */
function claimsPaymentHash(operation: Operation): operation is MeltOperation {
  return operation.kind === 'melt' && operation.state !== 'released' && operation.state !== 'cancelled';
}

/** Written with the state that ends a payment, so once: nothing leaves that state. */
function budgetGivenBack(operation: Operation): Pick<OperationDocument, 'budget_day' | 'budget_unused'> {
  if (operation.kind !== 'melt' || operation.budget === null) return {};
  const taken = budgetTaken(operation);
  if (taken === null) return {};
  return { budget_day: budgetDayOf(operation.budget), budget_unused: operation.budget.reserved - taken };
}

/** What the operation holds and no token does: counted as reserved balance (transaction S). */
function heldAmount(operation: Operation): bigint {
  if (operation.kind !== 'melt' || !operation.bookedEarly || operation.held === null) return 0n;
  const gone = operation.state === 'paid' || operation.state === 'settled' || operation.state === 'released';
  return gone ? 0n : sumAmounts(operation.held.send);
}

function storeMelt(operation: MeltOperation, sealer: Sealer) {
  const { id, inputs, held, change } = operation;
  const proofs: MeltProofs = { inputs, held, change };
  const details: MeltDetails = {
    invoice: operation.invoice,
    paymentHash: operation.paymentHash,
    quote: operation.quote,
    sourceTokenIds: operation.sourceTokenIds,
    sourceAmount: operation.sourceAmount,
    swap: operation.swap,
    meltInputFee: operation.meltInputFee,
    bookedEarly: operation.bookedEarly,
    payment: operation.payment,
    changeComplete: operation.changeComplete,
    failure: operation.failure,
    releasedAmount: operation.releasedAmount,
    missingAmount: operation.missingAmount,
    atomicResult: operation.atomicResult,
    unpaidSightings: operation.unpaidSightings,
    partlySince: operation.partlySince,
    partlySeenAt: operation.partlySeenAt,
    doubtedSince: operation.doubtedSince,
    doubtedSeenAt: operation.doubtedSeenAt,
    unverifiedSince: operation.unverifiedSince,
    unverifiedSeenAt: operation.unverifiedSeenAt,
    swapRefused: operation.swapRefused,
    feeCap: operation.feeCap,
    answerBy: operation.answerBy,
    idempotencyId: operation.idempotencyId,
    budget: operation.budget,
    finishedAt: operation.finishedAt,
  };
  return { details, sealed: sealer.seal(toJson(proofs), sealedPurpose(id)), quoteId: operation.quote.id };
}

function storeMinting(operation: MintingOperation) {
  const details: MintingDetails = {
    quoteId: operation.quoteId,
    invoice: operation.invoice,
    amount: operation.amount,
    expiry: operation.expiry,
    tokenId: operation.tokenId,
    quotePubkey: operation.quotePubkey,
    paidSince: operation.paidSince,
    unverified: operation.unverified,
    idempotencyId: operation.idempotencyId,
  };
  return { details, sealed: null, quoteId: operation.quoteId };
}

function storeAttempt(attempt: Attempt, operationId: string, sealer: Sealer): AttemptDocument {
  const { outputs, requestBody, reply } = attempt;
  const secrets: AttemptSecrets = {
    outputs,
    requestBody,
    ...(reply === null ? {} : { replyBody: reply.body }),
  };
  return {
    number: attempt.number,
    purpose: attempt.purpose,
    keyset_id: attempt.keysetId,
    sealed: sealer.seal(toJson(secrets), sealedPurpose(operationId, attempt)),
    posts: attempt.posts,
    last_post_at: attempt.lastPostAt,
    ended_at: attempt.endedAt,
    reply: reply === null ? null : { http_status: reply.httpStatus, at: reply.at },
    refusal_code: attempt.refusalCode,
    refusals: attempt.refusals,
  };
}

/** An attempt as read, with its outputs' secrets. */
export function readAttempt(document: AttemptDocument, operationId: string, sealer: Opener): Attempt {
  const { replyBody, ...secrets } = fromJson<AttemptSecrets>(
    sealer.open(document.sealed, sealedPurpose(operationId, document)),
  );
  return {
    number: document.number,
    purpose: document.purpose,
    keysetId: document.keyset_id,
    posts: document.posts,
    lastPostAt: document.last_post_at,
    endedAt: document.ended_at,
    reply: document.reply && readReply(document.reply, replyBody),
    refusalCode: document.refusal_code,
    refusals: document.refusals ?? 0,
    ...secrets,
  };
}

function readReply(document: StoredReplyDocument, sealedBody: string | undefined): StoredReply {
  const body = sealedBody ?? document.body;
  invariant(body !== undefined, 'a reply is stored without its body');
  return { httpStatus: document.http_status, body, at: document.at };
}

/** What the proofs of an operation, or the secrets of one of its attempts, are bound to. */
export function sealedPurpose(operationId: string, attempt?: { purpose: string; number: number }): string {
  return attempt === undefined
    ? `operation:${operationId}`
    : `attempt:${operationId}:${attempt.purpose}:${attempt.number}`;
}
