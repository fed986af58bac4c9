import { types } from 'node:util';
import { mongo } from 'mongoose';
import * as known from './databaseErrors.ts';

/** OutOfDiskSpace (mongo/src/mongo/base/error_codes.yml): the write was refused as a whole, and so is every other. */
const outOfDiskSpace = 14_031;

/** A socket's own errors, where the driver lets them through as they are: it found the other end gone while it was sending. */
const socketCodes = ['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT'];

/** As `databaseErrors.ts` has it, and where the database can take no writes or was gone in the moment of sending. */
export function isDatabaseAway(error: unknown): boolean {
  if (known.isDatabaseAway(error)) return true;
  if (known.isOutcomeUnknown(error) || !types.isNativeError(error)) return false;
  const code: unknown = Reflect.get(error, 'code');
  if (error instanceof mongo.MongoServerError) return code === outOfDiskSpace;
  return typeof code === 'string' && socketCodes.includes(code);
}
