import { statusOf, titleOf, typeOf } from '../middleware/problems.ts';
import type { ErrorCode } from '../models/errors.ts';
import { type ProblemDoc, problemDocs } from './problems.ts';
import { flag, object, oneOf, only, type Schema, text } from './schema.ts';
import { supportId } from './values.ts';

/**
 * The body of one code: RFC 9457, what the seed's clients read, and the members of the code. Every 5xx and whatever may be
 * HIGH or CRITICAL has a `supportId`.
 */
export function problemSchema(code: ErrorCode): Schema {
  const status = statusOf(code);
  const { when, severities, detail, always = {}, perhaps = {} } = problemDocs[code];
  return object(
    {
      ...partsOf(code, detail),
      status: only(status),
      severity: severities.length === 1 ? only(severities[0]) : oneOf('How bad it is', severities),
      ...(isReported(status, severities) ? { supportId } : {}),
      ...always,
    },
    perhaps,
    { description: when },
  );
}

/** What never became a request is answered in the form of VALIDATION_ERROR, with the status that HTTP has for it. */
export function notHttpSchema(statuses: readonly number[]): Schema {
  const { when, detail, always = {} } = problemDocs.VALIDATION_ERROR;
  const status = { type: 'integer', enum: statuses, examples: [statuses[0] ?? 400] };
  const severity = only('LOW');
  return object(
    { ...partsOf('VALIDATION_ERROR', detail), status, severity, ...always },
    {},
    { description: when },
  );
}

function partsOf(code: ErrorCode, detail: string): Record<string, Schema> {
  return {
    type: only(typeOf(code)),
    title: only(titleOf(code)),
    detail: text('What happened, whether money moved, and what to do', detail),
    instance: text('Names the request', 'urn:crucible:request:b4b26543-a7e1-4676-b8a1-3c8921c47ff9', {
      pattern: '^urn:crucible:request:[A-Za-z0-9_.-]{1,64}$',
    }),
    error: text('The title; for older clients, where a melt failed: Failed to melt tokens', titleOf(code)),
    message: text('The same as detail', detail),
    code: only(code),
    retryable: flag('Whether the same request may succeed later', false),
  };
}

const isReported = (status: number, severities: ProblemDoc['severities']): boolean =>
  status >= 500 || severities.some((severity) => severity === 'HIGH' || severity === 'CRITICAL');
