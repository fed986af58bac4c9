import { invariant } from '../models/errors.ts';
import {
  budgetTakenBySend,
  type ReceiveProofs,
  receiveStates,
  type SendOperation,
  type SendProofs,
  sendStates,
} from '../models/exchange.ts';
import { budgetTaken } from '../models/meltSums.ts';
import {
  type Attempt,
  isFinished,
  type MeltOperation,
  type MeltProofs,
  meltStates,
  mintingStates,
  type Operation,
  type StoredReply,
} from '../models/operation.ts';
import { sumAmounts } from '../models/proof.ts';
import type { AttemptDocument, OperationDocument, StoredReplyDocument } from '../models/schemas/operation.ts';
import { satOf } from '../models/units.ts';
import { type UpkeepProofs, upkeepStates } from '../models/upkeep.ts';
import {
  receiveDetailsFrom,
  receiveParts,
  sendDetailsFrom,
  sendParts,
  upkeepDetailsFrom,
  upkeepParts,
} from './exchangeDocuments.ts';
import { fromJson } from './json.ts';
import { budgetDayOf } from './keySpending.ts';
import { meltDetailsFrom, meltParts, mintingDetails, mintingDetailsFrom } from './meltDocuments.ts';
import type { SealParts } from './sealedParts.ts';
import type { Opener } from './sealing.ts';

/** The reply is among them: a mint may throw back at us what it was sent. Earlier versions stored it beside them. */
type AttemptSecrets = Pick<Attempt, 'outputs' | 'requestBody'> & { replyBody?: string };

/** An operation as stored, but for what says who works at it. */
export type StoredOperation = Omit<OperationDocument, 'lease_owner' | 'lease_until'>;

/** The document for an operation, without its lease: that is the worker's alone. */
export function operationDocument(operation: Operation, seal: SealParts): StoredOperation {
  const { details, proofs, quoteId } = partsOf(operation);
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
    attempts: operation.attempts.map((attempt) => storeAttempt(attempt, operation.id, seal)),
    timeline: operation.timeline,
    request_id: operation.requestId,
    ...(operation.memo === null ? {} : { memo: operation.memo }),
    ...(operation.externalId === null ? {} : { external_id: operation.externalId }),
    created_at: operation.createdAt,
    updated_at: operation.updatedAt,
    ...claim(operation),
    ...budgetGivenBack(operation),
    quote_id: quoteId,
    held_amount: heldAmount(operation),
    details,
    sealed: proofs === null ? null : seal(sealedPurpose(operation.id), proofs),
  };
}

/** What is particular to the kind. `quoteId`: by which it is found, besides its own id. */
function partsOf(operation: Operation): {
  details: OperationDocument['details'];
  proofs: MeltProofs | SendProofs | ReceiveProofs | UpkeepProofs | null;
  quoteId: string;
} {
  switch (operation.kind) {
    case 'melt':
      return { ...meltParts(operation), quoteId: operation.quote.id };
    case 'minting':
      return { details: mintingDetails(operation), proofs: null, quoteId: operation.quoteId };
    case 'send':
      return { ...sendParts(operation), quoteId: operation.id };
    case 'receive':
      return { ...receiveParts(operation), quoteId: operation.tokenHash };
    case 'upkeep':
      return { ...upkeepParts(operation), quoteId: operation.id };
  }
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
  const { _id: id, details, state } = document;
  if ('paymentHash' in details) {
    const proofs = openProofs<MeltProofs>(document, sealer);
    return {
      ...common,
      kind: 'melt',
      state: known(meltStates, state, id),
      ...meltDetailsFrom(details),
      ...proofs,
    };
  }
  if ('tokenHash' in details) {
    const proofs = openProofs<ReceiveProofs>(document, sealer);
    const receive = { ...receiveDetailsFrom(details), ...proofs };
    return { ...common, kind: 'receive', state: known(receiveStates, state, id), ...receive };
  }
  if ('upkeepReason' in details) {
    const proofs = openProofs<UpkeepProofs>(document, sealer);
    const upkeep = { ...upkeepDetailsFrom(details), ...proofs };
    return { ...common, kind: 'upkeep', state: known(upkeepStates, state, id), ...upkeep };
  }
  if ('sourceTokenIds' in details) {
    const proofs = openProofs<SendProofs>(document, sealer);
    return {
      ...common,
      kind: 'send',
      state: known(sendStates, state, id),
      ...sendDetailsFrom(details),
      ...proofs,
    };
  }
  const mintingState = known(mintingStates, state, id);
  const minting = mintingDetailsFrom(details, { ...common, state: mintingState });
  return { ...common, kind: 'minting', state: mintingState, ...minting };
}

function known<T extends string>(states: readonly T[], state: string, id: string): T {
  const found = states.find((candidate) => candidate === state);
  invariant(found !== undefined, `${id}: unknown state`);
  return found;
}

function openProofs<T>({ _id, sealed }: OperationDocument, sealer: Opener): T {
  invariant(sealed !== null, `${_id}: its proofs are missing`);
  return fromJson<T>(sealer.open(sealed, sealedPurpose(_id)));
}

/**
 * Of what no other operation may be about while this one is, or once it has succeeded: its invoice, or the ecash that it
 * takes in. Frozen where a person must look.
 */
function claim(operation: Operation): Pick<OperationDocument, 'payment_hash_claim'> {
  if (operation.kind === 'melt' && operation.state !== 'released' && operation.state !== 'cancelled')
    return { payment_hash_claim: operation.paymentHash };
  if (operation.kind === 'receive' && operation.state !== 'refused' && operation.state !== 'written_off')
    return { payment_hash_claim: tokenClaim(operation.tokenHash) };
  // One at a time is enough for a wallet.
  if (operation.kind === 'upkeep' && !isFinished(operation.state)) return { payment_hash_claim: 'upkeep' };
  return {};
}

/** How a token stands where an invoice's payment hash does. */
export const tokenClaim = (tokenHash: string): string => `token:${tokenHash}`;

/** Written with the state that ends a payment, and taken away again where a person has it taken up. */
function budgetGivenBack(operation: Operation): Pick<OperationDocument, 'budget_day' | 'budget_unused'> {
  if (operation.kind !== 'melt' && operation.kind !== 'send') return {};
  const { budget } = operation;
  const taken = operation.kind === 'melt' ? budgetTaken(operation) : budgetTakenBySend(operation);
  if (budget === null || taken === null) return {};
  const takenSat = satOf(taken, operation.unit);
  invariant(takenSat !== null, `${operation.id}: a budget was taken in a unit of unknown worth`);
  const isOver = takenSat > budget.reserved && isGoneUnspent(operation);
  return { budget_day: budgetDayOf(budget), budget_unused: isOver ? 0n : budget.reserved - takenSat };
}

/**
 * Given up, or ended by a recovery with its sources free again: what is not back may be more than it might have cost, and nobody has
 * spent that. Otherwise a payment can cost more than was reserved, where its mint has raised its fees meanwhile, and that counts.
 */
function isGoneUnspent(operation: MeltOperation | SendOperation): boolean {
  if (operation.state === 'written_off' || operation.failure?.cause === 'STORE_BEHIND_MINT') return true;
  if (operation.kind !== 'melt' || operation.state !== 'settled') return false;
  // A payment of our own keeps what its swap was for.
  return operation.atomicResult?.keepAmount !== (operation.swap?.keepAmount ?? 0n);
}

/** What the operation holds and no token does: counted as reserved balance (transaction S). */
function heldAmount(operation: Operation): bigint {
  if (operation.kind !== 'melt' || !operation.bookedEarly || operation.held === null) return 0n;
  if (operation.payment !== null) return 0n;
  const gone: readonly Operation['state'][] = ['paid', 'settled', 'released', 'written_off'];
  return gone.includes(operation.state) ? 0n : sumAmounts(operation.held.send);
}

function storeAttempt(attempt: Attempt, operationId: string, seal: SealParts): AttemptDocument {
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
    sealed: seal(sealedPurpose(operationId, attempt), secrets),
    posts: attempt.posts,
    last_post_at: attempt.lastPostAt,
    ended_at: attempt.endedAt,
    reply: reply === null ? null : { http_status: reply.httpStatus, at: reply.at },
    refusal_code: attempt.refusalCode,
    refusals: attempt.refusals,
    answers: attempt.answers,
    ...(attempt.trouble === null ? {} : { trouble: attempt.trouble }),
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
    answers: document.answers ?? document.refusals ?? 0,
    trouble: document.trouble ?? null,
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
