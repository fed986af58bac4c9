import { describe, expect, it } from '@jest/globals';
import { createCrucible, type RetryLimits } from '../../client/src/index.ts';
import {
  always,
  anySigner,
  plannedClient as client,
  hang,
  instead,
  loseRequest,
  type Mischief,
  planned,
  problem,
} from '../support/clients.ts';

const { paid, pending, status } = planned;
const invoice = 'lnbc1';
const melt = /\/melt$/;
const statusOfMelt = /tx_melt_1$/;
const begun = instead(202, pending);
const isPending = instead(200, status('PENDING'));
const isPaid = instead(200, status('PAID', paid));

/** A signal that is raised by itself. */
function raisedAfter(ms: number): { signal: AbortSignal; reason: Error } {
  const [controller, reason] = [new AbortController(), new Error('closed')];
  setTimeout(() => controller.abort(reason), ms);
  return { signal: controller.signal, reason };
}

describe('the wait for a payment', () => {
  const gaps = (attempts: { atMs: number }[]) =>
    attempts.slice(1).map(({ atMs }, at) => atMs - Number(attempts[at]?.atMs));

  it('looks less and less often', async () => {
    const { wallet, meet, to } = client();
    meet(melt, begun);
    meet(statusOfMelt, ...Array<Mischief>(4).fill(isPending), isPaid);
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'paid' });
    // The first pause is 200 ms at most, the fourth at least half of 675.
    expect(gaps(to(statusOfMelt))[3]).toBeGreaterThanOrEqual(330);
  });

  it('looks no earlier than the server allows', async () => {
    const { wallet, meet, to } = client();
    const limited = problem('RATE_LIMITED', 429, { retryable: true });
    meet(melt, begun);
    meet(statusOfMelt, instead(429, limited, { 'retry-after': '1' }), isPaid);
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'paid' });
    expect(gaps(to(statusOfMelt))[0]).toBeGreaterThanOrEqual(990);
  });

  it('may be longer than timers can be', async () => {
    const { wallet, meet, to } = client();
    const limited = problem('RATE_LIMITED', 429, { retryable: true });
    meet(melt, begun);
    meet(statusOfMelt, ...always(instead(429, limited, { 'retry-after': '3000000' })));
    const { signal } = raisedAfter(300);
    const waited = await wallet.pay({ invoice }, { waitMs: Number.POSITIVE_INFINITY, signal });
    expect(waited).toMatchObject({ outcome: 'pending', lastError: { code: 'RATE_LIMITED' } });
    expect(to(statusOfMelt)).toHaveLength(1);
  });

  it('goes on after odd answers', async () => {
    const { wallet, meet } = client();
    meet(melt, begun);
    const failed = instead(500, problem('INTERNAL_ERROR', 500));
    const nonsense = instead(200, { success: true });
    meet(statusOfMelt, failed, instead(404, '<h1>Not found</h1>'), nonsense, isPaid);
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'paid' });
  });

  it.each([
    ['UNAUTHENTICATED', 401],
    ['FORBIDDEN', 403],
    ['TRANSACTION_NOT_FOUND', 404],
  ])('ends with %s, and the payment is pending', async (code, httpStatus) => {
    const { wallet, meet, to } = client();
    meet(melt, begun);
    meet(statusOfMelt, ...always(instead(httpStatus, problem(code, httpStatus))));
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'pending', lastError: { code } });
    expect(to(statusOfMelt)).toHaveLength(1);
  });

  it('that is over begins no other attempt', async () => {
    const { wallet, meet, to } = client();
    meet(melt, ...always(loseRequest));
    expect(await wallet.pay({ invoice }, { waitMs: 0 })).toMatchObject({ outcome: 'unknown' });
    expect(to(melt)).toHaveLength(1);
  });
});

describe('the caller’s signal', () => {
  it('ends an attempt that nobody answers', async () => {
    const { wallet } = client({ fetch: hang });
    const { signal, reason } = raisedAfter(50);
    const outcome = await wallet.pay({ invoice }, { signal });
    expect(outcome).toMatchObject({ outcome: 'unknown', error: { name: 'NoAnswerError' } });
    expect('error' in outcome && outcome.error.cause).toBe(reason);
  });

  it('ends the wait for a token, and others go on waiting for the same', async () => {
    let answer = (_response: Response) => {};
    const token = new Promise<Response>((resolve) => {
      answer = resolve;
    });
    const { wallet, meet, to } = client({ auth: { signer: anySigner } });
    meet(/auth\/token/, () => token);
    meet(/balance/, instead(200, { success: true, balance: 7 }));
    const { signal, reason } = raisedAfter(50);
    const other = wallet.balance();
    await expect(wallet.pay({ invoice }, { signal })).rejects.toBe(reason);
    answer(new Response(JSON.stringify({ success: true, token: 'crt_1' })));
    expect(await other).toMatchObject({ balance: 7 });
    expect([to(/auth\/token/), to(melt)]).toMatchObject([[{}], []]);
  });

  it('raised while somebody signs means that nothing is sent', async () => {
    const closing = new AbortController();
    const reason = new Error('closed');
    const signEvent: typeof anySigner.signEvent = (template) => {
      closing.abort(reason);
      return anySigner.signEvent(template);
    };
    const { wallet, seen } = client({ auth: { signer: { signEvent }, use: 'signatures' } });
    await expect(wallet.pay({ invoice }, { signal: closing.signal })).rejects.toBe(reason);
    expect(seen).toEqual([]);
  });
});

describe('what cannot be meant is refused in a sentence, and nothing is sent', () => {
  it.each([Number.NaN, -1])('a wait of %d', async (waitMs) => {
    const { wallet, seen } = client();
    const refused = /^waitMs is to be a number from 0/;
    await expect(wallet.pay({ invoice }, { waitMs })).rejects.toThrow(refused);
    await expect(wallet.waitForPayment('tx_melt_1', { waitMs })).rejects.toThrow(refused);
    await expect(wallet.waitForFunds({ quoteId: 'q' }, { waitMs })).rejects.toThrow(refused);
    expect(seen).toEqual([]);
  });

  it.each([{ timeoutMs: Number.NaN }, { retries: { attempts: Number.NaN } }, { retries: { totalMs: -1 } }])(
    'limits of %p',
    (options) => {
      expect(() => client(options)).toThrow(/(timeoutMs|attempts|totalMs) is to be a number from 0/);
    },
  );

  it.each(['Bestellung €', 'order 7\n', '', 'x'.repeat(256)])('the key %j', async (idempotencyKey) => {
    const { wallet, seen } = client();
    const refused = /^An idempotencyKey has 1 to 255 printable ASCII characters/;
    await expect(wallet.pay({ invoice }, { idempotencyKey })).rejects.toThrow(refused);
    await expect(wallet.mint({ amount: 1 }, { idempotencyKey })).rejects.toThrow(refused);
    expect(seen).toEqual([]);
  });

  it.each([
    'localhost:3000',
    'ftp://crucible.test',
    'https://crucible.test?a=1',
    'https://crucible.test/#a',
    'https://somebody@crucible.test',
  ])('the address %s', (baseUrl) => {
    expect(() => createCrucible({ baseUrl })).toThrow(/^A baseUrl is like https:/);
  });

  it.each(['.evil.test/x', '@evil.test/x', '//evil.test/x', ''])('the path %j', async (path) => {
    const { crucible, seen } = client();
    await expect(crucible.request({ method: 'GET', path })).rejects.toThrow(/begins with one slash/);
    expect(seen).toEqual([]);
  });
});

describe('limits', () => {
  it('of an attempt may be longer than timers can be, or no whole number', async () => {
    for (const timeoutMs of [Number.POSITIVE_INFINITY, 1_000_000.5]) {
      const { wallet, meet } = client({ timeoutMs });
      meet(melt, instead(200, paid));
      expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'paid' });
    }
  });

  it('that are undefined are the usual ones', async () => {
    const retries: Partial<RetryLimits> = {};
    Reflect.set(retries, 'totalMs', undefined);
    const { wallet, meet } = client({ retries });
    const limited = problem('RATE_LIMITED', 429, { retryable: true });
    meet(/balance/, ...always(instead(429, limited, { 'retry-after': '61' })));
    await expect(wallet.balance()).rejects.toMatchObject({ retryAfterMs: 61_000 });
  });
});
