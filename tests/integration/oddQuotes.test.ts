import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { npubEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { liar, meltPath, posts, reply, retold } from '../support/liar.ts';
import { expectAllSettled } from '../support/mischief.ts';
import { timesPaid } from '../support/money.ts';
import type { Json, TestWallet, World } from '../support/world.ts';

const meltQuote = '/v1/melt/quote/bolt11';
const mintQuote = '/v1/mint/quote/bolt11';

describe('a quote that cannot be right is refused before anything is at stake', () => {
  const mint = liar();
  let world: World;
  let wallet: TestWallet;
  beforeAll(async () => {
    world = await mint.start();
    wallet = await world.wallet(1_000);
  });
  afterAll(() => world.end());
  afterEach(async () => {
    mint.lie = null;
    await expectAllSettled(world);
    expect(await wallet.balance()).toMatchObject({
      totalBalance: 1_000,
      reservedBalance: 0,
      pendingBalance: 0,
    });
  });

  const quotesOn = (path: string, told: Json) => {
    mint.lie = (request, carry) =>
      posts(request, path) ? retold(carry, (body) => Object.assign(body, told)) : undefined;
  };

  const nonsense = { status: 502, body: { code: 'MINT_ERROR' } };

  async function expectNotPaid(): Promise<void> {
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 700 });
    mint.log = [];
    expect(await wallet.melt(invoice)).toMatchObject(nonsense);
    expect(mint.asked(`POST ${meltPath}`) + mint.asked('POST /v1/swap')).toBe(0);
    expect(await timesPaid(world, paymentHash)).toBe(0);
  }

  it.each([
    ['a lone surrogate', '\ud800'],
    ['a dot', '.'],
    ['two dots', '..'],
    ['a blank', 'a b'],
    ['a control character', 'a\u0000b'],
    ['an emoji', '💥'],
    ['more than 256 characters', 'x'.repeat(257)],
    ['nothing at all', ''],
  ])('because its id is %s', async (_what, quote) => {
    quotesOn(meltQuote, { quote });
    await expectNotPaid();
    quotesOn(mintQuote, { quote });
    expect(await world.call('POST', `${wallet.at}/mint`, { amount: 5 })).toMatchObject(nonsense);
    const { database } = world.context;
    expect(await database.operations.countDocuments({ quote_id: quote })).toBe(0);
  });

  it.each(['a/b?c#d', '__proto__', '%2e%2e', '...x', '"', 'x'.repeat(256)])(
    'and not because its id is %j',
    async (quote) => {
      quotesOn(mintQuote, { quote });
      const asked = await world.call('POST', `${wallet.at}/mint`, { amount: 5 });
      expect(asked).toMatchObject({ status: 201, body: { quote } });
      const known = await world.call('POST', `${wallet.at}/mint/complete`, { quoteId: quote });
      expect(known).toMatchObject({ status: 202, body: { status: 'UNPAID' } });
      await world.context.database.operations.deleteOne({ quote_id: quote });
    },
  );

  it.each([
    ['one sat', { amount: 1, fee_reserve: 0 }],
    ['a sat less than the invoice', { amount: 699 }],
    ['a sat more than the invoice', { amount: 701 }],
    ['with its fees more than JSON can say', { fee_reserve: Number.MAX_SAFE_INTEGER }],
  ])('because its amount is %s', async (_what, told) => {
    quotesOn(meltQuote, told);
    await expectNotPaid();
  });

  it.each([700, 701])('and not because an invoice of 700.5 sat is rounded to %s', async (amount) => {
    const { invoice } = await world.sim.invoice({ amountMsat: 700_500 });
    quotesOn(meltQuote, { amount });
    const quoted = await world.call('POST', `${wallet.at}/melt/quote`, { invoice });
    expect(quoted).toMatchObject({ status: 200, body: { amount } });
  });

  it('a mint that pays invoices in one unit and makes them in another gets no wallet', async () => {
    mint.jump(11 * 60_000);
    const methodsOf = (unit: string) => ({ methods: [{ method: 'bolt11', unit }] });
    mint.lie = (request) =>
      request.url.endsWith('/v1/info')
        ? reply(
            200,
            JSON.stringify({
              nuts: {
                4: methodsOf('sat'),
                5: methodsOf('usd'),
                7: { supported: true },
                8: { supported: true },
                9: { supported: true },
              },
            }),
          )
        : undefined;
    const other = await mint.start();
    try {
      const npub = npubEncode(getPublicKey(generateSecretKey()));
      const refused = await other.call('POST', '/api/wallet/create', { npub });
      expect(refused).toMatchObject(nonsense);
      expect(refused.body['detail']).toContain('no unit in which it both makes and pays Lightning invoices');
    } finally {
      await other.end();
    }
  });
});
