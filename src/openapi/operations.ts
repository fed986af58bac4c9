import {
  alive,
  balance,
  bearerToken,
  meltPaid,
  meltPending,
  meltQuote,
  meltStatus,
  minted,
  mintQuote,
  notMinted,
  ready,
  transaction,
  transactions,
  walletCreated,
  walletInfo,
  wallets,
} from './answers.ts';
import { booksOperations } from './booksOperations.ts';
import { json, mintTrouble, notes, type OperationDoc, ofKeys, underway, wallet } from './operationDoc.ts';
import { body } from './schema.ts';
import { supportOperations } from './supportOperations.ts';
import { tokenOperationDocs } from './tokenOperations.ts';
import { amount, invoice, npub, quoteId, wishedAmount, wishedMintUrl, wishedUnit } from './values.ts';

const ofInvoice = ['INVALID_INVOICE', 'INVOICE_EXPIRED', 'AMOUNT_REQUIRED', 'UNSUPPORTED_NETWORK'] as const;
const created = json('The wallet exists', 'WalletCreated', walletCreated);

/** By method and pattern, as `routeTable` has them: a test holds the two against each other. */
export const operationDocs: Record<string, OperationDoc> = {
  'GET /livez': {
    id: 'live',
    tag: 'Machine',
    summary: 'Whether the process runs',
    answers: { 200: json('It does', 'Alive', alive) },
    refusals: [],
  },
  'GET /readyz': {
    id: 'ready',
    tag: 'Machine',
    summary: 'Whether the server takes requests',
    answers: { 200: json('It does; a mint’s silence alone changes nothing of that', 'Ready', ready) },
    refusals: ['DATABASE_UNAVAILABLE', 'SHUTTING_DOWN'],
  },
  'GET /metrics': {
    id: 'metrics',
    tag: 'Machine',
    summary: 'Metrics, for Prometheus',
    description:
      'Opened by `Authorization: Bearer` with the token of `CRUCIBLE_METRICS_TOKEN`, and by no API key. The development profile needs none unless one is set.',
    answers: { 200: { description: 'Text format 0.0.4', content: { files: ['text/plain'] } } },
    refusals: ['UNAUTHENTICATED'],
  },
  'GET /openapi.json': {
    id: 'openApi',
    tag: 'Machine',
    summary: 'This document',
    answers: { 200: json('OpenAPI 3.1', 'OpenApi', { type: 'object', examples: [{ openapi: '3.1.1' }] }) },
    refusals: [],
  },
  'GET /docs': {
    id: 'docs',
    tag: 'Machine',
    summary: 'This document for people',
    answers: { 200: { description: 'A page', content: { files: ['text/html'] } } },
    refusals: [],
  },
  'GET /docs/:file': {
    id: 'docsFile',
    tag: 'Machine',
    summary: 'What that page is made of',
    answers: {
      200: { description: 'A file', content: { files: ['text/css', 'text/javascript'] } },
    },
    refusals: ['NOT_FOUND'],
  },
  'POST /api/auth/token': {
    id: 'createToken',
    tag: 'Access',
    summary: 'Exchange a signed request for a token of five minutes',
    body: { name: 'Nothing', schema: body({}), isOptional: true },
    answers: { 200: json('The token', 'BearerToken', bearerToken) },
    refusals: [],
  },
  'POST /api/wallet/create': {
    id: 'createWallet',
    tag: 'Wallets',
    summary: 'Create a wallet of an npub',
    description:
      'With an `admin` key, a `wallet:write` key bound to this npub, or signed by it. An npub has one wallet for each mint and unit; without either the first is told.',
    body: { name: 'WalletWish', schema: body({ npub }, { mintUrl: wishedMintUrl, unit: wishedUnit }) },
    answers: { 200: { ...created, description: 'It existed already' }, 201: created },
    refusals: mintTrouble,
  },
  [`GET ${wallet}/wallets`]: {
    id: 'wallets',
    tag: 'Wallets',
    summary: 'All wallets of an npub, the first one first',
    answers: { 200: json('The wallets', 'Wallets', wallets) },
    refusals: ['WALLET_NOT_FOUND'],
  },
  [`GET ${wallet}/info`]: {
    id: 'walletInfo',
    tag: 'Wallets',
    summary: 'What a wallet is and has',
    answers: { 200: json('The wallet', 'WalletInfo', walletInfo) },
    refusals: ['WALLET_NOT_FOUND'],
  },
  [`GET ${wallet}/balance`]: {
    id: 'balance',
    tag: 'Wallets',
    summary: 'What a wallet holds',
    answers: { 200: json('The balance', 'Balance', balance) },
    refusals: ['WALLET_NOT_FOUND'],
  },
  [`POST ${wallet}/mint`]: {
    id: 'mint',
    tag: 'Funding',
    summary: 'Ask for an invoice that funds the wallet',
    description: 'The server watches it and credits the wallet; nobody has to call back.',
    body: { name: 'MintWish', schema: body({ amount: amount('What to credit', 1_000, 1) }, notes) },
    takes: ['Idempotency-Key'],
    answers: { 201: json('To be paid', 'MintQuote', mintQuote) },
    refusals: ['WALLET_NOT_FOUND', ...underway, ...ofKeys, ...mintTrouble],
  },
  [`POST ${wallet}/mint/complete`]: {
    id: 'completeMint',
    tag: 'Funding',
    summary: 'Look now whether such an invoice was paid',
    body: { name: 'MintLook', schema: body({ quoteId }) },
    answers: {
      200: json('Credited', 'Minted', minted),
      202: { ...json('Not yet', 'NotMinted', notMinted), headers: ['Location'] },
    },
    refusals: ['WALLET_NOT_FOUND', 'QUOTE_NOT_FOUND', ...mintTrouble],
  },
  ...tokenOperationDocs,
  [`POST ${wallet}/melt/quote`]: {
    id: 'quoteMelt',
    tag: 'Paying',
    summary: 'What paying an invoice would cost',
    description: 'Reserves nothing, and is no offer.',
    body: { name: 'MeltQuestion', schema: body({ invoice }, { amount: wishedAmount }) },
    answers: { 200: json('The cost', 'MeltQuote', meltQuote) },
    refusals: [
      'WALLET_NOT_FOUND',
      ...ofInvoice,
      'INSUFFICIENT_BALANCE',
      'CONCURRENT_OPERATION',
      'PAYMENT_FAILED',
      ...mintTrouble,
    ],
  },
  [`POST ${wallet}/melt`]: {
    id: 'melt',
    tag: 'Paying',
    summary: 'Pay a Lightning invoice',
    description:
      '`maxFee` bounds fee reserve and input fees together, and can only lower the server’s own cap. `maxTotal` bounds all that may leave the wallet; without it, a wallet in another unit than sat or msat pays nothing, since its mint sets the price.',
    body: {
      name: 'MeltWish',
      schema: body(
        { invoice },
        {
          amount: wishedAmount,
          maxFee: amount('The most that the payment may cost', 10),
          maxTotal: amount('The most that may leave the wallet, fees included', 220, 1),
          ...notes,
        },
      ),
    },
    takes: ['Idempotency-Key', 'Prefer'],
    answers: {
      200: json('Paid', 'MeltPaid', meltPaid),
      202: {
        ...json('Not known yet; the server brings it to an end', 'MeltPending', meltPending),
        headers: ['Location', 'Preference-Applied'],
      },
    },
    refusals: [
      'WALLET_NOT_FOUND',
      ...ofInvoice,
      'INSUFFICIENT_BALANCE',
      'FEE_TOO_HIGH',
      'PROOF_STATE_INCONSISTENCY',
      'BUDGET_EXCEEDED',
      'DUPLICATE_PAYMENT',
      ...underway,
      ...ofKeys,
      'PAYMENT_FAILED',
      'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS',
      'CRITICAL_MELT_FAILURE',
      ...mintTrouble,
    ],
  },
  [`GET ${wallet}/melt/:transactionId`]: {
    id: 'meltStatus',
    tag: 'Paying',
    summary: 'How a payment is going',
    answers: { 200: json('Its present state', 'MeltStatus', meltStatus) },
    refusals: ['WALLET_NOT_FOUND', 'TRANSACTION_NOT_FOUND'],
  },
  [`GET ${wallet}/transactions`]: {
    id: 'transactions',
    tag: 'History',
    summary: 'What a wallet has done, newest first',
    description:
      'Go on with `nextCursor` and the same filters; what begins meanwhile does not move the pages.',
    query: ['limit', 'cursor', 'type', 'status', 'externalId'],
    answers: { 200: json('One page', 'Transactions', transactions) },
    refusals: ['WALLET_NOT_FOUND'],
  },
  [`GET ${wallet}/transactions/:transactionId`]: {
    id: 'transaction',
    tag: 'History',
    summary: 'One of them, of whatever kind, with its timeline',
    answers: { 200: json('Its present state', 'Transaction', transaction) },
    refusals: ['WALLET_NOT_FOUND', 'TRANSACTION_NOT_FOUND'],
  },
  ...booksOperations,
  ...supportOperations,
};
