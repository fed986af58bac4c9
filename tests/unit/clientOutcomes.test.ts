import { describe, expect, it } from '@jest/globals';
import {
  always,
  anySigner,
  plannedClient as client,
  instead,
  loseRequest,
  planned,
  problem,
} from '../support/clients.ts';

const { paid, pending, status } = planned;
const invoice = 'lnbc1';
const melt = /\/melt$/;
const statusOfMelt = /tx_melt_1$/;
const running = instead(409, problem('IDEMPOTENCY_CONFLICT', 409, { retryable: true }));
const critical = {
  transactionId: 'tx_melt_1',
  quoteId: 'q',
  severity: 'CRITICAL',
  supportId: 'sup_1',
};

describe('an answer to a payment', () => {
  it.each([
    ['PAYMENT_FAILED', 422, { cause: 'NO_ROUTE', released: 9 }, { outcome: 'failed', cause: 'NO_ROUTE' }],
    ['CRITICAL_MELT_FAILURE', 500, critical, { outcome: 'needs_attention', supportId: 'sup_1' }],
    ['INTERNAL_ERROR', 500, {}, { outcome: 'unknown', error: { code: 'INTERNAL_ERROR' } }],
    ['NEWER_THAN_THIS', 500, {}, { outcome: 'unknown' }],
  ])('%s is an outcome and no exception, and is not sent again', async (code, status, more, outcome) => {
    const { wallet, meet, to } = client();
    meet(melt, ...always(instead(status, problem(code, status, more))));
    expect(await wallet.pay({ invoice })).toMatchObject(outcome);
    expect(to(melt)).toHaveLength(1);
  });

  it('paid and not booked yet is waited for', async () => {
    const { wallet, meet } = client();
    meet(melt, instead(500, problem('CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS', 500, critical)));
    const status = { ...paid, status: 'PAID' };
    meet(
      /tx_melt_1$/,
      instead(503, problem('DATABASE_UNAVAILABLE', 503, { retryable: true })),
      instead(200, status),
    );
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'paid', paidAmount: 5 });
  });

  it.each([
    ['a page', instead(200, '<h1>Welcome to the hotel</h1>')],
    ['somebody’s JSON', instead(200, { ok: true })],
    ['a redirect', instead(302, '', { location: 'https://elsewhere.test' })],
  ])('%s in place of an answer is none', async (_what, mischief) => {
    const { wallet, meet } = client();
    meet(melt, mischief);
    expect(await wallet.pay({ invoice })).toMatchObject({
      outcome: 'unknown',
      error: { name: 'NoAnswerError' },
    });
  });

  it.each([
    ['success alone', 200, { success: true }],
    ['paid without an amount', 200, { ...paid, paidAmount: undefined }],
    ['paid without an id', 200, { ...paid, transactionId: undefined }],
    ['paid, and accepted', 202, paid],
    ['pending, and done', 200, pending],
    ['pending without an id', 202, { ...pending, transactionId: undefined }],
    ['a result of a later server', 202, { ...pending, paymentResult: 'NEEDS_ATTENTION' }],
    ['no result', 202, status('PENDING')],
  ])('%s is neither paid nor pending', async (_what, httpStatus, body) => {
    const { wallet, meet, seen } = client();
    meet(/./, ...always(instead(httpStatus, body)));
    const error = { name: 'NoAnswerError', status: httpStatus };
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'unknown', error });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['another status', 504, problem('INSUFFICIENT_BALANCE', 400)],
    ['no status', 500, { ...problem('INSUFFICIENT_BALANCE', 400), status: undefined }],
  ])('a refusal with %s in its body is not the server’s', async (_what, httpStatus, body) => {
    const { wallet, meet } = client({ retries: { attempts: 1 } });
    meet(melt, instead(httpStatus, body));
    const error = { name: 'NoAnswerError', status: httpStatus };
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'unknown', error });
  });

  it('that the invoice is being paid already names that payment, which can be waited for', async () => {
    const { wallet, meet } = client();
    meet(melt, instead(409, problem('DUPLICATE_PAYMENT', 409, { transactionId: 'tx_melt_1' })));
    const duplicate = await wallet.pay({ invoice });
    expect(duplicate).toEqual({
      outcome: 'duplicate',
      transactionId: 'tx_melt_1',
      idempotencyKey: expect.any(String),
    });
    meet(statusOfMelt, instead(200, status('PAID', paid)));
    expect(await wallet.waitForPayment('tx_melt_1')).toMatchObject({ outcome: 'paid', paidAmount: 5 });
  });
});

describe('while the first request under a key is still running', () => {
  it('it is waited for, and that counts as no attempt', async () => {
    const { wallet, meet } = client({ retries: { attempts: 2 } });
    meet(melt, running, running, instead(200, paid));
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'paid' });
  });

  it('where it is not waited for, the outcome is unknown', async () => {
    const { wallet, meet } = client({ retries: { attempts: 1 } });
    meet(melt, running);
    const error = { code: 'IDEMPOTENCY_CONFLICT' };
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'unknown', error });
  });

  it.each([
    ['UNAUTHENTICATED', 401, {}],
    ['RATE_LIMITED', 429, { 'retry-after': '300' }],
    ['INSUFFICIENT_BALANCE', 400, {}],
    ['PAYMENT_FAILED', 422, {}],
  ])('%s says nothing of it', async (code, httpStatus, headers) => {
    const { wallet, meet } = client();
    meet(melt, running, instead(httpStatus, problem(code, httpStatus, { retryable: true }), headers));
    const error = { code, unanswered: 1 };
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'unknown', error });
  });

  it('nor does a signer that does not sign again', async () => {
    let times = 0;
    const signEvent: typeof anySigner.signEvent = (template) => {
      times += 1;
      return times > 1 ? Promise.reject(new Error('the person said no')) : anySigner.signEvent(template);
    };
    const { wallet, meet } = client({ auth: { signer: { signEvent }, use: 'signatures' } });
    meet(melt, running);
    const error = { code: 'IDEMPOTENCY_CONFLICT' };
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'unknown', error });
  });
});

describe('after an attempt without an answer', () => {
  it('a mint that refuses to quote says nothing of that attempt', async () => {
    const { wallet, meet } = client();
    meet(melt, loseRequest, instead(422, problem('PAYMENT_FAILED', 422, { released: 0, cause: 'NO_ROUTE' })));
    const error = { code: 'PAYMENT_FAILED', unanswered: 1 };
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'unknown', error });
  });

  it('a payment that failed has failed', async () => {
    const { wallet, meet } = client();
    const failed = { transactionId: 'tx_melt_1', released: 9, cause: 'NO_ROUTE' };
    meet(melt, loseRequest, instead(422, problem('PAYMENT_FAILED', 422, failed)));
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'failed', released: 9 });
  });
});

describe('under a key of the caller’s own, which may have paid before', () => {
  it.each([
    ['UNAUTHENTICATED', 401],
    ['FORBIDDEN', 403],
    ['WALLET_NOT_FOUND', 404],
    ['RATE_LIMITED', 429],
    ['SHUTTING_DOWN', 503],
    ['DATABASE_UNAVAILABLE', 503],
    ['MELT_BLOCKED_BY_RECONCILIATION', 409],
    ['NEWER_THAN_THIS', 400],
  ])('%s does not say that nothing was paid', async (code, httpStatus) => {
    const { wallet, meet } = client();
    meet(melt, instead(httpStatus, problem(code, httpStatus)), instead(200, paid));
    const unknown = { outcome: 'unknown', error: { code, unanswered: 0 }, idempotencyKey: 'order 7' };
    expect(await wallet.pay({ invoice }, { idempotencyKey: 'order 7' })).toMatchObject(unknown);
  });

  it.each([
    ['INSUFFICIENT_BALANCE', 400],
    ['BUDGET_EXCEEDED', 403],
    ['IDEMPOTENCY_KEY_REUSED', 422],
    ['MINT_UNAVAILABLE', 503],
  ])('%s comes after the look for an earlier payment, and is thrown', async (code, httpStatus) => {
    const { wallet, meet } = client();
    meet(melt, instead(httpStatus, problem(code, httpStatus)));
    await expect(wallet.pay({ invoice }, { idempotencyKey: 'order 7' })).rejects.toMatchObject({ code });
  });

  it('nor does it say so that no token was to be had; a new key can have paid nothing then', async () => {
    const { wallet, meet, to } = client({ auth: { signer: anySigner } });
    meet(/auth\/token/, ...always(instead(500, problem('INTERNAL_ERROR', 500))));
    const error = { code: 'INTERNAL_ERROR' };
    const known = await wallet.pay({ invoice }, { idempotencyKey: 'order 7' });
    expect(known).toMatchObject({ outcome: 'unknown', error });
    await expect(wallet.pay({ invoice })).rejects.toMatchObject(error);
    expect(to(melt)).toEqual([]);
  });
});

describe('a payment that is asked after', () => {
  it.each([
    ['NEEDS_ATTENTION', {}, { outcome: 'needs_attention', transactionId: 'tx_melt_1' }],
    ['NEEDS_ATTENTION', paid, { outcome: 'paid', paidAmount: 5 }],
    ['PAID', paid, { outcome: 'paid', paidAmount: 5 }],
    ['FAILED', { cause: 'NO_ROUTE', released: 9 }, { outcome: 'failed', cause: 'NO_ROUTE', released: 9 }],
    ['PAID', { paidAmount: 5 }, { outcome: 'pending' }],
    ['LATER_WORD', {}, { outcome: 'pending' }],
  ])('%s with %j is told as it is', async (word, more, outcome) => {
    const { wallet, meet } = client();
    meet(statusOfMelt, ...always(instead(200, status(word, more))));
    expect(await wallet.waitForPayment('tx_melt_1', { waitMs: 0 })).toMatchObject(outcome);
  });

  it('an answer about another one is none', async () => {
    const { wallet, meet } = client();
    meet(/tx_melt_2$/, instead(200, status('PAID', paid)));
    await expect(wallet.waitForPayment('tx_melt_2')).rejects.toMatchObject({ name: 'NoAnswerError' });
  });

  it('no more than a funding is told that is of a kind not known here', async () => {
    const { wallet, meet } = client();
    meet(/complete$/, instead(202, { success: true, status: 'LATER_WORD' }));
    await expect(wallet.completeMint({ quoteId: 'q' })).rejects.toMatchObject({ name: 'NoAnswerError' });
  });
});
