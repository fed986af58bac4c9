import { types } from 'node:util';
import mongoose, { mongo } from 'mongoose';
import { NoTurn } from '../models/fairTurns.ts';
import { CommitUnknown } from './transaction.ts';

/**
 * Server codes that say "not now, not here": no primary, stepping down, shutting down, a network between servers that
 * failed, a time limit that passed before anything was decided, a command or transaction that was ended from outside, no
 * room left on its disk
 * (mongo/src/mongo/base/error_codes.yml).
 */
const awayCodes = new Set([
  6, 7, 50, 89, 91, 133, 189, 251, 262, 9001, 10_058, 10_107, 11_600, 11_601, 11_602, 13_435, 13_436, 14_031,
]);

/** A socket's own errors, which the driver lets through where it found the other end gone while it was sending. */
const socketCodes = new Set(['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT']);

/** Mongoose has no class for these: it refuses before it asks the driver. */
const notConnected = /buffering timed out|initial connection|not connected|connection was (force )?closed/i;

/** Classes that the driver does not export. */
const poolErrors = new Set(['MongoPoolClosedError', 'MongoWaitQueueTimeoutError']);

const maxCauses = 5;

/**
 * Whether the database could not be reached or could not serve, or not in turn, as against having refused what was asked.
 * False for an unconfirmed commit or write concern: those may stand (`isOutcomeUnknown`).
 */
export function isDatabaseAway(error: unknown): boolean {
  return !isOutcomeUnknown(error) && causesOf(error).some(saysAway);
}

/** Whether a write was sent but not confirmed: it may stand or not. Read back before anything else. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof CommitUnknown || error instanceof mongo.MongoWriteConcernError;
}

function saysAway(error: unknown): boolean {
  if (error instanceof mongo.MongoServerError) {
    return typeof error.code === 'number' && awayCodes.has(error.code);
  }
  if (error instanceof mongoose.Error) {
    return error instanceof mongoose.Error.MongooseServerSelectionError || notConnected.test(error.message);
  }
  return (
    error instanceof NoTurn ||
    error instanceof mongo.MongoNetworkError ||
    error instanceof mongo.MongoSystemError ||
    error instanceof mongo.MongoNotConnectedError ||
    error instanceof mongo.MongoTopologyClosedError ||
    error instanceof mongo.MongoClientClosedError ||
    error instanceof mongo.MongoOperationTimeoutError ||
    error instanceof mongo.MongoServerClosedError ||
    error instanceof mongo.MongoExpiredSessionError ||
    (error instanceof mongo.MongoError && poolErrors.has(error.name)) ||
    isSocketError(error)
  );
}

function isSocketError(error: unknown): boolean {
  if (!types.isNativeError(error) || !('code' in error)) return false;
  return typeof error.code === 'string' && socketCodes.has(error.code);
}

/** The error and what it names as its cause, nearest first. */
function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let at = error; types.isNativeError(at) && causes.length < maxCauses; at = at.cause) causes.push(at);
  return causes;
}
