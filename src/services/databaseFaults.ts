/** What the edge must know of database failures, for rooms that do not look into repositories themselves. */
export { isDatabaseAway, isOutcomeUnknown } from '../repositories/databaseErrors.ts';
export { isWriteConflict } from '../repositories/transaction.ts';
