import { globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { type CrucibleOptions, createCrucible } from '../../client/src/index.ts';
import { instead, loseRequest, type Mischief, problem, watchedFetch } from '../support/clients.ts';
import { importsOf } from '../support/imports.ts';
import { routes } from '../support/openapi/validators.ts';

const npub = 'npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6';
const invoice = 'lnbc1';
const melt = /\/melt$/;
const always = (mischief: Mischief) => Array<Mischief>(50).fill(mischief);

/** A client of a server that is nowhere: what it answers is planned. */
function client(more: Partial<CrucibleOptions> = {}) {
  const watched = watchedFetch();
  const crucible = createCrucible({
    baseUrl: 'https://crucible.test/',
    auth: { apiKey: 'crk_1' },
    fetch: watched.fetch,
    ...more,
  });
  return { ...watched, crucible, wallet: crucible.wallet(npub) };
}

const paid = {
  success: true,
  transactionId: 'tx_melt_1',
  quoteId: 'q',
  paymentResult: 'PAID',
  paidAmount: 5,
};
const critical = {
  transactionId: 'tx_melt_1',
  quoteId: 'q',
  severity: 'CRITICAL',
  supportId: 'sup_1',
};

it('every route but the pages for people has a method', async () => {
  const { crucible, wallet, seen, meet } = client({ retries: { attempts: 1 } });
  meet(/./, ...always(instead(503, problem('SHUTTING_DOWN', 503))));
  const calls = [
    crucible.live(),
    crucible.ready(),
    crucible.openApi(),
    crucible.createToken(),
    crucible.createWallet({ npub }),
    wallet.info(),
    wallet.balance(),
    wallet.mint({ amount: 1 }),
    wallet.completeMint({ quoteId: 'q' }),
    wallet.quote({ invoice }),
    wallet.pay({ invoice }),
    wallet.payment('tx_melt_1'),
  ];
  await Promise.allSettled(calls);
  const asked = seen.map(({ method, path }) => `${method} ${path}`);
  const there = routes
    .filter(({ path }) => !path.startsWith('/docs'))
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    .map((name) => name.replace(':npub', npub).replace(':transactionId', 'tx_melt_1'));
  expect(asked.sort()).toEqual(there.sort());
});

describe('what moves money', () => {
  it('has a key that the caller did not have to think of, each call its own', async () => {
    const { wallet, meet, seen } = client();
    meet(melt, instead(200, paid), instead(200, paid));
    meet(/\/mint$/, instead(201, { success: true, quote: 'q' }));
    const first = await wallet.pay({ invoice });
    const second = await wallet.pay({ invoice });
    const third = await wallet.mint({ amount: 1 });
    const keys = [first, second, third].map(({ idempotencyKey }) => idempotencyKey);
    expect(new Set(keys).size).toBe(3);
    expect(seen.map(({ key }) => key)).toEqual(keys.map((key) => `"${key}"`));
  });

  it.each([
    ['SHUTTING_DOWN', 503],
    ['RATE_LIMITED', 429],
    ['CONCURRENT_OPERATION', 409],
    ['MINT_ERROR', 502],
  ])('is sent again after %s, as the server allows it, and no more than so often', async (code, status) => {
    const { wallet, meet, to } = client({ retries: { attempts: 3 } });
    meet(melt, ...always(instead(status, problem(code, status, { retryable: true }))));
    await expect(wallet.pay({ invoice })).rejects.toMatchObject({ code, unanswered: 0 });
    expect(to(melt)).toHaveLength(3);
    expect(new Set(to(melt).map(({ key }) => key)).size).toBe(1);
  });

  it.each([
    ['INSUFFICIENT_BALANCE', 400, false],
    ['UNAUTHENTICATED', 401, false],
    ['BUDGET_EXCEEDED', 403, true],
    ['DUPLICATE_PAYMENT', 409, false],
    ['IDEMPOTENCY_KEY_REUSED', 422, false],
    ['MINT_ERROR', 502, false],
  ])('is not sent again after %s', async (code, status, retryable) => {
    const { wallet, meet, to } = client();
    meet(melt, ...always(instead(status, problem(code, status, { retryable }))));
    await expect(wallet.pay({ invoice })).rejects.toMatchObject({ name: 'CrucibleError', code, status });
    expect(to(melt)).toHaveLength(1);
  });

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

  it('is unknown when nobody ever answers, and other calls say that nobody answered', async () => {
    const { wallet, meet, to } = client({ retries: { attempts: 2 } });
    meet(/./, ...always(loseRequest));
    const outcome = await wallet.pay({ invoice });
    expect(outcome).toMatchObject({ outcome: 'unknown', error: { name: 'NoAnswerError', unanswered: 1 } });
    expect(to(melt)).toHaveLength(2);
    const error = await wallet.mint({ amount: 1 }, { idempotencyKey: 'order 7' }).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'NoAnswerError', idempotencyKey: 'order 7' });
    expect(error.message).toMatch(/ask again with the Idempotency-Key order 7, and no other/);
  });

  it('is not sent at all where the signal was raised before', async () => {
    const { wallet, seen } = client();
    const reason = new Error('closed');
    await expect(wallet.pay({ invoice }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(seen).toEqual([]);
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
});

it('follows no redirect: what it signs for one address is not told another', async () => {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(307, { location: '/elsewhere' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : null;
    const options = { baseUrl: `http://127.0.0.1:${port}`, retries: { attempts: 1 } };
    const wallet = createCrucible(options).wallet('npub1');
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'unknown' });
    expect(asked).toEqual(['/api/wallet/npub1/melt']);
  } finally {
    server.close();
  }
});

it('an attempt that nobody answers in time is over', async () => {
  const never: CrucibleOptions['fetch'] = (_url, { signal }) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  const { wallet } = client({ fetch: never, timeoutMs: 30, retries: { attempts: 2 } });
  await expect(wallet.balance()).rejects.toMatchObject({ unanswered: 1, cause: { name: 'TimeoutError' } });
});

describe('Retry-After', () => {
  it('is waited for', async () => {
    const { wallet, meet, to } = client();
    const away = problem('DATABASE_UNAVAILABLE', 503, { retryable: true });
    meet(melt, instead(503, away, { 'retry-after': '1' }), instead(200, paid));
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'paid' });
    const [first, second] = to(melt).map(({ atMs }) => atMs);
    expect(Number(second) - Number(first)).toBeGreaterThanOrEqual(990);
  });

  it('that is longer than the time there is ends the call at once, and is told', async () => {
    const { wallet, meet, to } = client({ retries: { totalMs: 5_000 } });
    const away = problem('RATE_LIMITED', 429, { retryable: true });
    meet(melt, ...always(instead(429, away, { 'retry-after': '30' })));
    await expect(wallet.pay({ invoice })).rejects.toMatchObject({ retryAfterMs: 30_000 });
    expect(to(melt)).toHaveLength(1);
  });
});

describe('the package', () => {
  it('imports nothing but itself, and has no dependency', () => {
    const files = globSync('client/src/**/*.ts');
    expect(files.length).toBeGreaterThan(5);
    const foreign = files.flatMap((path) =>
      importsOf(readFileSync(path, 'utf8')).filter(({ specifier }) => !specifier.startsWith('./')),
    );
    expect(foreign).toEqual([]);
    const { dependencies = {} } = JSON.parse(readFileSync('client/package.json', 'utf8'));
    expect(dependencies).toEqual({});
  });

  it('its document shows the very program that a test runs', () => {
    const program = readFileSync('docs/examples/payInvoice.ts', 'utf8');
    expect(readFileSync('docs/client.md', 'utf8')).toContain(`\`\`\`ts\n${program}\`\`\`\n`);
    expect(
      program
        .trimEnd()
        .split('\n')
        .filter((line) => line !== '').length,
    ).toBeLessThanOrEqual(10);
  });
});
