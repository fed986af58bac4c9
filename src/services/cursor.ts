import { validationError } from '../models/errors.ts';

/** A place in a list that is ordered by moment and id: that of the entry before it. */
export type Place = { at: Date; id: string };

const latestMs = 8.64e15;

/** Cursors of one list: milliseconds since 1970 and an id, under base64url. Clients need not read them, and should not. */
export function createCursors(idShape: RegExp) {
  const written = new RegExp(`^(0|[1-9]\\d{0,15})\\.(${idShape.source})$`);

  /** What a client sends back to go on behind this entry. */
  function behind({ at, id }: Place): string {
    return Buffer.from(`${at.getTime()}.${id}`).toString('base64url');
  }

  /** The place that a cursor names. @throws DomainError VALIDATION_ERROR for any text that this server would not have written */
  function placeOf(cursor: string): Place {
    const [, ms = '', id = ''] = written.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
    const place = { at: new Date(Number(ms)), id };
    if (id === '' || Number(ms) > latestMs || behind(place) !== cursor) throw noSuchPlace();
    return place;
  }

  return { behind, placeOf };
}

function noSuchPlace(): Error {
  return validationError([
    { field: 'cursor', message: 'must be a nextCursor of an earlier answer; leave it out to begin anew' },
  ]);
}
