import { afterEach, describe, expect, it } from '@jest/globals';
import { comesTo, expectAllSettled } from '../support/mischief.ts';
import { timesPaid, unhurried } from '../support/money.ts';
import {
  answer,
  gets,
  lost,
  openReports,
  posts,
  relisted,
  reported,
  type Tale,
  tellingMint,
  withFee,
} from '../support/tellingMint.ts';
import type { World } from '../support/world.ts';

let world: World | null = null;
afterEach(async () => {
  await world?.end();
  world = null;
});

/** A mint that takes 40 sat for each proof, and that at first says it takes nothing. Its ids do not follow from its fees. */
function dearMint() {
  const mint = tellingMint();
  const fees = { areHidden: true };
  const hidden: Tale = (request, carry) =>
    fees.areHidden && gets(request, '/v1/keysets') ? relisted(carry, withFee(0)) : undefined;
  mint.tale = hidden;
  return {
    mint,
    fees,
    hidden,
    start: () => mint.start({ inputFeePpk: 40_000, keysetVersion: '00' }, unhurried),
  };
}

describe('a mint that raises its fees before the swap', () => {
  it.each([
    ['because the sums differ', 11_005, { maxFee: 10 }],
    ['because of its keyset', 12_002, { maxFee: 10 }],
    ['because the sums differ', 11_005, { maxTotal: 710 }],
    ['because of its keyset', 12_002, { maxTotal: 710 }],
  ])(
    'and refuses it %s (%d): nothing is swapped for more than %j allows, and all of it is back',
    async (_how, code, limit) => {
      const { mint, fees, hidden, start } = dearMint();
      world = await start();
      mint.tale = (request, carry) => {
        if (!posts(request, '/v1/swap')) return hidden(request, carry);
        fees.areHidden = false;
        const [first, last] = [mint.swaps().at(0), mint.swaps().at(-1)];
        const isDear = first !== undefined && last !== undefined && left(last) < left(first);
        return isDear ? undefined : answer(400, { code, detail: 'no' });
      };
      const wallet = await world.wallet(1000);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 700 });
      const { status, body } = await wallet.melt(invoice, limit);
      await comesTo(wallet, body['transactionId'], 'released');
      expect([202, 422]).toContain(status);
      expect(await wallet.balance()).toMatchObject({ totalBalance: 1000, reservedBalance: 0 });
      expect(await timesPaid(world, paymentHash)).toBe(0);
      await expectAllSettled(world);
    },
  );

  it('and refuses it in words that prove nothing, while a copy is alive: nothing is given back, and the copy is ours', async () => {
    const mint = tellingMint();
    world = await mint.start({ keysetVersion: '00' }, unhurried);
    let isDear = false;
    const copies: (() => Promise<unknown>)[] = [];
    mint.tale = (request, carry) => {
      if (isDear && gets(request, '/v1/keysets')) return relisted(carry, withFee(40_000));
      if (!posts(request, '/v1/swap')) return undefined;
      isDear = true;
      copies.push(() => carry());
      return answer(400, { code: 11_002, detail: 'proofs are pending' });
    };
    const wallet = await world.wallet(1000);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 700 });
    const { body } = await wallet.melt(invoice, { maxFee: 10 }, { prefer: 'respond-async' });
    await reported(world, 'FEE_ABOVE_LIMIT');
    expect((await wallet.status(body['transactionId'])).body).toMatchObject({ state: 'swapping' });
    expect((await wallet.balance())['reservedBalance']).toBeGreaterThan(700);

    await copies[0]?.();
    mint.tale = null;
    const ended = await comesTo(wallet, body['transactionId'], 'settled', 'released');
    const paid = ended.body['state'] === 'settled';
    expect(await timesPaid(world, paymentHash)).toBe(paid ? 1 : 0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: paid ? 300 : 1000, reservedBalance: 0 });
    await expectAllSettled(world);
  });

  it('while a swap may be under way: nothing dearer is sent, people are told, and it goes on when it is cheap', async () => {
    const mint = tellingMint();
    world = await mint.start({ keysetVersion: '00' });
    let isDear = false;
    mint.tale = (request, carry) => {
      if (isDear && gets(request, '/v1/keysets')) return relisted(carry, withFee(40_000));
      if (!posts(request, '/v1/swap')) return undefined;
      isDear = true;
      return mint.swaps().length === 1 ? lost() : answer(400, { code: 12_002, detail: 'keyset is inactive' });
    };
    const wallet = await world.wallet(1000);
    const { invoice } = await world.sim.invoice({ amount: 700 });
    const { body } = await wallet.melt(invoice, { maxFee: 10 });
    await reported(world, 'FEE_ABOVE_LIMIT');
    for (const { inputs, outputs } of mint.swaps())
      expect(sum(inputs) - sum(outputs)).toBeLessThanOrEqual(10);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1000 });

    mint.tale = null;
    await comesTo(wallet, body['transactionId'], 'settled', 'released');
    await expectAllSettled(world);
    expect(await openReports(world, 'FEE_ABOVE_LIMIT')).toBe(0);
  });

  it('beyond all measure: no swap without outputs is ever sent', async () => {
    const mint = tellingMint();
    world = await mint.start({ keysetVersion: '00' }, unhurried);
    let shown = 0;
    mint.tale = (request, carry) => {
      if (gets(request, '/v1/keysets')) return relisted(carry, withFee(shown));
      if (!posts(request, '/v1/swap')) return undefined;
      shown = 9_000_000_000;
      return answer(400, { code: 12_002, detail: 'keyset is inactive' });
    };
    const wallet = await world.wallet(1000);
    const { invoice } = await world.sim.invoice({ amount: 700 });
    const { body } = await wallet.melt(invoice, { maxFee: 10 });
    await comesTo(wallet, body['transactionId'], 'released');
    for (const { outputs } of mint.swaps()) expect(outputs.length).toBeGreaterThan(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1000, reservedBalance: 0 });
  });
});

describe('a mint that raises its fees while a payment may be on its way', () => {
  it('gets no fence that costs more than the payment might: people are told, and it waits', async () => {
    const { mint, fees, hidden, start } = dearMint();
    world = await start();
    mint.tale = (request, carry) => {
      if (!posts(request, '/v1/melt/bolt11')) return hidden(request, carry);
      fees.areHidden = false;
      return lost();
    };
    const wallet = await world.wallet(512, 128, 64, 8, 4);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 708 });
    const { status, body } = await wallet.melt(invoice, { maxFee: 10 });
    expect(status).toBe(202);
    await reported(world, 'FEE_ABOVE_LIMIT');
    expect(mint.swaps()).toEqual([]);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 716, reservedBalance: 716 });
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect((await wallet.status(body['transactionId'])).body).toMatchObject({ state: 'pending' });
  });

  it('after the swap, so that it no longer reaches: the melt is not sent, and all of it is back', async () => {
    const mint = tellingMint();
    world = await mint.start({ keysetVersion: '00' }, unhurried);
    let isDear = false;
    mint.tale = (request, carry) => {
      if (posts(request, '/v1/swap')) isDear = true;
      return isDear && gets(request, '/v1/keysets') ? relisted(carry, withFee(1_000)) : undefined;
    };
    const wallet = await world.wallet(1000);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 700 });
    const { body } = await wallet.melt(invoice);
    await comesTo(wallet, body['transactionId'], 'released');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1000, reservedBalance: 0 });
    expect(await timesPaid(world, paymentHash)).toBe(0);
    await expectAllSettled(world);
  });
});

const sum = (proofs: { amount: number }[]): number => proofs.reduce((total, { amount }) => total + amount, 0);
const left = ({ outputs }: { outputs: { amount: number }[] }): number => sum(outputs);
