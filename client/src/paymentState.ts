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

/** Nobody can say from here whether a payment was begun. */
export type Unknown = { outcome: 'unknown'; error: CrucibleError | NoAnswerError };

/** What a melt was answered with. */
export function stateIn(answer: Paid | Pending): PaymentState {
  const { transactionId, quoteId } = answer;
  if (answer.paymentResult === 'PENDING')
    return { outcome: 'pending', transactionId, quoteId, lastError: null };
  return { outcome: 'paid', transactionId, quoteId, ...fieldsOf(answer) };
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
    case 'PENDING':
    case 'PAID':
      return { outcome: 'pending', transactionId, quoteId, lastError: null };
  }
}

/** With these, nothing was begun, and nothing will be for this request. */
const nothingBegan = ['MINT_ERROR', 'MINT_UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'SHUTTING_DOWN'];

/**
 * What an error of a melt says of the payment.
 * @throws the error itself where it is a plain refusal, or none of the melt: nothing was paid then
 */
export function stateAfter(error: unknown, idempotencyKey: string): PaymentState | Unknown {
  if (!isOfCrucible(error) || error.idempotencyKey !== idempotencyKey) throw error;
  if (error instanceof NoAnswerError) return { outcome: 'unknown', error };
  const { problem, unanswered, supportId } = error;
  switch (problem.code) {
    case 'PAYMENT_FAILED': {
      const { transactionId = null, quoteId = null, cause, released } = problem;
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
    case 'IDEMPOTENCY_KEY_REUSED':
      throw error;
    case 'IDEMPOTENCY_CONFLICT':
      return { outcome: 'unknown', error };
    default:
      // An attempt that nobody answered may have begun what this one was refused, or begin it yet.
      if (unanswered > 0 || (error.status >= 500 && !nothingBegan.includes(error.code)))
        return { outcome: 'unknown', error };
      throw error;
  }
}

export const isOfCrucible = (error: unknown): error is CrucibleError | NoAnswerError =>
  error instanceof CrucibleError || error instanceof NoAnswerError;

function fieldsOf(paid: PaidFields): PaidFields {
  const { paidAmount, feesPaid, changeAmount, preimage, preimageVerified, changePending } = paid;
  return { paidAmount, feesPaid, changeAmount, preimage, preimageVerified, changePending };
}

const isPaid = (status: Status): status is Status & PaidFields =>
  status.paymentResult === 'PAID' && status.paidAmount !== undefined;
