import { reportStatuses, severities } from '../models/report.ts';
import { transactionStatuses, transactionTypes } from '../models/transaction.ts';
import { exampleOf, oneOf, type Schema, text } from './schema.ts';
import {
  cursor,
  externalId,
  moment,
  npub,
  reportCode,
  reportCursor,
  supportId,
  transactionId,
  walletId,
} from './values.ts';

/** The files that the page of `GET /docs` asks for. */
export const docsFiles = ['swagger-ui.css', 'swagger-ui-bundle.js', 'start.js'] as const;

const inPath: Record<string, Schema> = {
  npub,
  transactionId,
  supportId,
  file: oneOf('One of these', docsFiles),
};

const idempotencyKey = /^(?:[!#-~](?:[ -~]*[!-~])?|"(?:[ !#-[\]-~]|\\["\\])+")$/;

const inHeader = {
  'Idempotency-Key': text(
    'Makes repeats safe: 1–255 printable ASCII characters, quoted (RFC 8941) or not. Kept for 31 days; its scope is wallet and route',
    '7c6a1b7e-51f0-4a3e-9d0b-2f4c9e8d7a65',
    { minLength: 1, maxLength: 255, pattern: idempotencyKey.source },
  ),
  // Whatever else it asks for is passed over, as RFC 7240 has it.
  Prefer: text(
    '`respond-async`: answer 202 at once, of a melt as soon as the ecash is reserved (RFC 7240)',
    'respond-async',
  ),
};

const inQuery = {
  limit: {
    type: 'integer',
    description: 'How many at most',
    minimum: 1,
    maximum: 100,
    default: 50,
    examples: [50],
  },
  cursor,
  type: oneOf('Only of this kind', transactionTypes),
  status: oneOf('Only those of which this is so now', transactionStatuses),
  externalId,
  walletId: {
    ...walletId,
    description:
      'Which of the npub’s wallets; without it the first, or for a transaction, a mint quote or a token that which it belongs to',
  },
  'cursor.report': reportCursor,
  'status.report': oneOf('Only those that are so now', reportStatuses),
  severity: oneOf('Only those that are so bad', severities),
  code: reportCode,
  npub: { ...npub, description: 'Only those about wallets of this owner' },
  since: moment('Only those that were met at this moment or later'),
} as const satisfies Record<string, Schema>;

/** Where two lists mean something else by the same name, it has an ending here. */
export type QueryName = keyof typeof inQuery;

/** `/api/wallet/:npub` as OpenAPI writes it. */
export const templateOf = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

/** The parameters of a route's path. @throws Error for one that nobody has described */
export function pathParameters(path: string) {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => {
    const schema = inPath[name];
    if (schema === undefined) throw new Error(`no description of the parameter ${name}`);
    return { name, in: 'path', required: true, schema, example: exampleOf(schema) };
  });
}

export const headerParameters = (names: readonly (keyof typeof inHeader)[]) =>
  names.map((name) => ({ name, in: 'header', required: false, schema: inHeader[name] }));

export const queryParameters = (names: readonly QueryName[]) =>
  names.map((name) => ({
    name: name.replace('.report', ''),
    in: 'query',
    required: false,
    schema: inQuery[name],
  }));
