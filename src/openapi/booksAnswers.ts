import { flag, list, nullable, object, oneOf, only, type Schema, text } from './schema.ts';
import { amount, count, exampleNpub, moment, tokenId, transactionId } from './values.ts';

/** How the books of a wallet and its mint can differ. */
const discrepancyTypes = [
  'DB_UNSPENT_MINT_SPENT',
  'DB_SPENT_MINT_UNSPENT',
  'DB_PENDING_MINT_SPENT',
  'PROOF_NOT_IN_DB',
  'DB_UNSPENT_MINT_PENDING',
];

const type = oneOf('How books and mint differ', discrepancyTypes);
const sum = amount('The sum of the proofs; 0 where only the mint knows it', 64);
const proofCount = count('How many proofs', 1);
/** No list is longer; all are counted. */
const atMost = { maxItems: 1_000 };

const compared: Record<string, Schema> = {
  success: only(true),
  totalProofs: count('Proofs of the wallet that were compared', 10),
  unspentCount: count('Those that the mint calls unspent', 9),
  pendingCount: count('Those that it holds in a payment', 0),
  spentCount: count('Those that it calls spent', 1),
  discrepancies: list(
    object({
      type,
      severity: oneOf('How bad it is', ['HIGH', 'MEDIUM', 'LOW']),
      tokenId: nullable(tokenId),
      transactionId: nullable({ ...transactionId, description: 'Whose output it is, where no token has it' }),
      amount: sum,
      proofCount,
    }),
    { ...atMost, description: 'A line for each token and type, the gravest first, 1,000 at most' },
  ),
  severityCounts: object({
    HIGH: count('Lines of this severity', 1),
    MEDIUM: count('Lines of this severity', 0),
    LOW: count('Lines of this severity', 0),
  }),
  consistent: flag('Whether nothing differed of what was compared', false),
  hasHighSeverity: flag('Whether anything is HIGH', true),
  complete: flag(
    'Whether all was compared that the books believe good; if not, 10,000 proofs were enough',
    true,
  ),
  timestamp: moment('When it was compared'),
};

export const proofsStatus: Schema = object(compared);

export const reconciliation: Schema = object({
  ...compared,
  dryRun: flag('Whether nothing was to be changed', false),
  actions: list(
    object({
      action: only('mark_spent'),
      type,
      tokenId,
      amount: sum,
      proofCount,
      done: flag('Whether it was done; not in a dry run, nor where the token had just changed', true),
    }),
    atMost,
  ),
});

const found: Record<string, Schema> = {
  restoredAmount: amount('What was found by the seed and credited', 1_000),
  restoredProofs: count('In how many proofs', 6),
};

export const restored: Schema = object({
  success: only(true),
  ...found,
  watching: flag(
    'Whether the mint still holds ecash in payments; what comes of it is credited by itself',
    false,
  ),
});

export const restoring: Schema = object({
  success: only(true),
  status: only('RUNNING'),
  statusUrl: text('Where to ask how it is going on', `/api/wallet/${exampleNpub}/restore`, {
    format: 'uri-reference',
  }),
});

export const lastRestore: Schema = object({
  success: only(true),
  status: oneOf('NONE: the wallet was never restored', ['NONE', 'RUNNING', 'WATCHING', 'DONE'], 'DONE'),
  ...found,
  startedAt: nullable(moment('When it began')),
  endedAt: nullable(moment('When it was over')),
});
