import { validationError } from '../../models/errors.ts';
import type { ListPosition } from '../../models/transaction.ts';

/** Milliseconds since 1970 and an id, under base64url: clients need not read it, and should not. */
const written = /^(0|[1-9]\d{0,15})\.(tx_[A-Za-z0-9_-]{1,96})$/;
const latestMs = 8.64e15;

/** What a client sends back to go on behind this entry. */
export function cursorBehind({ createdAt, id }: ListPosition): string {
  return Buffer.from(`${createdAt.getTime()}.${id}`).toString('base64url');
}

/** The place that a cursor names. @throws DomainError VALIDATION_ERROR for any text that this server would not have written */
export function positionOf(cursor: string): ListPosition {
  const [, ms = '', id = ''] = written.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  const position = { createdAt: new Date(Number(ms)), id };
  if (id === '' || Number(ms) > latestMs || cursorBehind(position) !== cursor) throw noSuchPlace();
  return position;
}

function noSuchPlace(): Error {
  return validationError([
    { field: 'cursor', message: 'must be a nextCursor of an earlier answer; leave it out to begin anew' },
  ]);
}
