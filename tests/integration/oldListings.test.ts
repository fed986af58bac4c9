import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { attemptsFor } from '../../src/models/operation.ts';
import type { Exchange } from '../../src/services/mint/transport.ts';
import {
  type Body,
  garbledProof,
  inactive,
  liar,
  meltPath,
  posts,
  reply,
  retold,
  tenDaysSeconds,
} from '../support/liar.ts';
import { comesTo, expectAllSettled } from '../support/mischief.ts';
import { timesPaid } from '../support/money.ts';
import { repositoriesOf } from '../support/repositories.ts';
import { gets, listing, relisted } from '../support/tellingMint.ts';
import { type TestWallet, untilLater, type World } from '../support/world.ts';

const minuteMs = 60_000;

/** A cache before the mint, or another process of it: what it lists is not what it signs for. */
describe('a mint that lists a retired keyset as active', () => {
  const mint = liar();
  let world: World;
  beforeAll(async () => {
    world = await mint.start();
  });
  afterAll(() => world.end());
  afterEach(async () => {
    mint.lie = null;
    await timePassesUntil(isAllEnded, 'the end of all payments');
    await expectAllSettled(world);
  });

  const isAllEnded = async () =>
    (await world.context.database.operations.countDocuments({ kind: 'melt', open: true })) === 0;

  /** The longer it waits, the more rarely it is looked at: so the clock runs on. */
  const timePassesUntil = (isSo: () => Promise<boolean>, what: string): Promise<void> =>
    untilLater(() => mint.jump(5_000), isSo, what, 40_000);

  const attemptsOf = async ({ npub }: TestWallet, purpose: 'swap' | 'fence') =>
    attemptsFor(await repositoriesOf(world).meltOf(npub), purpose);

  const stateOf = async (wallet: TestWallet, id: unknown) => (await wallet.status(id)).body['state'];

  /** A payment whose melt never arrives, so that it is fenced. */
  async function fenced() {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, expirySeconds: tenDaysSeconds });
    return { wallet, invoice, paymentHash };
  }

  it('while a fence is up: the same fence goes again until the list is right, then one more brings the funds home', async () => {
    const { wallet, invoice, paymentHash } = await fenced();
    const old = await listing(world);
    let isSent = false;
    mint.lie = (request) => {
      if (posts(request, meltPath)) {
        const retire = isSent ? Promise.resolve() : world.sim.rotate();
        isSent = true;
        return retire.then(() => ({ kind: 'lost', reason: 'network' }));
      }
      return isSent && gets(request, '/v1/keysets') ? Promise.resolve(old) : undefined;
    };
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const id = body['transactionId'];
    await timePassesUntil(async () => (await stateOf(wallet, id)) === 'releasing', 'the fence');
    await mint.passing('POST /v1/swap', 5, 2 * minuteMs);
    expect(await attemptsOf(wallet, 'fence')).toHaveLength(1);

    mint.lie = (request) => (posts(request, meltPath) ? reply(502, '') : undefined);
    await timePassesUntil(async () => (await stateOf(wallet, id)) === 'released', 'the funds back');
    const [first, second, ...more] = await attemptsOf(wallet, 'fence');
    expect(more).toEqual([]);
    expect(second?.keysetId).not.toBe(first?.keysetId);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
    expect(await timesPaid(world, paymentHash)).toBe(0);
  });

  it('while a swap may be under way: the same swap goes again until the list is right, and nobody is called', async () => {
    const { wallet, invoice } = await fenced();
    const old = await listing(world);
    let swaps = 0;
    mint.lie = (request) => {
      if (posts(request, '/v1/swap')) {
        swaps += 1;
        return swaps === 1
          ? world.sim.rotate().then(() => ({ kind: 'lost', reason: 'network' }))
          : reply(400, inactive);
      }
      return swaps > 0 && gets(request, '/v1/keysets') ? Promise.resolve(old) : undefined;
    };
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const id = body['transactionId'];
    await mint.passing('POST /v1/swap', 5, 2 * minuteMs);
    expect(await attemptsOf(wallet, 'swap')).toHaveLength(1);
    expect(await stateOf(wallet, id)).toBe('swapping');

    mint.lie = null;
    await timePassesUntil(
      async () => ['released', 'settled'].includes(String(await stateOf(wallet, id))),
      'its end',
    );
    expect(await attemptsOf(wallet, 'swap')).toHaveLength(2);
  });

  it('and answers 500 for 25 minutes before that: the fence is not made anew over it, and finds the new keyset', async () => {
    const { wallet, invoice } = await fenced();
    let isSent = false;
    mint.lie = (request) => {
      if (posts(request, meltPath)) {
        isSent = true;
        return Promise.resolve({ kind: 'lost', reason: 'network' });
      }
      return isSent && posts(request, '/v1/swap')
        ? reply(500, '{"detail":"Internal Server Error"}')
        : undefined;
    };
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const id = body['transactionId'];
    await timePassesUntil(async () => (await stateOf(wallet, id)) === 'releasing', 'the fence');
    await mint.passing('POST /v1/swap', 6, 4 * minuteMs);
    expect(await attemptsOf(wallet, 'fence')).toHaveLength(1);

    await world.sim.rotate();
    mint.lie = null;
    await timePassesUntil(async () => (await stateOf(wallet, id)) === 'released', 'the funds back');
    expect(await attemptsOf(wallet, 'fence')).toHaveLength(2);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });
});

/** The list is old in part: the retired keyset is called active as the new one is, and is the cheaper of them. */
describe('a mint that lists a retired keyset as active beside the new one', () => {
  let mint: ReturnType<typeof liar>;
  let world: World;
  beforeEach(async () => {
    mint = liar();
    world = await mint.start();
  });
  afterEach(() => world.end());

  const bothActive = (carry: () => Promise<Exchange>) =>
    relisted(carry, (keysets) => keysets.map((keyset) => ({ ...keyset, active: true })));

  async function asked() {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, expirySeconds: tenDaysSeconds });
    return { wallet, invoice, paymentHash };
  }

  const refusalsOf = async ({ npub }: TestWallet, purpose: 'swap' | 'fence') =>
    attemptsFor(await repositoriesOf(world).meltOf(npub), purpose).map(({ refusalCode }) => refusalCode);

  it('and refuses a fence with the one signs it with the other: the funds come back', async () => {
    let isSent = false;
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) {
        const retire = isSent ? Promise.resolve() : world.sim.rotate({ inputFeePpk: 1 });
        isSent = true;
        return retire.then(() => ({ kind: 'lost', reason: 'network' }));
      }
      return gets(request, '/v1/keysets') ? bothActive(carry) : undefined;
    };
    const { wallet, invoice, paymentHash } = await asked();
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const isReleased = async () => (await wallet.status(body['transactionId'])).body['state'] === 'released';
    await untilLater(() => mint.jump(5_000), isReleased, 'the funds back', 40_000);
    expect(await refusalsOf(wallet, 'fence')).toEqual([12_002, null]);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
    expect(await timesPaid(world, paymentHash)).toBe(0);
  });

  it('and refuses a swap with the one signs it with the other: its blanks follow it there, and it is paid', async () => {
    let isRetired = false;
    mint.lie = (request, carry) => {
      if (posts(request, '/v1/swap') && !isRetired) {
        isRetired = true;
        return world.sim.rotate({ inputFeePpk: 1 }).then(carry);
      }
      return isRetired && gets(request, '/v1/keysets') ? bothActive(carry) : undefined;
    };
    const { wallet, invoice, paymentHash } = await asked();
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paidAmount: 210 } });
    expect(await refusalsOf(wallet, 'swap')).toEqual([12_002, null]);
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });
});

describe('a mint under maintenance', () => {
  const mint = liar();
  let world: World;
  mint.serves((opened) => {
    world = opened;
  });

  it('that answers each fence with 500 for 80 minutes, and then garbles its signatures for two looks, calls nobody', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, expirySeconds: tenDaysSeconds });
    let isOut = false;
    let isBack = false;
    let garbled = 0;
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) {
        isOut = true;
        return Promise.resolve({ kind: 'lost', reason: 'network' });
      }
      if (isOut && !isBack && posts(request, '/v1/swap'))
        return reply(500, '{"detail":"Internal Server Error"}');
      const isGarbled = isBack && /\/v1\/(swap|restore)$/.test(request.url) && garbled < 4;
      return isGarbled ? retold(carry, garble) : undefined;
    };
    const garble = ({ signatures = [] }: Body) => {
      if (signatures.length > 0) garbled += 1;
      for (const signature of signatures) Object.assign(signature, { dleq: garbledProof });
    };
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const stateOf = async () => String((await wallet.status(body['transactionId'])).body['state']);
    await untilLater(
      () => mint.jump(5_000),
      async () => (await stateOf()) === 'releasing',
      'the fence',
    );
    await mint.passing('POST /v1/swap', 8, 10 * minuteMs);
    expect(await stateOf()).toBe('releasing');

    isBack = true;
    const isEnded = async () => ['released', 'needs_attention'].includes(await stateOf());
    await untilLater(() => mint.jump(15_000), isEnded, 'its end', 30_000);
    expect([garbled, await stateOf()]).toEqual([4, 'released']);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
    expect(await timesPaid(world, paymentHash)).toBe(0);
  });

  it('that answers each swap with 500 for an hour and a half calls nobody; then the swap is finished', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, expirySeconds: tenDaysSeconds });
    mint.lie = (request) =>
      posts(request, '/v1/swap') ? reply(500, '{"detail":"Internal Server Error"}') : undefined;
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const stateOf = async () => String((await wallet.status(body['transactionId'])).body['state']);
    const operation = () => repositoriesOf(world).meltOf(wallet.npub);
    await mint.passing('POST /v1/swap', 5, 19 * minuteMs);
    expect(await stateOf()).toBe('swapping');
    expect(attemptsFor(await operation(), 'swap')).toHaveLength(1);

    mint.lie = null;
    const isEnded = async () => ['released', 'settled'].includes(await stateOf());
    await untilLater(() => mint.jump(15_000), isEnded, 'its end', 30_000);
    expect(await wallet.balance()).toMatchObject({ reservedBalance: 0 });
    expect(await timesPaid(world, paymentHash)).toBeLessThanOrEqual(1);
    await comesTo(wallet, body['transactionId'], 'released', 'settled');
    await expectAllSettled(world);
  });
});
