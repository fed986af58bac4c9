import { expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { NoTurn } from '../../src/models/fairTurns.ts';
import { isDatabaseAway } from '../../src/repositories/databaseErrors.ts';
import { CommitUnknown } from '../../src/repositories/transaction.ts';

const socketError = (code: string): Error => Object.assign(new Error(`write ${code}`), { code });

test.each([
  ['a full disk', new mongo.MongoServerError({ message: 'no space', code: 14_031 })],
  // The driver passes this one on as it is, where the other end has closed and the socket has not noticed yet.
  ['a connection found closed while writing', socketError('EPIPE')],
  ['a connection reset', socketError('ECONNRESET')],
  ['a turn that did not come', new NoTurn('none in 10000 ms')],
  ['a failed connection', new mongo.MongoNetworkError('connection refused')],
])('%s means that the database is away', (_what, error) => {
  expect(isDatabaseAway(error)).toBe(true);
});

test.each([
  ['a duplicate key', new mongo.MongoServerError({ message: 'E11000', code: 11_000 })],
  ['a commit that may stand, whatever its cause', new CommitUnknown(socketError('EPIPE'))],
  ['a file that is missing', socketError('ENOENT')],
  ['a mistake of ours', new TypeError('undefined is no function')],
])('%s does not', (_what, error) => {
  expect(isDatabaseAway(error)).toBe(false);
});
