import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Attempt, attemptsFor, type MeltOperation } from '../../src/models/operation.ts';
import type { Exchange, Transport } from '../../src/services/mint/transport.ts';
import { comesTo, expectAllSettled, meddler, type Trick } from '../support/mischief.ts';
import { expectRealMoney, member, timesPaid } from '../support/money.ts';
import { repositoriesOf } from '../support/repositories.ts';
import { startWorld, type World } from '../support/world.ts';

const swapPath = '/v1/swap';
const meltPath = '/v1/melt/bolt11';
const refused: Exchange = {
  kind: 'reply',
  httpStatus: 400,
  body: JSON.stringify({ code: 11_000, detail: 'no' }),
};
const lost: Exchange = { kind: 'lost', reason: 'network' };

/** Swap and fence have one rule, and these are its parts. */
describe('attempts of a swap or fence', () => {
  const mischief = meddler();
  /** Requests with outputs to sign, since the story began. */
  let sent: { path: string; body: string }[] = [];
  let world: World;
  const transport: Transport = (request) => {
    const { pathname } = new URL(request.url);
    const signs = /^\/v1\/(swap|mint\/bolt11|melt\/bolt11)$/.test(pathname);
    if (request.method === 'POST' && signs) sent.push({ path: pathname, body: request.body ?? '' });
    return mischief.transport(request);
  };
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 4 },
      env: {
        CRUCIBLE_ANSWER_WITHIN_MS: '8000',
        CRUCIBLE_ORPHAN_AFTER_MS: '20000',
        CRUCIBLE_LEASE_MS: '3000',
      },
      overrides: { transport },
    });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    expect(mischief.left()).toBe(0);
    await expectAllSettled(world);
    expect(reusedOutputs()).toEqual([]);
    sent = [];
  });

  /** Outputs that went to the mint in two requests that are not the same. */
  function reusedOutputs(): string[] {
    const shown = new Set(sent.map(({ body }) => body));
    const all = [...shown].flatMap(outputsIn);
    return all.filter((B_, at) => all.indexOf(B_) !== at);
  }

  const bodiesTo = (path: string) => sent.filter((request) => request.path === path).map(({ body }) => body);

  async function started() {
    const wallet = await world.wallet(512);
    sent = [];
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    return { wallet, invoice, paymentHash };
  }

  /** A payment that was made all the same, once: what is left is good money. */
  async function expectPaid({ wallet, invoice, paymentHash }: Awaited<ReturnType<typeof started>>) {
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID', paidAmount: 210 } });
    await comesTo(wallet, paid.body['transactionId'], 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302, reservedBalance: 0 });
    await expectRealMoney(world, wallet.npub);
    return repositoriesOf(world).meltOf(wallet.npub);
  }

  it('that did not arrive: the same request, byte for byte, and no other outputs', async () => {
    const story = await started();
    mischief.next(swapPath, async () => lost);
    mischief.next(meltPath, async () => lost);
    const operation = await expectPaid(story);
    for (const [path, purpose] of [
      [swapPath, 'swap'],
      [meltPath, 'melt'],
    ] as const) {
      const [attempt, ...more] = attemptsFor(operation, purpose);
      expect(more).toEqual([]);
      expect(bodiesTo(path)).toEqual([attempt?.requestBody, attempt?.requestBody]);
    }
  });

  it('whose reply was lost, and then the keyset retires: its signatures are asked for, and it is not sent again', async () => {
    const story = await started();
    mischief.next(swapPath, async (carry) => {
      await carry();
      await world.sim.rotate();
      return lost;
    });
    const operation = await expectPaid(story);
    expect(bodiesTo(swapPath)).toHaveLength(1);
    expect(attemptsFor(operation, 'swap')).toHaveLength(1);
    const [swap] = attemptsFor(operation, 'swap');
    expect(attemptsFor(operation, 'melt').at(-1)?.keysetId).not.toBe(swap?.keysetId);
  });

  it('refused because the keyset retired, with the refusal lost: the same once more, then fresh outputs for the same inputs', async () => {
    const story = await started();
    mischief.next(swapPath, async (carry) => {
      await world.sim.rotate();
      await carry();
      return lost;
    });
    const operation = await expectPaid(story);
    const [old, renewed, ...more] = attemptsFor(operation, 'swap');
    expect(more).toEqual([]);
    expect(bodiesTo(swapPath)).toEqual([old?.requestBody, old?.requestBody, renewed?.requestBody]);
    expectRivals(old, renewed);
    expect(renewed?.keysetId).not.toBe(old?.keysetId);
  });

  it('of which the first was called refused and executes after all: the second fails, the first is ours', async () => {
    const story = await started();
    const delayed = delayedBehind(swapPath);
    for (const trick of delayed.refused) mischief.next(swapPath, trick);
    mischief.next(swapPath, delayed.overtaken);
    const operation = await expectPaid(story);
    const [old, renewed] = attemptsFor(operation, 'swap');
    expectRivals(old, renewed);
    expect(namesIn(operation)).toEqual(new Set(old?.outputs.map(({ secret }) => secret)));
  });

  it('of a fence, of which the first executes after all: it has won, and the funds are back once', async () => {
    const { wallet, invoice, paymentHash } = await started();
    await world.sim.addFaults({
      match: { method: 'POST', path: meltPath },
      fault: 'drop_before',
      times: null,
    });
    const delayed = delayedBehind(swapPath);
    mischief.next(swapPath, (carry) => carry()); // the swap itself
    for (const trick of delayed.refused) mischief.next(swapPath, trick);
    mischief.next(swapPath, delayed.overtaken);
    const { body } = await wallet.melt(invoice);
    const ended = await comesTo(wallet, body['transactionId'], 'released');
    expect(ended.body).toMatchObject({ released: 512 });
    const [old, renewed, ...more] = attemptsFor(await repositoriesOf(world).meltOf(wallet.npub), 'fence');
    expect(more).toEqual([]);
    expectRivals(old, renewed);
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
    await expectRealMoney(world, wallet.npub);
  });
});

/**
 * A request that is refused in words that prove nothing, until it is made anew. One copy of it is under way all the time: it
 * arrives just before the new one, which then comes too late.
 */
function delayedBehind(path: string): { refused: Trick[]; overtaken: Trick } {
  let arrives: (() => Promise<Exchange>) | null = null;
  return {
    refused: [
      async (carry) => {
        arrives = carry;
        return refused;
      },
      async () => refused,
      async () => refused,
    ],
    overtaken: async (carry) => {
      if (arrives === null) throw new Error(`nothing was held back on ${path}`);
      await arrives();
      return carry();
    },
  };
}

/** Two attempts for the same inputs, so that at most one can win, with no output in common. */
function expectRivals(one: Attempt | undefined, other: Attempt | undefined): void {
  if (one === undefined || other === undefined) throw new Error('there are not two attempts');
  expect(member(JSON.parse(other.requestBody), 'inputs')).toEqual(
    member(JSON.parse(one.requestBody), 'inputs'),
  );
  const names = new Set(one.outputs.map(({ B_ }) => B_));
  expect(other.outputs.filter(({ B_ }) => names.has(B_))).toEqual([]);
}

function outputsIn(body: string): string[] {
  const outputs = member(JSON.parse(body), 'outputs');
  return Array.isArray(outputs) ? outputs.map((output) => String(member(output, 'B_'))) : [];
}

/** The secrets of what the swap of a melt gave. */
function namesIn({ held }: MeltOperation): Set<string> {
  return new Set([...(held?.send ?? []), ...(held?.keep ?? [])].map(({ secret }) => secret));
}
