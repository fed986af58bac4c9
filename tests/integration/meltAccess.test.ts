import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { npubEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { counts, expectBalancedBooks, expectProblem, timesPaid, unhurried } from '../support/money.ts';
import { startWorld, type TestWallet, type World } from '../support/world.ts';

describe('who may pay, and when', () => {
  let world: World;
  let wallet: TestWallet;
  let invoice: string;
  let paymentHash: string;
  beforeAll(async () => {
    world = await startWorld({ env: unhurried });
    wallet = await world.wallet(500);
    ({ invoice, paymentHash } = await world.sim.invoice({ amount: 100 }));
  });
  afterAll(() => world.end());
  afterEach(async () => {
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
    await expectBalancedBooks(world);
  });

  it('nobody without a valid key', async () => {
    const before = await counts(world);
    const unknown = `Bearer crk_0123456789abcdef_${'A'.repeat(43)}`;
    for (const authorization of ['', 'Bearer x', 'Basic YTpi', unknown]) {
      await expectProblem(world, await wallet.melt(invoice, {}, { authorization }), {
        status: 401,
        code: 'UNAUTHENTICATED',
        severity: 'LOW',
      });
    }
    expect(await counts(world)).toEqual(before);
  });

  it('nobody with the key of another wallet, or with a key that may only look', async () => {
    const other = await world.wallet();
    const forbidden = { status: 403, code: 'FORBIDDEN', severity: 'LOW' };
    for (const key of [
      await world.keyFor(['wallet:melt', 'wallet:read', 'wallet:write'], other.npub),
      await world.keyFor(['wallet:read', 'wallet:write', 'support:write'], wallet.npub),
    ]) {
      const authorization = `Bearer ${key}`;
      await expectProblem(world, await wallet.melt(invoice, {}, { authorization }), forbidden);
      const asked = await world.call('POST', `${wallet.at}/melt/quote`, { invoice }, { authorization });
      await expectProblem(world, asked, forbidden);
    }
  });

  it('nobody for an owner who has no wallet', async () => {
    const npub = npubEncode(getPublicKey(generateSecretKey()));
    for (const route of ['melt', 'melt/quote']) {
      const reply = await world.call('POST', `/api/wallet/${npub}/${route}`, { invoice });
      await expectProblem(world, reply, { status: 404, code: 'WALLET_NOT_FOUND', severity: 'LOW' });
    }
  });

  it('nobody any more on a server that is shutting down: SHUTTING_DOWN', async () => {
    const leaving = await world.instance();
    await leaving.context.drain();
    await expectProblem(world, await wallet.melt(invoice, {}, {}, leaving.url), {
      status: 503,
      code: 'SHUTTING_DOWN',
      severity: 'HIGH',
      retryAfter: true,
    });
  });

  it('nobody on a server that has lost its database: DATABASE_UNAVAILABLE with a supportId to quote', async () => {
    const cut = await world.instance({}, false);
    await cut.context.database.close();
    const { status, headers, body } = await wallet.melt(invoice, {}, {}, cut.url);
    expect({ status, ...body }).toMatchObject({
      status: 503,
      code: 'DATABASE_UNAVAILABLE',
      severity: 'HIGH',
      supportId: expect.stringMatching(/^sup_[0-9a-f]{20}$/),
    });
    expect(headers.get('retry-after')).not.toBeNull();
  });

  it('nobody while the mint is gone: MINT_UNAVAILABLE', async () => {
    const alone = await startWorld({ env: unhurried });
    try {
      const stranded = await alone.wallet(500);
      const { invoice: unpayable } = await alone.sim.invoice({ amount: 100 });
      await alone.simulator.close();
      const gone = { status: 503, code: 'MINT_UNAVAILABLE', severity: 'HIGH', retryAfter: true };
      await expectProblem(alone, await stranded.melt(unpayable), gone);
      expect(await stranded.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
    } finally {
      await alone.end();
    }
  });
});
