import type { AnswerOf } from './contract.ts';
import { CrucibleError, NoAnswerError } from './errors.ts';

type Paid = AnswerOf<'melt', 200>;
type Pending = AnswerOf<'melt', 202>;
type Status = AnswerOf<'meltStatus', 200>;
type Ids = { transactionId: string; quoteId: string };
type PaidFields = Pick<
  Paid,
  'paidAmount' | 'feesPaid' | 'changeAmount' | 'preimage' | 'preimageVerified' | 'changePending'
>;

/** How a payment stands. Of all of these, `failed` alone allows to pay the invoice anew, with a new key. */
export type PaymentState =
  /** The payee has the money. Fees and change are provisional while `changePending`. */
  | ({ outcome: 'paid' } & Ids & PaidFields)
  /** Not paid, for good; `released` is back in the wallet. The ids are null where nothing was begun. */
  | {
      outcome: 'failed';
      transactionId: string | null;
      quoteId: string | null;
      /** One word (docs/api.md); null where none is known. */
      cause: string | null;
      released: number | null;
    }
  /** Not decided yet: the server goes on by itself. `lastError`: what kept us from learning more, if anything did. */
  | ({ outcome: 'pending'; lastError: CrucibleError | NoAnswerError | null } & Ids)
  /** A person must decide at the server; the money may have been paid. */
  | ({ outcome: 'needs_attention'; supportId: string | null } & Ids);

/** This wallet pays, or has paid, the invoice under another key: in `transactionId`. Nothing was begun under this one. */
export type Duplicate = { outcome: 'duplicate'; transactionId: string };

/** Nobody can say from here whether a payment was begun. */
export type Unknown = { outcome: 'unknown'; error: CrucibleError | NoAnswerError };

/** Whether an answer to a melt says how it stands. Nothing is taken for paid that does not say so itself. */
export function isMeltAnswer(json: object, status: number): boolean {
  const { transactionId, paymentResult, paidAmount }: Partial<Record<string, unknown>> = { ...json };
  if (typeof transactionId !== 'string') return false;
  if (paymentResult === 'PAID') return status === 200 && typeof paidAmount === 'number';
  return paymentResult === 'PENDING' && status === 202;
}

/** What a melt was answered with. */
export function stateIn(answer: Paid | Pending): PaymentState {
  const { transactionId, quoteId } = answer;
  switch (answer.paymentResult) {
    case 'PAID':
      return { outcome: 'paid', transactionId, quoteId, ...fieldsOf(answer) };
    case 'PENDING':
      return { outcome: 'pending', transactionId, quoteId, lastError: null };
  }
}

/** What is said of a melt that is asked after. Whatever a person must still decide, paid is paid. */
export function stateOf(status: Status): PaymentState {
  const { transactionId, quoteId } = status;
  if (isPaid(status)) return { outcome: 'paid', transactionId, quoteId, ...fieldsOf(status) };
  switch (status.status) {
    case 'FAILED': {
      const { cause = null, released = null } = status;
      return { outcome: 'failed', transactionId, quoteId, cause, released };
    }
    case 'NEEDS_ATTENTION':
      return { outcome: 'needs_attention', transactionId, quoteId, supportId: null };
    default:
      // PENDING, PAID without an amount, and the words of later servers: not decided, as far as is understood here.
      return { outcome: 'pending', transactionId, quoteId, lastError: null };
  }
}

/** Of the failures inside the server, those with which nothing was begun, and nothing will be for this request. */
const nothingBegan = ['MINT_ERROR', 'MINT_UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'SHUTTING_DOWN'];

/**
 * What the server says only once it has looked for an earlier payment under the same key and found none; and of a request that
 * it could never have taken. Anything else may have been said before the look, or by books that are being put right.
 */
const noneWasThere = [
  ...['VALIDATION_ERROR', 'INVALID_INVOICE', 'INVOICE_EXPIRED', 'AMOUNT_REQUIRED', 'UNSUPPORTED_NETWORK'],
  ...['INSUFFICIENT_BALANCE', 'FEE_TOO_HIGH', 'BUDGET_EXCEEDED', 'CONCURRENT_OPERATION'],
  ...['PROOF_STATE_INCONSISTENCY', 'MINT_ERROR', 'MINT_UNAVAILABLE'],
];

/**
 * What an error of a melt says of the payment.
 * @param isOwnKey whether the caller gave the key: then the payment may have been begun in an earlier call
 * @throws the error itself where it is a plain refusal, or nothing was sent: nothing was paid under this key then
 */
export function stateAfter(
  error: unknown,
  idempotencyKey: string,
  isOwnKey: boolean,
): PaymentState | Duplicate | Unknown {
  if (!isOfCrucible(error)) throw error;
  if (error.idempotencyKey !== idempotencyKey) {
    // Of the request for a token: this call sent no melt.
    if (isOwnKey) return { outcome: 'unknown', error };
    throw error;
  }
  if (error instanceof NoAnswerError) return { outcome: 'unknown', error };
  const { problem, unanswered, supportId } = error;
  switch (problem.code) {
    case 'PAYMENT_FAILED': {
      const { transactionId = null, quoteId = null, cause, released } = problem;
      // The mint refused to quote this time: an attempt that was lost may still arrive and be quoted.
      if (unanswered > 0 && transactionId === null) return { outcome: 'unknown', error };
      return { outcome: 'failed', transactionId, quoteId, cause, released };
    }
    case 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS': {
      const { transactionId, quoteId } = problem;
      return { outcome: 'pending', transactionId, quoteId, lastError: error };
    }
    case 'CRITICAL_MELT_FAILURE': {
      const { transactionId, quoteId } = problem;
      return { outcome: 'needs_attention', transactionId, quoteId, supportId };
    }
    case 'DUPLICATE_PAYMENT':
      if (error.transactionId === null) return { outcome: 'unknown', error };
      return { outcome: 'duplicate', transactionId: error.transactionId };
    case 'IDEMPOTENCY_KEY_REUSED':
      throw error;
    case 'IDEMPOTENCY_CONFLICT':
      return { outcome: 'unknown', error };
    default:
      if (mayHaveBegun(error, isOwnKey)) return { outcome: 'unknown', error };
      throw error;
  }
}

function mayHaveBegun({ code, status, unanswered }: CrucibleError, isOwnKey: boolean): boolean {
  // An attempt that nobody answered may have begun what this one was refused, or begin it yet.
  if (unanswered > 0) return true;
  if (isOwnKey && !noneWasThere.includes(code)) return true;
  return status >= 500 && !nothingBegan.includes(code);
}

export const isOfCrucible = (error: unknown): error is CrucibleError | NoAnswerError =>
  error instanceof CrucibleError || error instanceof NoAnswerError;

function fieldsOf(paid: PaidFields): PaidFields {
  const { paidAmount, feesPaid, changeAmount, preimage, preimageVerified, changePending } = paid;
  return { paidAmount, feesPaid, changeAmount, preimage, preimageVerified, changePending };
}

const isPaid = (status: Status): status is Status & PaidFields =>
  status.paymentResult === 'PAID' && typeof status.paidAmount === 'number';
