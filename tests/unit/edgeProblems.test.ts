import { describe, expect, it } from '@jest/globals';
import mongoose, { mongo } from 'mongoose';
import { classifyError } from '../../src/middleware/classifyError.ts';
import { dedupeKeyOf, mustBeReported } from '../../src/middleware/problemRecord.ts';
import { problemBody, statusOf } from '../../src/middleware/problems.ts';
import { DomainError, InvariantBroken } from '../../src/models/errors.ts';
import { NoTurn } from '../../src/models/fairTurns.ts';
import { CommitUnknown } from '../../src/repositories/transaction.ts';

const about = { requestId: 'req-1', route: 'POST /api/wallet/:npub/melt', supportId: 'sup_1' };

describe('An error body', () => {
  it('is an RFC 9457 problem and what the seed promised to its clients, in one object', () => {
    const error = new DomainError('CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS', 'CRITICAL', 'CRITICAL: paid.', {
      members: { requiresManualIntervention: true, quoteId: 'q1', transactionId: 'tx_melt_1' },
    });
    expect(problemBody(error, about)).toEqual({
      type: 'urn:crucible:problem:critical-db-failure-after-mint-success',
      title: 'Critical melt operation failure',
      status: 500,
      detail: 'CRITICAL: paid.',
      instance: 'urn:crucible:request:req-1',
      error: 'Critical melt operation failure',
      message: 'CRITICAL: paid.',
      code: 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS',
      severity: 'CRITICAL',
      retryable: false,
      supportId: 'sup_1',
      requiresManualIntervention: true,
      quoteId: 'q1',
      transactionId: 'tx_melt_1',
    });
  });

  it('cannot be made to lie by a member of the same name', () => {
    const error = new DomainError('FEE_TOO_HIGH', 'LOW', 'Nothing was paid.', {
      members: { status: 200, code: 'FINE', severity: 'NONE' },
    });
    expect(problemBody(error, about)).toMatchObject({ status: 400, code: 'FEE_TOO_HIGH', severity: 'LOW' });
  });

  it('calls an unforeseen failure of a melt what the seed called it', () => {
    const body = problemBody(classifyError(new Error('boom')), about);
    expect(body).toMatchObject({ error: 'Failed to melt tokens', code: 'INTERNAL_ERROR', status: 500 });
    const elsewhere = problemBody(classifyError(new Error('boom')), { ...about, route: null });
    expect(elsewhere['error']).toBe('Internal error');
  });
});

describe('Statuses are those of the contract', () => {
  it.each([
    ['PROOF_STATE_INCONSISTENCY', 400],
    ['INSUFFICIENT_BALANCE', 400],
    ['UNAUTHENTICATED', 401],
    ['FORBIDDEN', 403],
    ['WALLET_NOT_FOUND', 404],
    ['MELT_BLOCKED_BY_RECONCILIATION', 409],
    ['DUPLICATE_PAYMENT', 409],
    ['CONCURRENT_OPERATION', 409],
    ['IDEMPOTENCY_CONFLICT', 409],
    ['IDEMPOTENCY_KEY_REUSED', 422],
    ['PAYMENT_FAILED', 422],
    ['RATE_LIMITED', 429],
    ['CRITICAL_MELT_FAILURE', 500],
    ['MINT_ERROR', 502],
    ['MINT_UNAVAILABLE', 503],
    ['SHUTTING_DOWN', 503],
  ] as const)('%s is %i', (code, status) => {
    expect(statusOf(code)).toBe(status);
  });
});

describe('What was thrown becomes what may be told', () => {
  const away: [string, unknown][] = [
    ['a broken connection', new mongo.MongoNetworkError('connect ECONNREFUSED 10.0.0.1:27017')],
    [
      'a mongoose that is not connected',
      new mongoose.Error('Operation `x.find()` buffering timed out after 1ms'),
    ],
    ['a primary that stepped down', new mongo.MongoServerError({ message: 'stepped down', code: 189 })],
    ['a network error in the cause', new Error('outer', { cause: new mongo.MongoNetworkError('reset') })],
  ];
  it.each(away)('%s: the database is away, nothing was started', (_what, error) => {
    const told = classifyError(error);
    expect(told).toMatchObject({ code: 'DATABASE_UNAVAILABLE', severity: 'HIGH', retryable: true });
    expect(told.message).not.toMatch(/10\.0\.0\.1|reset/);
  });

  it('a turn on the database that did not come: nothing of it was written, and a repeat may help', () => {
    const told = classifyError(new NoTurn('500 wait already'));
    expect(told).toMatchObject({ code: 'DATABASE_UNAVAILABLE', severity: 'HIGH', retryable: true });
    expect(told.message).toMatch(/nothing of this step was written.*same Idempotency-Key/);
  });

  it('a commit that nobody confirmed is not sold as nothing having happened', () => {
    const told = classifyError(new CommitUnknown(new mongo.MongoNetworkError('reset')));
    expect(told).toMatchObject({ code: 'INTERNAL_ERROR', severity: 'HIGH' });
    expect(told.message).toMatch(/may stand or not/);
  });

  it('a broken invariant is critical, and its words stay inside', () => {
    const told = classifyError(new InvariantBroken('proof 02ab is in two tokens'));
    expect(told).toMatchObject({ code: 'INTERNAL_ERROR', severity: 'CRITICAL' });
    expect(told.message).not.toMatch(/02ab/);
  });

  it('a refusal by the database is not the database being away', () => {
    const refused = new mongo.MongoServerError({ message: 'E11000 dup key: { Y: "02ff" }', code: 11_000 });
    const told = classifyError(refused);
    expect(told.code).toBe('INTERNAL_ERROR');
    expect(JSON.stringify(problemBody(told, about))).not.toMatch(/E11000|02ff/);
  });

  it.each([
    ['entity.parse.failed', 'VALIDATION_ERROR'],
    ['request.aborted', 'VALIDATION_ERROR'],
    ['entity.too.large', 'PAYLOAD_TOO_LARGE'],
    ['encoding.unsupported', 'UNSUPPORTED_MEDIA_TYPE'],
  ])('the body parser saying %s is a %s', (type, code) => {
    expect(classifyError(Object.assign(new Error('parser'), { type })).code).toBe(code);
  });

  it('something thrown that is not even an error is an internal error', () => {
    expect(classifyError('a string').code).toBe('INTERNAL_ERROR');
    expect(classifyError(undefined).code).toBe('INTERNAL_ERROR');
  });
});

describe('A report is filed', () => {
  it('for every 5xx and for whatever is CRITICAL or HIGH, not for a mistake of the caller', () => {
    const error = (severity: 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW') =>
      new DomainError('FORBIDDEN', severity, 'x');
    expect(mustBeReported(error('CRITICAL'), 400)).toBe(true);
    expect(mustBeReported(error('HIGH'), 409)).toBe(true);
    expect(mustBeReported(error('MEDIUM'), 502)).toBe(true);
    expect(mustBeReported(error('MEDIUM'), 422)).toBe(false);
    expect(mustBeReported(error('LOW'), 400)).toBe(false);
  });

  it('once per transaction, once per wallet, or once for the whole server', () => {
    const context = { route: 'POST /x', npub: 'npub1a' };
    const paid = new DomainError('CRITICAL_MELT_FAILURE', 'CRITICAL', 'x', {
      members: { transactionId: 'tx_1' },
    });
    expect(dedupeKeyOf(paid, context)).toBe('CRITICAL_MELT_FAILURE:tx_1');
    const blocked = new DomainError('PROOF_STATE_INCONSISTENCY', 'CRITICAL', 'x');
    expect(dedupeKeyOf(blocked, context)).toBe('PROOF_STATE_INCONSISTENCY:npub1a');
    const oneOfSeveral = new DomainError('PROOF_STATE_INCONSISTENCY', 'CRITICAL', 'x', {
      about: { npub: 'npub1a', walletId: 'wal_2' },
    });
    expect(dedupeKeyOf(oneOfSeveral, context)).toBe('PROOF_STATE_INCONSISTENCY:wal_2');
    const away = new DomainError('DATABASE_UNAVAILABLE', 'HIGH', 'x');
    expect(dedupeKeyOf(away, context)).toBe('DATABASE_UNAVAILABLE');
    expect(dedupeKeyOf(classifyError(new TypeError('x')), context)).toBe('INTERNAL_ERROR:POST /x:TypeError');
  });
});
