import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  askedOfMint,
  expectBalancedBooks,
  expectProblem,
  outside,
  proofsOf,
  timesPaid,
  unhurried,
} from '../support/money.ts';
import { type Json, type Reply, startWorld, type TestWallet, type World } from '../support/world.ts';

const quotePath = '/v1/melt/quote/bolt11';

describe('a melt that cannot be', () => {
  let world: World;
  let wallet: TestWallet;
  beforeAll(async () => {
    world = await startWorld({ env: unhurried, simulator: { feeReserveMinSat: 4 } });
    wallet = await world.wallet(1000);
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    await expectBalancedBooks(world);
  });

  /** The refusal, and that it left no trace: nothing reserved, nothing spent, no melt asked of the mint. */
  async function expectRefusal(reply: Reply, status: number, code: string, more: Json = {}): Promise<void> {
    const severity = status === 503 ? 'HIGH' : status === 502 ? 'MEDIUM' : 'LOW';
    await expectProblem(world, reply, { status, code, severity, retryAfter: status === 503, ...more });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1000, reservedBalance: 0 });
    expect(await askedOfMint(world, '/v1/melt/bolt11')).toBe(0);
    expect(await askedOfMint(world, '/v1/swap')).toBe(0);
  }

  describe('because of what was sent', () => {
    it.each<[string, unknown, string]>([
      ['no body at all', undefined, 'body'],
      ['no invoice', {}, 'invoice'],
      ['an invoice that is a number', { invoice: 5 }, 'invoice'],
      ['a fee limit that is text', { invoice: 'lnbc1', maxFee: '5' }, 'maxFee'],
      ['a negative fee limit', { invoice: 'lnbc1', maxFee: -1 }, 'maxFee'],
      ['a field that nobody knows', { invoice: 'lnbc1', amount: 5 }, 'amount'],
    ])('%s: VALIDATION_ERROR that names the field', async (_what, body, field) => {
      const details = [expect.objectContaining({ field, message: expect.any(String) })];
      await expectRefusal(await world.call('POST', `${wallet.at}/melt`, body), 400, 'VALIDATION_ERROR', {
        details,
      });
    });

    it('an invoice that is none, or was copied badly: INVALID_INVOICE', async () => {
      const { invoice } = await world.sim.invoice({ amount: 10 });
      const wrongChecksum = invoice.slice(0, -1) + (invoice.endsWith('q') ? 'p' : 'q');
      for (const text of ['hello', 'lnbc1', wrongChecksum, invoice.slice(0, -20), `${invoice}q`])
        await expectRefusal(await wallet.melt(text), 400, 'INVALID_INVOICE');
    });

    it('an invoice whose time is over, or will be in a moment: INVOICE_EXPIRED', async () => {
      const soon = await world.sim.invoice({ amount: 10, expirySeconds: 20 });
      await expectRefusal(await wallet.melt(soon.invoice), 400, 'INVOICE_EXPIRED');
      const { invoice } = await world.sim.invoice({ amount: 10, expirySeconds: 1 });
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      await expectRefusal(await wallet.melt(invoice), 400, 'INVOICE_EXPIRED', {
        detail: expect.stringContaining('has expired'),
      });
    });

    it('an invoice without an amount: AMOUNT_REQUIRED', async () => {
      const { invoice } = await world.sim.invoice({ amountless: true });
      await expectRefusal(await wallet.melt(invoice), 400, 'AMOUNT_REQUIRED');
    });

    it.each(['testnet', 'signet', 'regtest'] as const)(
      'an invoice for %s: UNSUPPORTED_NETWORK',
      async (network) => {
        const { invoice } = await world.sim.invoice({ amount: 10, network });
        await expectRefusal(await wallet.melt(invoice), 400, 'UNSUPPORTED_NETWORK');
        await expectRefusal(
          await world.call('POST', `${wallet.at}/melt/quote`, { invoice }),
          400,
          'UNSUPPORTED_NETWORK',
        );
      },
    );
  });

  describe('because of money', () => {
    it('too little: INSUFFICIENT_BALANCE says how much is needed and how much is there', async () => {
      const { invoice } = await world.sim.invoice({ amount: 1000 });
      await expectRefusal(await wallet.melt(invoice), 400, 'INSUFFICIENT_BALANCE', {
        required: 1010,
        available: 1000,
      });
    });

    it('more fee than the client allows: FEE_TOO_HIGH', async () => {
      const { invoice } = await world.sim.invoice({ amount: 100 });
      await expectRefusal(await wallet.melt(invoice, { maxFee: 3 }), 400, 'FEE_TOO_HIGH', {
        fee: 4,
        limit: 3,
      });
    });

    it('more fee than the server allows, whatever the client says: FEE_TOO_HIGH', async () => {
      const { invoice } = await world.sim.invoice({ amount: 100 });
      await world.sim.addFaults(answering(200, quoteReply({ request: invoice, fee_reserve: 111 })));
      await expectRefusal(await wallet.melt(invoice, { maxFee: 900 }), 400, 'FEE_TOO_HIGH', {
        fee: 111,
        limit: 110,
      });
    });
  });

  describe('because of the mint', () => {
    it.each<[string, number, unknown]>([
      ['a page of HTML', 200, '<html>502 Bad Gateway</html>'],
      ['a quote without an amount', 200, quoteReply({ amount: undefined })],
      ['a quote that costs more than the invoice', 200, quoteReply({ amount: 101 })],
      ['a quote in another unit', 200, quoteReply({ unit: 'usd' })],
      ['a quote for another invoice', 200, quoteReply({ request: 'lnbc1other' })],
      ['a negative fee reserve', 200, quoteReply({ fee_reserve: -5 })],
      ['a quote that runs out at once', 200, quoteReply({ expiry: 1 })],
      ['404 and HTML', 404, '<html>not here</html>'],
    ])('%s instead of a quote: MINT_ERROR', async (_what, status, body) => {
      const { invoice } = await world.sim.invoice({ amount: 100 });
      await world.sim.addFaults(answering(status, body));
      await expectRefusal(await wallet.melt(invoice), 502, 'MINT_ERROR');
    });

    it.each<
      [
        string,
        string,
        'drop_before' | { kind: 'status'; status: number; body: unknown; retryAfterSeconds: null },
      ]
    >([
      ['hangs up on the quote', quotePath, 'drop_before'],
      ['answers the quote with 500', quotePath, broken(500)],
      ['answers the quote with 429', quotePath, broken(429)],
      ['hangs up on the pre-flight', '/v1/checkstate', 'drop_before'],
      ['answers the pre-flight with 503', '/v1/checkstate', broken(503)],
    ])('it %s: MINT_UNAVAILABLE, and nothing is started', async (_what, path, fault) => {
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 100 });
      await world.sim.addFaults({ match: { path }, fault });
      await expectRefusal(await wallet.melt(invoice), 503, 'MINT_UNAVAILABLE');
      expect(await timesPaid(world, paymentHash)).toBe(0);
    });

    it('a proof that another wallet has spent: PROOF_STATE_INCONSISTENCY, and the next melt knows it', async () => {
      const unlucky = await world.wallet(64);
      const [proof] = await proofsOf(world, unlucky.npub);
      if (proof === undefined) throw new Error('the wallet has no proof');
      await world.sim.spendOutside([outside(proof)]);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 40 });
      const refused = await unlucky.melt(invoice);
      await expectProblem(world, refused, {
        status: 400,
        code: 'PROOF_STATE_INCONSISTENCY',
        severity: 'CRITICAL',
        cause: expect.objectContaining({ code: 'HIGH_SEVERITY_DISCREPANCIES' }),
        discrepancies: [
          { type: 'DB_UNSPENT_MINT_SPENT', severity: 'HIGH', tokenId: proof.tokenId, amount: 64 },
        ],
      });
      expect(JSON.stringify(refused.body)).not.toContain(proof.secret);
      expect(await timesPaid(world, paymentHash)).toBe(0);
      expect(await unlucky.balance()).toMatchObject({ totalBalance: 0, spentBalance: 64 });
      await expectProblem(world, await unlucky.melt(invoice), {
        status: 400,
        code: 'INSUFFICIENT_BALANCE',
        severity: 'LOW',
        available: 0,
      });
    });
  });
});

function answering(status: number, body: unknown) {
  return {
    match: { method: 'POST' as const, path: quotePath },
    fault: { kind: 'status' as const, status, body, retryAfterSeconds: null },
  };
}

function broken(status: number) {
  return { kind: 'status' as const, status, body: { detail: 'out of order' }, retryAfterSeconds: null };
}

function quoteReply(differently: Json): Json {
  return {
    quote: 'q1',
    amount: 100,
    unit: 'sat',
    fee_reserve: 4,
    state: 'UNPAID',
    expiry: Math.floor(Date.now() / 1000) + 600,
    ...differently,
  };
}
