import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { describe, expect, it, jest } from '@jest/globals';
import { createCrucible } from '../../client/src/index.ts';
import {
  always,
  plannedClient as client,
  hang,
  instead,
  loseRequest,
  plannedNpub as npub,
  planned,
  problem,
} from '../support/clients.ts';
import { importsOf } from '../support/imports.ts';
import { routes } from '../support/openapi/validators.ts';
import { twoWays } from '../support/twoWays.ts';

const { paid } = planned;
const invoice = 'lnbc1';
const melt = /\/melt$/;

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
    crucible.wallets(npub),
    wallet.send({ amount: 1 }),
    wallet.sent('tx_melt_1'),
    wallet.reclaim('tx_melt_1'),
    wallet.receive({ encodedToken: 'cashuB' }),
    wallet.transactions(),
    wallet.transaction('tx_melt_1'),
    wallet.proofsStatus(),
    wallet.reconcile({ dryRun: true }),
    wallet.restore(),
    wallet.lastRestore(),
  ];
  await Promise.allSettled(calls);
  const asked = seen.map(({ method, path }) => `${method} ${path}`);
  const there = routes
    // Here are those for owners of wallets and what serves them; support's have a test of their own, and Prometheus is no client.
    .filter(({ path }) => !/^\/(docs|metrics|api\/support\/)/.test(path))
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
    ['IDEMPOTENCY_KEY_REUSED', 422, false],
    ['MINT_ERROR', 502, false],
  ])('is not sent again after %s', async (code, status, retryable) => {
    const { wallet, meet, to } = client();
    meet(melt, ...always(instead(status, problem(code, status, { retryable }))));
    await expect(wallet.pay({ invoice })).rejects.toMatchObject({ name: 'CrucibleError', code, status });
    expect(to(melt)).toHaveLength(1);
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
  const { wallet } = client({ fetch: hang, timeoutMs: 30, retries: { attempts: 2 } });
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

  it('may be a date', async () => {
    const { wallet, meet } = client();
    const at = new Date(Date.now() + 300_000).toUTCString();
    meet(/balance/, instead(429, problem('RATE_LIMITED', 429, { retryable: true }), { 'retry-after': at }));
    const { retryAfterMs } = await wallet.balance().catch((thrown) => thrown);
    expect(retryAfterMs).toBeGreaterThan(270_000);
    expect(retryAfterMs).toBeLessThanOrEqual(300_000);
  });
});

it('before each repeat the pause is longer', async () => {
  const { wallet, meet, to } = client({ retries: { attempts: 4 } });
  meet(/./, ...always(loseRequest));
  await expect(wallet.balance()).rejects.toMatchObject({ name: 'NoAnswerError' });
  const [, , third, fourth] = to(/balance/).map(({ atMs }) => atMs);
  // Half of the first pause, four times: the first would be 250 ms at most.
  expect(Number(fourth) - Number(third)).toBeGreaterThanOrEqual(490);
});

it('the suite sends every second request by the client, and the others without it', async () => {
  const fetched = jest.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('{}'));
  try {
    const send = twoWays('crk_1');
    for (const _time of [1, 2, 3, 4]) await send('https://crucible.test', { method: 'GET', path: '/livez' });
    // The client alone forbids redirects.
    const redirects = fetched.mock.calls.map(([, init]) => init?.redirect ?? null);
    expect(redirects).toEqual(['error', null, 'error', null]);
  } finally {
    fetched.mockRestore();
  }
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

  it('its program says how it is called, and sends nothing without an order', () => {
    const args = ['docs/examples/payInvoice.ts', 'https://crucible.test', 'crk_1', npub, invoice];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^Usage: .* <order>\n$/)]);
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
