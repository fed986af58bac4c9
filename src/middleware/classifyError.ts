import { types } from 'node:util';
import { DomainError, databaseUnavailable, InvariantBroken, validationError } from '../models/errors.ts';
import { NoTurn } from '../models/fairTurns.ts';
import { isDatabaseAway, isOutcomeUnknown, isWriteConflict } from '../services/databaseFaults.ts';
import { bodyTooLarge } from './jsonBody.ts';

/**
 * Whatever was thrown, as an error that may be told. What we did not foresee becomes INTERNAL_ERROR with a message that
 * gives nothing away; the original stays its `cause`, for the log.
 */
export function classifyError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof InvariantBroken) return brokenInvariant(error);
  if (isOutcomeUnknown(error)) return outcomeUnknown(error);
  if (error instanceof NoTurn) return databaseFull(error);
  if (isDatabaseAway(error)) return databaseUnavailable(error);
  if (isWriteConflict(error)) return databaseTooBusy(error);
  return refusedByParser(error) ?? unforeseen(error);
}

/** Errors of express.json (types of http-errors, body-parser's README) and of the router's URL decoding. */
function refusedByParser(error: unknown): DomainError | null {
  if (!types.isNativeError(error)) return null;
  if (error.name === 'URIError') return malformed('path', 'is not correctly percent-encoded');
  switch (Reflect.get(error, 'type')) {
    case 'entity.parse.failed':
      return malformed('body', 'is not valid JSON');
    case 'request.size.invalid':
    case 'request.aborted':
      return malformed('body', 'did not arrive whole');
    case 'entity.too.large':
      return bodyTooLarge();
    case 'encoding.unsupported':
      return new DomainError(
        'UNSUPPORTED_MEDIA_TYPE',
        'LOW',
        'Nothing was done: send the body uncompressed.',
      );
    default:
      return null;
  }
}

const malformed = (field: string, message: string): DomainError => validationError([{ field, message }]);

const lookFirst =
  'Look at the balance and the transaction before you repeat it, and repeat it with the same Idempotency-Key only.';

function outcomeUnknown(cause: unknown): DomainError {
  return new DomainError(
    'INTERNAL_ERROR',
    'HIGH',
    `The database did not confirm what was written: it may stand or not. ${lookFirst}`,
    { cause },
  );
}

function databaseFull(cause: unknown): DomainError {
  return new DomainError(
    'DATABASE_UNAVAILABLE',
    'HIGH',
    `Too much waits for the database, and nothing of this step was written. ${lookFirst}`,
    { retryable: true, cause },
  );
}

function databaseTooBusy(cause: unknown): DomainError {
  return new DomainError(
    'DATABASE_UNAVAILABLE',
    'HIGH',
    `Others kept writing to the same part of the database, and nothing of this step was written. ${lookFirst}`,
    { retryable: true, cause },
  );
}

function brokenInvariant(cause: InvariantBroken): DomainError {
  return new DomainError(
    'INTERNAL_ERROR',
    'CRITICAL',
    `A safety check failed, and the server stopped before doing more. Support has been told. ${lookFirst}`,
    { cause },
  );
}

function unforeseen(cause: unknown): DomainError {
  return new DomainError(
    'INTERNAL_ERROR',
    'HIGH',
    `Something went wrong inside the server, and support has been told. ${lookFirst}`,
    { cause },
  );
}
