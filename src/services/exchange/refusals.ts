import { DomainError, type ErrorCode } from '../../models/errors.ts';
import type { ReceiveOperation, SendOperation } from '../../models/exchange.ts';
import { troubleBehind } from '../melt/refusals.ts';

/** What sends, reclaims and receives are refused with: what happened, whether money moved, and what to do next. */

const low = (code: ErrorCode, message: string, members: Record<string, number | string> = {}) =>
  new DomainError(code, 'LOW', message, { members });

export function tooLittleToSend(required: bigint, available: bigint, unit: string): DomainError {
  const short = `The wallet holds ${available} ${unit} spendable, and this token needs ${required} ${unit} with fees. Nothing was sent; add funds, or send less.`;
  // Enough in sum, and no choice of so many proofs as one request takes adds up to it.
  const scattered = `The wallet’s ${available} ${unit} are in too many small proofs for this token, which needs ${required} ${unit} with fees. Nothing was sent; send less.`;
  return low('INSUFFICIENT_BALANCE', available < required ? short : scattered, {
    required: Number(required),
    available: Number(available),
  });
}

export function heldByOthers(): DomainError {
  return new DomainError(
    'CONCURRENT_OPERATION',
    'LOW',
    'The wallet holds enough, but operations in flight have reserved it. Nothing was sent; try again when they have ended.',
    { retryable: true },
  );
}

export function tooManyUnderWay(most: number, what: 'tokens out' | 'tokens being received'): DomainError {
  return new DomainError(
    'CONCURRENT_OPERATION',
    'LOW',
    `The wallet has ${most} ${what} at once, which is the most that this server allows. Nothing was started and no money moved; try again when one of them has been claimed, reclaimed or received.`,
    { retryable: true },
  );
}

export function sendNotFound(): DomainError {
  return low(
    'TRANSACTION_NOT_FOUND',
    'This wallet has sent no token with that id, or none that these credentials may see. Nothing was done; check the transactionId.',
  );
}

/** The send ended without a token. */
export function sendFailed(operation: SendOperation, replayed: boolean): DomainError {
  const { id, unit, sourceAmount, failure } = operation;
  const cause = failure?.cause ?? 'NOT_STARTED';
  const isFree = cause !== 'STORE_BEHIND_MINT';
  const funds = isFree
    ? `The ${sourceAmount} ${unit} set aside for it are free again`
    : 'The wallet’s books had fallen behind its mint: what is left of what was set aside was found by its seed';
  return new DomainError(
    'SEND_FAILED',
    'MEDIUM',
    `No token was made, and none will be. ${funds}. Try again with a new Idempotency-Key.`,
    {
      members: { transactionId: id, released: isFree ? Number(sourceAmount) : 0, cause },
      about: aboutOf(operation),
      replayed,
    },
  );
}

/** The run broke off before anything had left, and was called off. */
export function neverMade(operation: SendOperation, cause: unknown): DomainError {
  const { code, severity, what } = troubleBehind(cause);
  return new DomainError(
    code,
    severity,
    `${what}. No token was made, and none will be. The funds set aside for it are free again; try again.`,
    { retryable: true, members: { transactionId: operation.id }, about: aboutOf(operation), cause },
  );
}

export function notOutYet(): DomainError {
  return new DomainError(
    'CONCURRENT_OPERATION',
    'LOW',
    'The token is only just being made. Nothing was done; try again in a moment.',
    { retryable: true },
  );
}

/** Another request, or a look at the mint, has changed it between our look and our try. */
export function movedOn(): DomainError {
  return new DomainError(
    'CONCURRENT_OPERATION',
    'LOW',
    'Something else about this token happened at the same moment: perhaps another request is bringing it home. Nothing was done for this one; ask how the token stands, or try again in a moment.',
    { retryable: true },
  );
}

export function tokenClaimed({ id, amount }: SendOperation): DomainError {
  return low(
    'TOKEN_CLAIMED',
    'Its recipient has claimed this token: nothing of it can be reclaimed. Nothing was done; look at the transaction.',
    { transactionId: id, claimedAmount: Number(amount) },
  );
}

export function reclaimFailed(operation: SendOperation, cause: string, replayed = false): DomainError {
  return new DomainError(
    'RECLAIM_FAILED',
    'LOW',
    cause === 'NOT_WORTH_ITS_FEE'
      ? 'What is left of the token is worth no more than the mint’s fee for reclaiming it. Nothing was done; the token is still good.'
      : 'The mint does not take the token back just now. Nothing moved: the token is out, and still good. Try again later.',
    { members: { transactionId: operation.id, cause }, about: aboutOf(operation), replayed },
  );
}

export function stillLocked({ lock }: SendOperation): DomainError {
  const until = lock?.locktime ?? null;
  const when =
    until === null || lock?.refundPubkey === null
      ? 'It has no way back: only its recipient can spend it'
      : `It can be reclaimed by its refund key after ${until.toISOString()}; this server can where that key is this wallet’s own`;
  return low(
    'TOKEN_LOCKED',
    `The token is locked to its recipient’s key. ${when}. Nothing was done; ask its recipient, or wait.`,
  );
}

export function tokenInvalid(why: string): DomainError {
  return low(
    'TOKEN_INVALID',
    `The token cannot be received: ${why}. Nothing was done, and the token is as it was; ask its sender for another one.`,
  );
}

export function lockedToOthers(): DomainError {
  return low(
    'TOKEN_LOCKED',
    'The token is locked to a key, or by a condition, that this wallet cannot meet. Nothing was done, and the token is as it was; ask its sender to lock it to this wallet’s tokenPubkey (GET …/info), or not at all.',
  );
}

export function tokenPending(): DomainError {
  return new DomainError(
    'TOKEN_PENDING',
    'LOW',
    'The mint holds some of the token in a payment that is under way. Nothing was done; try again when that has ended.',
    { retryable: true },
  );
}

export function tokenSpent(amount: bigint): DomainError {
  return low(
    'TOKEN_SPENT',
    'The token has been spent already: by somebody else, in another wallet, or as part of another token. Nothing was received; ask its sender for another one.',
    { spentAmount: Number(amount) },
  );
}

export function tokenPartlySpent(spent: bigint, amount: bigint, unit: string): DomainError {
  return low(
    'TOKEN_PARTLY_SPENT',
    `Of the token’s ${amount} ${unit}, ${spent} have been spent already. Nothing was received; ask its sender for a token of the rest.`,
    { spentAmount: Number(spent), unspentAmount: Number(amount - spent) },
  );
}

export function alreadyHeld(): DomainError {
  return low(
    'TOKEN_ALREADY_HELD',
    'The wallet holds this ecash, or some of it, already. Nothing was done; look at its balance.',
  );
}

/** The receive ended without ecash. */
export function receiveRefused(operation: ReceiveOperation, replayed: boolean): DomainError {
  const { failure, spentAmount, amount, unit } = operation;
  if (failure?.cause === 'TOKEN_SPENT') return tokenSpent(spentAmount);
  if (failure?.cause === 'TOKEN_PARTLY_SPENT') return tokenPartlySpent(spentAmount, amount, unit);
  return new DomainError(
    'RECEIVE_FAILED',
    'MEDIUM',
    'The mint did not exchange the token. Nothing was received, and the token is as it was. Try again later with a new Idempotency-Key, or ask its sender for another one.',
    {
      members: { transactionId: operation.id, cause: failure?.cause ?? 'MINT_REFUSED' },
      about: aboutOf(operation),
      replayed,
    },
  );
}

/** A person must decide. */
export function exchangeStopped(operation: SendOperation | ReceiveOperation, replayed: boolean): DomainError {
  const [code, what] =
    operation.kind === 'send'
      ? (['CRITICAL_SEND_FAILURE', 'The ecash of this token was stopped by a safety check'] as const)
      : (['CRITICAL_RECEIVE_FAILURE', 'Receiving this token was stopped by a safety check'] as const);
  const statusUrl = `/api/wallet/${operation.npub}/transactions/${operation.id}`;
  const since =
    operation.state === 'written_off'
      ? 'Support has written it off since; what the mint has signed of it is found by a restore of the wallet. Contact'
      : 'Nothing is lost by waiting: contact';
  return new DomainError(
    code,
    'CRITICAL',
    `CRITICAL: ${what} after the mint had been asked. ${since} support with transaction ${operation.id}.`,
    {
      members: {
        requiresManualIntervention: true,
        transactionId: operation.id,
        recovery: { state: 'manual', statusUrl },
      },
      about: aboutOf(operation),
      replayed,
    },
  );
}

function aboutOf({ npub, walletId, id }: SendOperation | ReceiveOperation): DomainError['about'] {
  return { npub, walletId, transactionId: id };
}
