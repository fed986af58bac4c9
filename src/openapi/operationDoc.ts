import type { ErrorCode } from '../models/errors.ts';
import type { HeaderName } from './headers.ts';
import type { QueryName } from './parameters.ts';
import type { Schema } from './schema.ts';
import { externalId, memo } from './values.ts';

export type Tag =
  | 'Access'
  | 'Wallets'
  | 'Funding'
  | 'Paying'
  | 'Tokens'
  | 'Books'
  | 'History'
  | 'Support'
  | 'Machine';

export type AnswerDoc = {
  description: string;
  /** A component by this name, in JSON; or the media types of a file. */
  content: { name: string; schema: Schema } | { files: readonly string[] };
  headers?: readonly HeaderName[];
};

/** What the route table does not say of a route. `refusals`: besides those that its guards make. */
export type OperationDoc = {
  id: string;
  tag: Tag;
  summary: string;
  description?: string;
  body?: { name: string; schema: Schema; isOptional?: true };
  takes?: readonly ('Idempotency-Key' | 'Prefer')[];
  query?: readonly QueryName[];
  answers: Record<number, AnswerDoc>;
  refusals: readonly ErrorCode[];
};

export const json = (description: string, name: string, schema: Schema): AnswerDoc => ({
  description,
  content: { name, schema },
});

export const mintTrouble = ['MINT_ERROR', 'MINT_UNAVAILABLE'] as const;
export const underway = ['CONCURRENT_OPERATION', 'MELT_BLOCKED_BY_RECONCILIATION'] as const;
export const ofKeys = ['IDEMPOTENCY_CONFLICT', 'IDEMPOTENCY_KEY_REUSED'] as const;
export const wallet = '/api/wallet/:npub';
export const notes = { memo, externalId };
