import type { ListPosition } from '../../models/transaction.ts';
import { createCursors } from '../cursor.ts';

const cursors = createCursors(/tx_[A-Za-z0-9_-]{1,96}/);

/** What a client sends back to go on behind this entry. */
export const cursorBehind = ({ createdAt, id }: ListPosition): string =>
  cursors.behind({ at: createdAt, id });

/** The place that a cursor names. @throws DomainError VALIDATION_ERROR for any text that this server would not have written */
export function positionOf(cursor: string): ListPosition {
  const { at, id } = cursors.placeOf(cursor);
  return { createdAt: at, id };
}
