import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Exchange, Transport } from '../../src/services/mint/transport.ts';
import { httpTransport } from '../support/carrier.ts';
import { comesTo, expectAllSettled } from '../support/mischief.ts';
import { expectBalancedBooks, timesPaid, tokensOf } from '../support/money.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

type Signature = { amount: number; dleq?: unknown };
type Body = { signatures?: Signature[]; change?: Signature[]; state?: string };
type Lie = (
  request: Parameters<Transport>[0],
  carry: () => Promise<Exchange>,
) => Promise<Exchange> | undefined;

const meltPath = '/v1/melt/bolt11';
const quotePath = '/v1/melt/quote/bolt11/';
const issuePath = '/v1/mint/bolt11';
const inactive = JSON.stringify({ code: 12002, detail: 'Keyset is inactive' });

const reply = async (httpStatus: number, body: string): Promise<Exchange> => ({
  kind: 'reply',
  httpStatus,
  body,
});

/** What really happened, told differently. */
async function retold(carry: () => Promise<Exchange>, tell: (body: Body) => void): Promise<Exchange> {
  const exchange = await carry();
  if (exchange.kind !== 'reply' || exchange.httpStatus !== 200) return exchange;
  const body: Body = JSON.parse(exchange.body);
  tell(body);
  return { ...exchange, body: JSON.stringify(body) };
}

/** Signatures over `from` are called worth `to`, and the proofs that would give it away are left out. */
const relabelled =
  (from: number, to: number) =>
  ({ signatures = [] }: Body) => {
    for (const signature of signatures) {
      delete signature.dleq;
      if (signature.amount === from) signature.amount = to;
    }
  };

/** Whether people have been told of this wallet's bad signatures. */
async function reported(world: World, { npub }: TestWallet): Promise<boolean> {
  const report = await world.context.database.reports.findOne({ npub, code: 'SIGNATURES_DO_NOT_VERIFY' });
  return report?.severity === 'HIGH';
}

/** A world whose mint can be made to lie; with no lie it is an honest one. */
function liar() {
  const lying: { lie: Lie | null; log: string[] } = { lie: null, log: [] };
  let aheadMs = 0;
  const clock = () => Date.now() + aheadMs;
  const transport: Transport = (request) => {
    lying.log.push(`${request.method} ${new URL(request.url).pathname}`);
    const carry = () => httpTransport(request);
    return lying.lie?.(request, carry) ?? carry();
  };
  return Object.assign(lying, {
    asked: (line: string) => lying.log.filter((entry) => entry === line).length,
    /** Time passes, here and at the mint. */
    jump: (ms: number) => {
      aheadMs += ms;
    },
    start: () =>
      startWorld({
        simulator: { feeReserveMinSat: 4, clock },
        env: { CRUCIBLE_ANSWER_WITHIN_MS: '5000', CRUCIBLE_LEASE_MS: '3000' },
        overrides: { transport, now: () => new Date(clock()) },
      }),
  });
}

const posts = ({ method, url }: Parameters<Lie>[0], path: string) => method === 'POST' && url.endsWith(path);

async function minted(world: World, wallet: TestWallet, amount: number): Promise<void> {
  const asked = await world.call('POST', `${wallet.at}/mint`, { amount });
  await world.sim.pay(String(asked.body['invoice']));
}

const mintingStates = async (world: World, { npub }: TestWallet) =>
  (await world.context.database.operations.find({ kind: 'minting', npub }).lean<{ state: string }[]>()).map(
    ({ state }) => state,
  );

describe('a mint that lies for a while', () => {
  const mint = liar();
  let world: World;
  beforeAll(async () => {
    world = await mint.start();
  });
  afterAll(() => world.end());
  beforeEach(() => {
    mint.log = [];
  });
  afterEach(async () => {
    mint.lie = null;
    await expectAllSettled(world);
  });

  // 512 is split into 216 to send (128, 64, 16, 8) and 296 to keep (256, 32, 8).
  it.each([
    ['a larger amount on what is kept', 256, 1_048_576],
    ['a smaller amount on what is kept', 256, 1],
    ['a larger amount on what is sent', 128, 1_048_576],
    ['a smaller amount on what is sent', 128, 1],
  ])('a swap reply that puts %s invents and loses nothing', async (_what, from, to) => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 212, routingFeeSat: 1 });
    mint.lie = (request, carry) =>
      posts(request, '/v1/swap') ? retold(carry, relabelled(from, to)) : undefined;
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({ status: 200, body: { paidAmount: 212, feesPaid: 1, changeAmount: 299 } });
    await comesTo(wallet, paid.body['transactionId'], 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 299, reservedBalance: 0 });
  });

  it.each([
    ['larger', 1_048_576],
    ['smaller', 1],
  ])('an issue reply that names a %s amount credits what was paid', async (_what, to) => {
    const wallet = await world.wallet();
    mint.lie = (request, carry) =>
      posts(request, issuePath) ? retold(carry, relabelled(64, to)) : undefined;
    await minted(world, wallet, 100);
    await until(async () => (await wallet.balance())['totalBalance'] !== 0, 'the credit');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 100 });
    expect(await mintingStates(world, wallet)).toEqual(['issued']);
  });

  it('a quote that is called paid while our ecash is unspent is not booked as paid', async () => {
    const wallet = await world.wallet(500);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 300, routingFeeSat: 1 });
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) return reply(400, '{"code":20004,"detail":"payment failed"}');
      if (request.method !== 'GET' || !request.url.includes(quotePath)) return undefined;
      return retold(carry, (body) => Object.assign(body, { state: 'PAID', change: [] }));
    };
    const hanging = await wallet.melt(invoice);
    const id = hanging.body['transactionId'];
    expect(hanging).toMatchObject({ status: 202, body: { paymentResult: 'PENDING' } });
    const report = { transaction_id: String(id), code: 'QUOTE_PAID_INPUTS_UNSPENT', severity: 'HIGH' };
    expect(await world.context.database.reports.countDocuments({ ...report, status: 'open' })).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500 });
    mint.lie = null;
    expect((await comesTo(wallet, id, 'released')).body).toMatchObject({ status: 'FAILED' });
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
  });

  it('a reply that says PAID though nothing was paid, and proves nothing, books nothing: the funds come back', async () => {
    const wallet = await world.wallet(500);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 300 });
    const paid = { quote: 'somebody-elses', state: 'PAID', payment_preimage: '0'.repeat(64), change: [] };
    mint.lie = (request) => (posts(request, meltPath) ? reply(200, JSON.stringify(paid)) : undefined);
    const told = await wallet.melt(invoice);
    expect([202, 422]).toContain(told.status);
    await comesTo(wallet, told.body['transactionId'], 'released');
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
  });

  it('a reply about another quote proves nothing, even with our preimage: quote and proofs are asked', async () => {
    const wallet = await world.wallet(500);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 300, routingFeeSat: 1 });
    const renamed = (body: Body) => Object.assign(body, { quote: 'somebody-elses' });
    mint.lie = (request, carry) => (posts(request, meltPath) ? retold(carry, renamed) : undefined);
    const told = await wallet.melt(invoice);
    const { body } = await comesTo(wallet, told.body['transactionId'], 'settled');
    expect(body).toMatchObject({ status: 'PAID', paidAmount: 300, feesPaid: 1, preimageVerified: true });
    expect(JSON.stringify(body['timeline'])).toContain('outcome not known yet');
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 199, reservedBalance: 0 });
  });

  it('more change than was paid in is credited, told as it is, and reported', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 300 });
    const tooMuch = { kind: 'change_amount', delta: 2 } as const;
    await world.sim.addFaults({ match: { method: 'POST', path: meltPath }, fault: tooMuch });
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({ status: 200, body: { paidAmount: 300, feesPaid: -2 } });
    const report = { transaction_id: String(paid.body['transactionId']), code: 'CHANGE_ABOVE_MAXIMUM' };
    expect(await world.context.database.reports.countDocuments({ ...report, severity: 'MEDIUM' })).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 202, reservedBalance: 0 });
  });

  it('a keyset that is missing from the listing once does not stop a payment that hangs', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 300 });
    await world.sim.rotate();
    let hidden = 0;
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) return Promise.resolve({ kind: 'lost', reason: 'network' });
      if (!request.url.endsWith('/v1/keysets') || mint.asked(`POST ${meltPath}`) === 0 || hidden > 0)
        return undefined;
      hidden += 1;
      return retold(carry, (body: Body & { keysets?: { active: boolean }[] }) => {
        body.keysets = (body.keysets ?? []).filter(({ active }) => active);
      });
    };
    const told = await wallet.melt(invoice);
    await comesTo(wallet, told.body['transactionId'], 'released');
    expect(hidden).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
  });

  it('change of which one signature has no proof is credited once, all of it, when NUT-09 is back', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 300, routingFeeSat: 1 });
    let stripped = 0;
    const strip = ({ change = [] }: Body) => {
      if (change[1]?.dleq !== undefined) stripped += 1;
      delete change[1]?.dleq;
    };
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) return retold(carry, strip);
      if (request.url.includes(quotePath)) return retold(carry, (body) => delete body.change);
      const away = stripped > 0 && posts(request, '/v1/restore');
      return away ? Promise.resolve({ kind: 'lost', reason: 'network' }) : undefined;
    };
    const paid = await wallet.melt(invoice);
    const id = paid.body['transactionId'];
    expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID', changePending: true } });
    expect(stripped).toBe(1);
    mint.lie = null;
    expect((await comesTo(wallet, id, 'settled')).body).toMatchObject({ feesPaid: 1, changePending: false });
    const change = await tokensOf(world, wallet.npub, { transaction_id: `${String(id)}_melt_change` });
    expect(change).toHaveLength(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 199, reservedBalance: 0 });
  });

  it('change of which one signature is left out of the reply, with NUT-09 away, is credited whole when it is back', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 300, routingFeeSat: 1 });
    let leftOut = 0;
    const leaveOut = (body: Body) => {
      leftOut += body.change?.splice(1).length ?? 0;
    };
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) return retold(carry, leaveOut);
      if (leftOut === 0 || !posts(request, '/v1/restore')) return undefined;
      return Promise.resolve({ kind: 'lost', reason: 'network' });
    };
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID', changePending: true } });
    expect(leftOut).toBeGreaterThan(0);
    mint.lie = null;
    const { body } = await comesTo(wallet, paid.body['transactionId'], 'settled');
    expect(body).toMatchObject({ feesPaid: 1, changePending: false });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 199, reservedBalance: 0 });
  });

  it('swaps refused without end: the funds are free again, and the mint was not flooded', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 213, routingFeeSat: 1 });
    mint.lie = (request) => (posts(request, '/v1/swap') ? reply(400, inactive) : undefined);
    const refused = await wallet.melt(invoice);
    expect([422, 202]).toContain(refused.status);
    await comesTo(wallet, refused.body['transactionId'], 'released');
    expect(mint.asked('POST /v1/swap')).toBeGreaterThan(1);
    expect(mint.asked('POST /v1/swap')).toBeLessThanOrEqual(8);
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });

  it('swaps refused twice only: the melt is paid', async () => {
    const wallet = await world.wallet(512);
    const { invoice } = await world.sim.invoice({ amount: 213, routingFeeSat: 1 });
    let left = 2;
    mint.lie = (request) => (posts(request, '/v1/swap') && left-- > 0 ? reply(400, inactive) : undefined);
    expect((await wallet.melt(invoice)).status).toBe(200);
    expect(mint.asked('POST /v1/swap')).toBe(3);
  });

  it('fences refused for a while: the funds come back when the mint signs again', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 300, routingFeeSat: 1 });
    let signsFrom = Number.POSITIVE_INFINITY;
    let fencing = false;
    mint.lie = (request) => {
      if (posts(request, meltPath)) {
        fencing = true;
        return Promise.resolve({ kind: 'lost', reason: 'network' });
      }
      if (!fencing || !posts(request, '/v1/swap')) return undefined;
      signsFrom = Math.min(signsFrom, Date.now() + 2_500);
      return Date.now() < signsFrom ? reply(400, inactive) : undefined;
    };
    const melt = await wallet.melt(invoice);
    expect([422, 202]).toContain(melt.status);
    await comesTo(wallet, melt.body['transactionId'], 'released');
    expect(mint.asked('POST /v1/swap')).toBeLessThan(20);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
  });

  it('a swap answered once with no signatures at all is sent again, and the melt is paid', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 213, routingFeeSat: 1 });
    let left = 1;
    mint.lie = (request) =>
      posts(request, '/v1/swap') && left-- > 0 ? reply(200, '{"signatures":[]}') : undefined;
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paidAmount: 213 } });
    expect(left).toBeLessThan(0);
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 298 });
  });

  it('minting that answers 500 for two seconds is asked patiently and credited once', async () => {
    const wallet = await world.wallet();
    let end = Number.POSITIVE_INFINITY;
    mint.lie = (request) => {
      if (!posts(request, issuePath)) return undefined;
      end = Math.min(end, Date.now() + 2_000);
      return Date.now() < end ? reply(500, 'oops') : undefined;
    };
    await minted(world, wallet, 100);
    await until(async () => (await wallet.balance())['totalBalance'] !== 0, 'the credit');
    const asked = mint.asked(`POST ${issuePath}`);
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(20);
    expect(await tokensOf(world, wallet.npub)).toMatchObject([{ status: 'unspent', total_amount: 100 }]);
  });
});

describe('a mint that never comes right', () => {
  const mint = liar();
  let world: World;
  beforeAll(async () => {
    world = await mint.start();
  });
  afterAll(() => world.end());
  afterEach(() => {
    mint.lie = null;
  });

  it('and omits the change of which none is due: PAID is told soon after the payment', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 50, routingFeeSat: 4 });
    let paidAt = 0;
    mint.lie = (request, carry) => {
      if (!posts(request, meltPath) && !request.url.includes(quotePath)) return undefined;
      return retold(carry, (body) => {
        if (posts(request, meltPath)) paidAt = Date.now();
        delete body.change;
      });
    };
    const paid = await wallet.melt(invoice);
    expect(Date.now() - paidAt).toBeLessThan(2_500);
    expect(paid).toMatchObject({ status: 200, body: { paidAmount: 50, feesPaid: 4, changePending: true } });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 446 });
    await expectBalancedBooks(world);
  });

  it.each([
    ['larger', 1_048_576],
    ['smaller', 1],
  ])(
    'and calls its swap signatures %s in NUT-09 too: reported at once, a person is called after an hour, nothing is booked',
    async (_what, to) => {
      const wallet = await world.wallet(512);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 212, routingFeeSat: 1 });
      mint.lie = (request, carry) =>
        /\/v1\/(swap|restore)$/.test(request.url) ? retold(carry, relabelled(256, to)) : undefined;
      const melt = await wallet.melt(invoice);
      expect(melt.status).not.toBe(200);
      const id = (await world.context.database.operations.findOne({ kind: 'melt', npub: wallet.npub }))?._id;
      await until(() => reported(world, wallet), 'the report');
      await comesTo(wallet, id, 'swapping');
      mint.jump(3_600_000);
      await comesTo(wallet, id, 'needs_attention');
      expect(await timesPaid(world, paymentHash)).toBe(0);
      expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 512 });
      await expectBalancedBooks(world);
    },
  );

  it('and calls its issue signatures larger in NUT-09 too: nothing is credited', async () => {
    const wallet = await world.wallet();
    mint.lie = (request, carry) =>
      /\/v1\/(mint\/bolt11|restore)$/.test(request.url)
        ? retold(carry, relabelled(64, 1_048_576))
        : undefined;
    await minted(world, wallet, 100);
    await until(() => reported(world, wallet), 'the report');
    expect(await mintingStates(world, wallet)).toEqual(['issuing']);
    mint.jump(3_600_000);
    await until(async () => (await mintingStates(world, wallet)).includes('needs_attention'), 'the alarm');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 0 });
    expect(await tokensOf(world, wallet.npub, { status: 'unspent' })).toEqual([]);
  });
});
