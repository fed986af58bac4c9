import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { counts, expectBalancedBooks, expectProblem, unhurried } from '../support/money.ts';
import { startWorld, type TestWallet, type World } from '../support/world.ts';

const posts = ['melt', 'melt/quote', 'mint', 'mint/complete'] as const;
const fieldOf = { melt: 'invoice', 'melt/quote': 'invoice', mint: 'amount', 'mint/complete': 'quoteId' };

/** Bodies that no route takes; `FIELD` stands for the one that the route reads. */
const bodies: [string, string][] = [
  ['nothing', ''],
  ['no JSON', '{"FIELD": '],
  ['a list', '[]'],
  ['null', 'null'],
  ['text', '"FIELD"'],
  ['an operator', '{"FIELD": {"$gt": ""}}'],
  ['an operator in a list', '{"FIELD": [{"$ne": null}]}'],
  ['a script', '{"FIELD": {"$where": "sleep(1000)"}}'],
  ['true', '{"FIELD": true}'],
  ['null inside', '{"FIELD": null}'],
  ['a number that overflows', '{"FIELD": 1e400}'],
  ['a fraction', '{"FIELD": 0.1}'],
  ['an unknown field', '{"FIELD": "1", "npub": "x"}'],
  ['an operator as a field', '{"$where": "1", "FIELD": "1"}'],
  ['__proto__', '{"FIELD": 1, "__proto__": {"isAdmin": true}}'],
  ['a constructor', '{"FIELD": 1, "constructor": {"prototype": {"isAdmin": true}}}'],
  ['a NUL byte', '{"FIELD": "lnbc1\\u0000"}'],
  ['a raw NUL byte', '{"FIELD": "lnbc1\u0000"}'],
  ['a lone surrogate', '{"FIELD": "\\ud800"}'],
  ['depth in the field', `{"FIELD": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
  ['depth without end', '['.repeat(30_000)],
  [
    'ten thousand fields',
    JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [n, 1]))),
  ],
];

describe('input that nobody should send', () => {
  let world: World;
  let wallet: TestWallet;
  let before: Record<string, number>;
  beforeAll(async () => {
    world = await startWorld({ env: unhurried });
    wallet = await world.wallet(100);
    before = await counts(world);
  });
  afterAll(() => world.end());

  /** A clear refusal; nothing written, nobody hurt. */
  async function expectHarmless(): Promise<void> {
    expect(await counts(world)).toEqual(before);
    expect((await world.call('GET', '/readyz')).status).toBe(200);
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined();
    await expectBalancedBooks(world);
  }

  describe.each(posts)('POST %s', (route) => {
    it.each(bodies)('with %s', async (_what, text) => {
      const body = text.replaceAll('FIELD', fieldOf[route]);
      const { status, body: told } = await world.call('POST', `${wallet.at}/${route}`, body);
      expect(status).toBe(400);
      expect(told['code']).toMatch(/^(VALIDATION_ERROR|INVALID_INVOICE)$/);
      expect(JSON.stringify(told).length).toBeLessThan(1_000_000);
      expect(await counts(world)).toEqual(before);
    });

    it('with more than 64 KiB', async () => {
      const body = JSON.stringify({ [fieldOf[route]]: 'x'.repeat(65 * 1024) });
      await expectProblem(world, await world.call('POST', `${wallet.at}/${route}`, body), {
        status: 413,
        code: 'PAYLOAD_TOO_LARGE',
        severity: 'LOW',
      });
    });

    it('with a body that is not declared as JSON, or compressed', async () => {
      const body = JSON.stringify({ [fieldOf[route]]: 1 });
      for (const headers of [
        { 'content-type': 'text/plain' },
        { 'content-type': 'application/x-www-form-urlencoded' },
        { 'content-encoding': 'gzip' },
        { 'content-type': 'application/json; charset=iso-8859-1' },
      ]) {
        await expectProblem(world, await world.call('POST', `${wallet.at}/${route}`, body, headers), {
          status: 415,
          code: 'UNSUPPORTED_MEDIA_TYPE',
          severity: 'LOW',
        });
      }
      await expectHarmless();
    });
  });

  it.each<[string, (npub: string) => string]>([
    ['of a wrong checksum', (npub) => npub.slice(0, -1) + (npub.endsWith('q') ? 'p' : 'q')],
    ['in capitals', (npub) => npub.toUpperCase()],
    ['cut short', (npub) => npub.slice(0, 40)],
    ['that is an operator', () => '%7B%22$gt%22:%22%22%7D'],
    ['with a NUL byte', (npub) => `${npub}%00`],
    ['that is badly encoded', () => '%E0%A4%A'],
    ['that is a path', () => '..%2f..%2fetc%2fpasswd'],
  ])('an npub %s is refused on every route', async (_what, spoil) => {
    const at = `/api/wallet/${spoil(wallet.npub)}`;
    const refused = { status: 400, code: 'VALIDATION_ERROR', severity: 'LOW' };
    for (const route of posts) {
      await expectProblem(world, await world.call('POST', `${at}/${route}`, { invoice: 'lnbc1' }), refused);
    }
    for (const route of ['balance', 'info', 'melt/tx_melt_1'])
      await expectProblem(world, await world.call('GET', `${at}/${route}`), refused);
    await expectHarmless();
  });

  it.each<[string, unknown]>([
    ['no npub', {}],
    ['an npub of a wrong checksum', { npub: `npub1${'q'.repeat(58)}` }],
    ['an operator', { npub: { $gt: '' } }],
    ['a private key', { npub: `nsec1${'q'.repeat(58)}` }],
    ['__proto__', '{"npub": "x", "__proto__": {"isAdmin": true}}'],
    ['a mint that the server does not use', { npub: 'NPUB', mintUrl: 'http://169.254.169.254' }],
    ['a mint that is a file', { npub: 'NPUB', mintUrl: 'file:///etc/passwd' }],
  ])('no wallet is created from %s', async (_what, body) => {
    const text = (typeof body === 'string' ? body : JSON.stringify(body)).replace('NPUB', wallet.npub);
    await expectProblem(world, await world.call('POST', '/api/wallet/create', text), {
      status: 400,
      code: 'VALIDATION_ERROR',
      severity: 'LOW',
    });
    await expectHarmless();
  });

  it.each(['%24gt', 'tx_melt_%00', '..', 'tx_mint_1%2f..', `tx_${'x'.repeat(200)}`, '__proto__'])(
    'asking for the transaction %s finds nothing and breaks nothing',
    async (id) => {
      const { status } = await world.call('GET', `${wallet.at}/melt/${id}`);
      expect([400, 404]).toContain(status);
      await expectHarmless();
    },
  );

  it('after all that, the wallet still pays', async () => {
    const { invoice } = await world.sim.invoice({ amount: 50 });
    expect((await wallet.melt(invoice)).status).toBe(200);
    await expectBalancedBooks(world);
  });
});
