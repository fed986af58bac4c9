import type { Request } from 'express';
import Joi from 'joi';
import { validationError } from '../models/errors.ts';
import { isNpub } from '../models/npub.ts';
import { reportStatuses, type Severity, severities } from '../models/report.ts';
import type { ReportQuery } from '../services/support/contracts.ts';
import { longestCursor, pageLimit, usualPerPage } from './transactionQuery.ts';
import { checked } from './validate.ts';

type Sent = Partial<Record<'limit' | 'cursor' | 'code' | 'npub' | 'since', string>> & {
  severity?: Severity;
  status?: ReportQuery['status'];
};

/** RFC 3339; what is finer than a millisecond does not count. */
const momentShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

const query = Joi.object<Sent>({
  limit: pageLimit,
  cursor: Joi.string().max(longestCursor),
  severity: Joi.string().valid(...severities),
  status: Joi.string().valid(...reportStatuses),
  code: Joi.string()
    .max(64)
    .pattern(/^[A-Z_]+$/),
  npub: Joi.string().custom((text: string, helpers) => (isNpub(text) ? text : helpers.error('npub'))),
  since: Joi.string().custom((text: string, helpers) =>
    momentShape.test(text) && !Number.isNaN(Date.parse(text)) ? text : helpers.error('moment'),
  ),
});

/** Which reports are asked for. Nothing unknown is taken. @throws DomainError VALIDATION_ERROR */
export function readReportQuery({ query: sent }: Pick<Request, 'query'>): ReportQuery {
  const { limit, cursor, severity, status, code, npub, since } = checked(query, sent);
  return {
    limit: limit === undefined ? usualPerPage : Number(limit),
    cursor,
    severity,
    status,
    code,
    npub,
    since: since === undefined ? undefined : new Date(since),
  };
}

/** The supportId of the path. @throws DomainError VALIDATION_ERROR */
export function readSupportId(req: Pick<Request, 'params'>): string {
  const id = req.params['supportId'];
  if (typeof id !== 'string' || !/^sup_[0-9a-f]{20}$/.test(id))
    throw validationError([
      { field: 'supportId', message: 'must be a supportId such as sup_0123456789abcdef0123' },
    ]);
  return id;
}
