import { backendTroubles } from '../models/backendTrouble.ts';
import { operationKinds, statePattern } from '../models/operation.ts';
import { reportStatuses, severities } from '../models/report.ts';
import { transactionStatuses } from '../models/transaction.ts';
import { flag, list, nullable, object, oneOf, only, type Schema, text } from './schema.ts';
import {
  count,
  mintUrl,
  moment,
  npub,
  quoteId,
  reportCode,
  reportCursor,
  supportId,
  walletId,
} from './values.ts';

/** Any that an operation or a migrated token may have. */
const transactionId: Schema = text('Names the operation', 'tx_melt_1795229787123_0123456789abcdef');

const entry: Record<string, Schema> = {
  supportId,
  at: moment('When it was met first'),
  lastAt: moment('When it was met last'),
  count: count('How often', 1),
  severity: oneOf('How bad it is', severities, 'HIGH'),
  code: reportCode,
  status: oneOf('Whether it is still so', reportStatuses),
  npub: nullable({ ...npub, description: 'Whose wallet it is about' }),
  transactionId: nullable(transactionId),
  quoteId: nullable(quoteId),
  summary: text('What happened', 'The melt has been open for over an hour in state pending.'),
};

export const reports: Schema = object({
  success: only(true),
  reports: list(object(entry)),
  pagination: object({
    limit: count('How many are told at most', 50),
    nextCursor: nullable(reportCursor),
    hasMore: flag('Whether there are others', false),
  }),
});

/** An operation of any wallet, as support sees it. */
const ofOperation: Record<string, Schema> = {
  transactionId,
  kind: oneOf('Its kind', operationKinds),
  status: {
    ...nullable(text('What its owner is told; null of upkeep', 'PENDING')),
    enum: [...transactionStatuses, null],
  },
  state: text('Its own state', 'pending'),
  whereTheMoneyIs: text(
    'Now, in plain words',
    'In the wallet, reserved for this payment until it is known whether the payee was paid.',
  ),
  npub,
  walletId,
  mintUrl,
  createdAt: moment('When it began'),
  timeline: list(
    object({
      at: moment('When'),
      state: text('The state that it then had', 'prepared'),
      event: text('What happened', 'reserved'),
    }),
  ),
};

const operation: Schema = object(ofOperation);

const looks = [
  'LOOKED_AT',
  'STILL_ASKING',
  'BUSY',
  'ENDED_BEFORE',
  'NEEDS_DECISION',
  'MINT_NOT_CONFIGURED',
] as const;

export const decision: Schema = oneOf('Take its ecash back, or give it up', ['fence', 'write_off']);

export const seenState: Schema = text(
  'The state in which you have seen it: if it has moved on since, nothing is decided',
  'needs_attention',
  { pattern: statePattern.source },
);

export const decided: Schema = object({
  success: only(true),
  decision,
  outcome: oneOf('Whether it was decided now, or so before', ['DECIDED', 'DECIDED_BEFORE']),
  rechecked: {
    ...nullable(
      text('What came of looking at it at once; null where there was nothing to look at', 'LOOKED_AT'),
    ),
    enum: [...looks, null],
  },
  mintAnsweredMsAgo: nullable(count('How long ago its mint was last heard; null = not yet', 12)),
  ...ofOperation,
});

export const rechecked: Schema = object({
  success: only(true),
  outcome: oneOf('What came of it; only with the first two was the mint asked', looks),
  mintAnsweredMsAgo: nullable(count('How long ago its mint was last heard; null = not yet', 12)),
  ...ofOperation,
});

const said: Schema = object({
  at: moment('When'),
  keyId: text('By whose key', '0123456789abcdef'),
  label: text('What that key was called', 'support desk'),
  note: text('Why', 'The mint has paid it back.'),
});

export const resolved: Schema = object({
  success: only(true),
  supportId,
  status: oneOf('What it is now', ['resolved', 'closed', 'open']),
  alreadyResolved: flag(
    'Whether somebody had done so before; then that is told, and nothing was written',
    false,
  ),
  resolution: said,
});

export const report: Schema = object({
  success: only(true),
  ...entry,
  walletId: nullable(walletId),
  otherIds: list({ ...supportId, description: 'Told, too, for the same incident' }, { examples: [[]] }),
  whatItMeans: text(
    'For the customer’s money',
    'Nothing is lost: what the operation holds stays with it until the outcome is known.',
  ),
  whatTheServerDoes: text('By itself', 'Asks the mint again until the outcome is known.'),
  whatToDo: text('For a person', 'Nothing at once.'),
  mintBackend: nullable(
    object({
      trouble: oneOf('What the mint’s words tell of its backend', backendTroubles),
      toldAt: moment('When it said so last'),
      cause: text('What that means', 'Funds of the mint’s Spark wallet (leaves) are locked.'),
      customerImpact: text('For customers', 'Payments through this mint fail or wait for some minutes.'),
      retryAfterSeconds: count('How long to wait before anything new', 900),
      nextStep: text('For a person', 'The locks expire within 10 to 15 minutes.'),
    }),
  ),
  closedAt: nullable(moment('When it was over')),
  closedHow: nullable(text('Why it is over', 'The operation ended as settled.')),
  resolutions: list(said, { description: 'Who has called it resolved, when and why; the latest last' }),
  requestIds: list(text('A request that has met it', 'order-7'), {
    description: 'The latest twenty',
  }),
  details: { type: 'object', description: 'What else was noted, by its kind', examples: [{}] },
  operation: nullable(operation),
});
