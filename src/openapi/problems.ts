import type { ErrorCode } from '../models/errors.ts';
import { rateLimitNames } from '../models/rateLimit.ts';
import type { Severity } from '../models/report.ts';
import { mintHealth } from './answers.ts';
import { flag, list, nullable, object, oneOf, only, type Schema, text } from './schema.ts';
import { tokenProblemDocs } from './tokenProblems.ts';
import { amount, count, quoteId, statusUrl, tokenId, transactionId } from './values.ts';

/** What the document says of one code; its status and title are the server's own (`problemKinds`). */
export type ProblemDoc = {
  when: string;
  severities: readonly [Severity, ...Severity[]];
  detail: string;
  /** Members beside those of every problem. */
  always?: Record<string, Schema>;
  perhaps?: Record<string, Schema>;
};

const low = { severities: ['LOW'] } as const;
const high = { severities: ['HIGH'] } as const;
const medium = { severities: ['MEDIUM'] } as const;
const critical = { severities: ['CRITICAL'] } as const;

/** A payment that had been prepared broke off before anything was sent. */
const brokenOff = { transactionId };
const readiness = {
  ready: only(false),
  database: oneOf('Whether the database can be written to', ['writable', 'unavailable']),
  draining: flag('Whether the server is about to go', false),
  mints: mintHealth,
};
const causes = [
  'INVOICE_ALREADY_PAID',
  'PAYMENT_UNDER_WAY',
  'NO_ROUTE',
  'LIGHTNING_PAYMENT_FAILED',
  'EXPIRED',
  'AMOUNT_OUT_OF_RANGE',
  'KEYSET_RETIRED',
  'MINT_REFUSED',
  'NOT_STARTED',
  'NOT_EXECUTED',
  'WRITTEN_OFF',
];
const afterTheMintWasAsked = (state: 'scheduled' | 'manual') => ({
  requiresManualIntervention: only(true),
  quoteId,
  transactionId,
  recovery: object({ state: only(state), statusUrl }),
});

/** Every code that a client can meet: none can be forgotten here, because the compiler counts them. */
export const problemDocs: Record<ErrorCode, ProblemDoc> = {
  VALIDATION_ERROR: {
    ...low,
    when: 'Body, path or header of another shape; at most twenty of its mistakes are named',
    detail: 'Nothing was done: amount: must be a JSON integer.',
    always: {
      details: list(
        object({
          field: text('Which', 'amount'),
          message: text('What is wrong with it', 'must be a JSON integer'),
        }),
        { minItems: 1, maxItems: 20 },
      ),
    },
  },
  INVALID_INVOICE: {
    ...low,
    when: 'The invoice does not decode, or its checksum is wrong',
    detail: 'This is not a Lightning invoice. Nothing was paid; check it and send it again.',
  },
  INVOICE_EXPIRED: {
    ...low,
    when: 'The invoice has expired',
    detail: 'This invoice has expired. Nothing was paid; ask the payee for a new one.',
  },
  AMOUNT_REQUIRED: {
    ...low,
    when: 'The invoice names no amount, and none was sent, or the mint takes it from invoices alone, as all do in another unit than sat and msat',
    detail: 'This invoice names no amount. Nothing was paid; send it, or ask the payee for one that does.',
  },
  UNSUPPORTED_NETWORK: {
    ...low,
    when: 'The invoice is for another network',
    detail: 'This invoice is for another network. Nothing was paid; ask the payee for another one.',
  },
  INSUFFICIENT_BALANCE: {
    ...low,
    when: 'The wallet does not hold enough',
    detail:
      'The wallet holds 100 sat spendable, and this payment needs 213 sat with fees. Nothing was paid; add funds, or pay a smaller invoice.',
    always: { required: amount('With fees', 213), available: amount('Spendable', 100) },
  },
  FEE_TOO_HIGH: {
    ...low,
    when: 'The cost could be more than `maxFee`, or more than the server allows; or with the amount more than `maxTotal`, and then both are told',
    detail:
      'Paying this invoice may cost up to 3 sat in fees, and maxFee is 0 sat. Nothing was paid; raise maxFee, or use another invoice.',
    always: { fee: amount('What it may cost', 3), limit: amount('What it may cost at most', 0) },
    perhaps: {
      total: amount('What may leave the wallet', 213, 1),
      maxTotal: amount('What may leave it at most', 210, 1),
    },
  },
  PROOF_STATE_INCONSISTENCY: {
    ...critical,
    when: 'The mint says that ecash of the wallet is spent; it is now marked so, and nothing was paid',
    detail:
      'Cannot proceed with the Lightning payment: the mint says that some of this wallet’s ecash is already spent. Nothing was paid.',
    always: {
      cause: object({ code: only('HIGH_SEVERITY_DISCREPANCIES'), severity: only('HIGH') }),
      discrepancies: list(
        object({
          type: oneOf('How the books differ', [
            'DB_UNSPENT_MINT_SPENT',
            'DB_SPENT_MINT_UNSPENT',
            'DB_PENDING_MINT_SPENT',
            'PROOF_NOT_IN_DB',
            'DB_UNSPENT_MINT_PENDING',
          ]),
          severity: oneOf('How much it matters', ['HIGH', 'MEDIUM', 'LOW']),
          tokenId: nullable(tokenId),
          amount: amount('Over how much', 64),
        }),
      ),
    },
  },
  UNAUTHENTICATED: {
    ...low,
    when: 'No credentials, wrong ones, or such as have expired, were revoked or were used before',
    detail: 'Nothing was done: no valid credentials. Send an API key: Authorization: Bearer crk_….',
  },
  FORBIDDEN: {
    ...low,
    when: 'The credentials are for another wallet, or lack a scope; or the key has a budget, and the wallet counts in what only its mint can price',
    detail: 'Nothing was done: this key is for another wallet. Use another key, or ask the operator for one.',
  },
  BUDGET_EXCEEDED: {
    ...low,
    when: 'The key’s budget for the day does not cover the payment; all three in sat',
    detail: 'This key may spend 100 sat a day. Nothing was paid. Pay a smaller invoice, or use another key.',
    always: {
      budget: amount('For a day', 100),
      spentToday: amount('Of it, reserved included', 0),
      required: amount('By this payment', 213),
    },
  },
  NOT_FOUND: {
    ...low,
    when: 'There is no such address',
    detail: 'Nothing was done: there is no such route. Check the address.',
  },
  METHOD_NOT_ALLOWED: {
    ...low,
    when: 'The address does not take this method; `Allow` names those that it takes',
    detail: 'Nothing was done: this address does not take the method. Use another one: GET, HEAD.',
  },
  WALLET_NOT_FOUND: {
    ...low,
    when: 'The npub has no wallet here, or none with this walletId',
    detail: 'Nothing was done: this npub has no wallet here. Create it first.',
  },
  TRANSACTION_NOT_FOUND: {
    ...low,
    when: 'The wallet has no transaction, or no melt, of that id',
    detail: 'This wallet has no melt with that id. Nothing was done; check the transactionId.',
  },
  QUOTE_NOT_FOUND: {
    ...low,
    when: 'The wallet has no mint quote of that id',
    detail: 'This wallet has no mint quote with that id. Nothing was done; check the quoteId.',
  },
  REPORT_NOT_FOUND: {
    ...low,
    when: 'There is no report of that id',
    detail: 'There is no report with that supportId. Nothing was done; check the supportId.',
  },
  DECISION_NOT_POSSIBLE: {
    ...low,
    when: 'The operation has ended, moves on by itself, or cannot be decided about in this way',
    detail: 'Nothing was done: that cannot be decided about it. It has ended. Look at it first.',
    always: { transactionId, state: text('The operation’s own state', 'settled') },
  },
  PAYLOAD_TOO_LARGE: {
    ...low,
    when: 'The body has more than 64 KiB',
    detail: 'Nothing was done: the body is larger than 64 KiB. Send a smaller one.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    ...low,
    when: 'The body is not JSON, not in UTF-8, or compressed',
    detail: 'Nothing was done: send the body as JSON in UTF-8, with Content-Type: application/json.',
  },
  MELT_BLOCKED_BY_RECONCILIATION: {
    ...high,
    when: 'The wallet’s books are being corrected, or recovered after the restore of a backup',
    detail:
      'This wallet’s books are being corrected at this moment. Nothing was paid; try again in a few seconds.',
    perhaps: { ...brokenOff, retryAfterSeconds: count('The same as Retry-After', 30) },
  },
  DUPLICATE_PAYMENT: {
    ...medium,
    when: 'This wallet is paying, or has paid, this invoice',
    detail:
      'This wallet is paying, or has paid, this invoice already. Nothing more was paid; look at that transaction.',
    always: { transactionId },
  },
  CONCURRENT_OPERATION: {
    ...low,
    when: 'Enough is there, but reserved by operations in flight; or too many of them are open',
    detail:
      'The wallet holds enough, but operations in flight have reserved it. Nothing was paid; try again when they have ended.',
  },
  IDEMPOTENCY_CONFLICT: {
    ...low,
    when: 'The first request with this Idempotency-Key is still running',
    detail:
      'The first request with this Idempotency-Key is still running. Nothing more was started; ask again shortly.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    ...low,
    when: 'The Idempotency-Key was used for another body',
    detail:
      'This Idempotency-Key was used for another request body. Nothing was done; use a new key for a new request.',
  },
  PAYMENT_FAILED: {
    ...medium,
    when: 'Not paid, and what was reserved for it can never pay it; it is back in the wallet',
    detail:
      'The invoice was not paid, and these funds can no longer pay it. 213 sat are back in the wallet. A new try takes a new Idempotency-Key.',
    always: {
      released: amount('What is back in the wallet', 213),
      cause: oneOf('Why', causes, 'NO_ROUTE'),
    },
    perhaps: { causeDetail: text('The mint’s own words', 'no route found'), transactionId, quoteId },
  },
  ...tokenProblemDocs,
  RATE_LIMITED: {
    ...low,
    when: 'Too many requests in a minute',
    detail:
      'Nothing was done, and nothing was sent or paid for this request: requests with this API key are limited to 3000 a minute. Try again in 12 s.',
    always: {
      limitedBy: oneOf('Which limit', rateLimitNames, 'key'),
      perMinute: count('What it allows', 3_000),
      retryAfterSeconds: count('The same as Retry-After', 12),
    },
  },
  CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS: {
    ...critical,
    when: 'Paid and not booked yet: the server books it by itself. Do not pay again',
    detail:
      'CRITICAL: the Lightning payment succeeded, but the wallet’s books could not be updated yet. Do not pay again. The server completes it by itself as soon as the database answers.',
    always: afterTheMintWasAsked('scheduled'),
  },
  CRITICAL_MELT_FAILURE: {
    ...critical,
    when: 'Stopped by a safety check; a person decides',
    detail:
      'CRITICAL: the payment was stopped by a safety check after the mint had been asked. Whether it was paid is not settled; do not pay again.',
    always: afterTheMintWasAsked('manual'),
  },
  INTERNAL_ERROR: {
    severities: ['HIGH', 'CRITICAL'],
    when: 'Not foreseen',
    detail:
      'Something went wrong inside the server, and support has been told. Look at the balance and the transaction before you repeat it, and repeat it with the same Idempotency-Key only.',
    perhaps: brokenOff,
  },
  MINT_ERROR: {
    ...medium,
    when: 'The mint gave no usable answer before anything was at stake',
    detail:
      'The mint gave an answer that makes no sense. Nothing was started and no money moved; try again later, and tell support if it goes on.',
    perhaps: {
      mintCode: { type: 'integer', description: 'The mint’s own error code', examples: [10_000] },
      ...brokenOff,
    },
  },
  MINT_UNAVAILABLE: {
    ...high,
    when: 'The mint does not answer',
    detail: 'The mint does not answer. Nothing was started and no money moved. Try again shortly.',
    perhaps: brokenOff,
  },
  DATABASE_UNAVAILABLE: {
    ...high,
    when: 'The database does not answer',
    detail:
      'The database did not answer. No payment was started, and none will be for this request. Try again shortly.',
    perhaps: { ...brokenOff, ...readiness },
  },
  SHUTTING_DOWN: {
    ...high,
    when: 'The server is about to go; another instance may take the request',
    detail: 'This server is shutting down. Nothing was started; send the request again in a moment.',
    perhaps: readiness,
  },
};
