import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getEncodedToken } from '@cashu/cashu-ts';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { decode } from 'light-bolt11-decoder';
import { optionsFromEnvironment } from '../../simulator/environment.ts';
import { loadedWallet, type SimulatorWorld, startWorld, until, worth } from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

let directory: string;
let journalPath: string;
const worlds: SimulatorWorld[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crucible-simulator-'));
  journalPath = join(directory, 'journal.jsonl');
});

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(...options: Parameters<typeof startWorld>): Promise<SimulatorWorld> {
  const world = await startWorld(...options);
  worlds.push(world);
  return world;
}

/** The books must balance whatever was done, and the wallet must hold what is outstanding. */
async function expectHeld({ sim }: SimulatorWorld, ...held: Parameters<typeof worth>[0][]): Promise<void> {
  const books = await sim.books();
  expect(books.balance.ok).toBe(true);
  expect(books.outstanding).toBe(held.reduce((sum, proofs) => sum + worth(proofs), 0));
}

function msatOf(invoice: string): number {
  const amounts = decode(invoice).sections.flatMap((section) =>
    section.name === 'amount' ? [section.value] : [],
  );
  return Number(amounts[0]);
}

async function codeOf(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => null,
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
}

describe.each([
  {
    unit: 'usd',
    funds: { units: 1_000, msat: 10_000_000 },
    invoice: { amount: 2_105, routingFeeSat: 1 },
    quoted: { amount: 211, feeReserve: 3, feePaid: 1 },
    paid: { amountSat: 2_105, amountMsat: 2_105_000, feeSat: 1, feeMsat: 1_000 },
  },
  {
    unit: 'msat',
    funds: { units: 1_000_001, msat: 1_000_001 },
    invoice: { amountMsat: 210_007, routingFeeMsat: 1_501 },
    quoted: { amount: 210_007, feeReserve: 2_101, feePaid: 1_501 },
    paid: { amountSat: 211, amountMsat: 210_007, feeSat: 2, feeMsat: 1_501 },
  },
])('a mint in $unit', ({ unit, funds, invoice: wishes, quoted, paid }) => {
  it('mints, sends, receives, and melts with change; its books agree after each step and a restart', async () => {
    const here = await start({ unit, inputFeePpk: 100, journalPath });
    const { wallet, sim } = here;

    const asked = await wallet.createMintQuoteBolt11(funds.units);
    expect([asked.unit, msatOf(asked.request)]).toEqual([unit, funds.msat]);
    const minted = await here.fund(funds.units);
    await expectHeld(here, minted);

    const { keep, send } = await wallet.send(300, minted);
    const token = getEncodedToken({ mint: here.url, proofs: send, unit });
    const received = await (await loadedWallet(here.url, { unit })).receive(token, { requireDleq: true });
    await expectHeld(here, keep, received);

    const { invoice, paymentHash } = await sim.invoice(wishes);
    const melted = await wallet.meltProofsBolt11(await wallet.createMeltQuoteBolt11(invoice), keep);
    const inputFee = Math.ceil((keep.length * 100) / 1000);
    expect(worth(melted.change)).toBe(worth(keep) - quoted.amount - quoted.feePaid - inputFee);
    await expectHeld(here, melted.change, received);

    const ledger = await sim.ledger();
    expect(ledger.unit).toBe(unit);
    expect(ledger.meltQuotes).toEqual([expect.objectContaining(quoted)]);
    expect(ledger.payments).toContainEqual(expect.objectContaining({ paymentHash, ...paid, count: 1 }));
    await here.close();
    expect(await (await start({ unit, journalPath })).sim.ledger()).toEqual(ledger);
  });

  it('tells its unit, offers no other, and signs with keys of that unit after a rotation', async () => {
    const here = await start({ unit });
    const info = await here.get('/v1/info');
    const method = expect.objectContaining({ method: 'bolt11', unit });
    const offered = expect.objectContaining({ methods: [method] });
    expect(info.body).toMatchObject({ nuts: { 4: offered, 5: offered } });
    const inSat = await here.post('/v1/mint/quote/bolt11', { amount: 8, unit: 'sat' });
    expect(inSat.body['code']).toBe(11013);

    const before = await here.fund(64);
    await here.sim.rotate({ inputFeePpk: 100 });
    const { keep, send } = await (await loadedWallet(here.url, { unit })).send(10, before);
    await expectHeld(here, keep, send);
    const { body } = await here.get('/v1/keysets');
    expect(body['keysets']).toEqual([
      expect.objectContaining({ unit, active: false }),
      expect.objectContaining({ unit, active: true }),
    ]);
  });
});

describe('what a unit is worth', () => {
  it('is what the mint was told', async () => {
    const here = await start({ unit: 'xau', msatPerUnit: 123n });
    expect(msatOf((await here.wallet.createMintQuoteBolt11(7)).request)).toBe(861);
    const { invoice } = await here.sim.invoice({ amountMsat: 124 });
    expect((await here.wallet.createMeltQuoteBolt11(invoice)).amount.toNumber()).toBe(2);
  });

  it('must be told where nobody knows it, and is something', async () => {
    await expect(start({ unit: 'xau' })).rejects.toThrow('what a xau is worth must be said');
    await expect(start({ unit: 'usd', msatPerUnit: 0n })).rejects.toThrow('1 msat or more');
  });

  it('is told to a process by its environment', () => {
    const told = { SIM_UNIT: 'usd', SIM_MSAT_PER_UNIT: '12500' };
    expect(optionsFromEnvironment(told)).toMatchObject({ unit: 'usd', msatPerUnit: 12_500n });
    expect(() => optionsFromEnvironment({ SIM_MSAT_PER_UNIT: 'much' })).toThrow('SIM_MSAT_PER_UNIT must be');
  });

  it('limits what one quote may be about to 21 million bitcoin', async () => {
    const { post } = await start({ unit: 'usd' });
    const ask = (amount: number) => post('/v1/mint/quote/bolt11', { amount, unit: 'usd' });
    expect((await ask(210_000_000_000_000)).status).toBe(200);
    expect((await ask(210_000_000_000_001)).body['code']).toBe(11006);
  });
});

describe('Lightning beside a mint in cents', () => {
  it('is paid an amountless invoice for what the wallet says in msat, rounded up to a cent', async () => {
    const { wallet, sim, fund } = await start({ unit: 'usd' });
    const { invoice, paymentHash } = await sim.invoice({ amountless: true });
    const quote = await wallet.createMeltQuoteBolt11(invoice, 20_001);
    expect(quote.amount.toNumber()).toBe(3);
    await wallet.meltProofsBolt11(quote, await fund(8));
    const ledger = await sim.ledger();
    expect(ledger.payments).toContainEqual(expect.objectContaining({ paymentHash, amountMsat: 20_001 }));
    expect(ledger).toMatchObject({ outstanding: 5, balance: { ok: true } });
  });

  it('takes what the reserve of two cents holds, and not a msat more', async () => {
    const { wallet, sim, fund } = await start({ unit: 'usd' });
    const dear = await sim.invoice({ amount: 500, routingFeeMsat: 20_001 });
    const proofs = await fund(60);
    const refused = await wallet.createMeltQuoteBolt11(dear.invoice);
    expect(await codeOf(wallet.meltProofsBolt11(refused, proofs))).toBe(20004);
    const { invoice } = await sim.invoice({ amount: 500, routingFeeMsat: 20_000 });
    const { change } = await wallet.meltProofsBolt11(await wallet.createMeltQuoteBolt11(invoice), proofs);
    expect(worth(change)).toBe(8);
    expect(await sim.books()).toMatchObject({ outstanding: 8, balance: { ok: true } });
  });

  it('is not needed for the mint’s own invoice, which is settled inside to the cent', async () => {
    const { wallet, sim, fund } = await start({ unit: 'usd' });
    const target = await wallet.createMintQuoteBolt11(50);
    const quote = await wallet.createMeltQuoteBolt11(target.request);
    expect([quote.amount.toNumber(), quote.fee_reserve.toNumber()]).toEqual([50, 0]);
    await wallet.meltProofsBolt11(quote, await fund(50));
    expect(worth(await wallet.mintProofsBolt11(50, target.quote))).toBe(50);
    expect(await sim.books()).toMatchObject({ outstanding: 50, balance: { ok: true } });
  });
});

describe('a journal in cents', () => {
  it('goes on with the payment that was under way, and rounds its fee up to a cent', async () => {
    const before = await start({ unit: 'usd', journalPath });
    const { invoice, paymentHash } = await before.sim.invoice({
      amount: 500,
      behaviour: 'pending',
      routingFeeSat: 11,
    });
    const { quote } = await before.wallet.createMeltQuoteBolt11(invoice);
    const proofs = await before.fund(60);
    await before.wallet.meltProofsBolt11(await before.wallet.checkMeltQuoteBolt11(quote), proofs);
    await before.close();

    const after = await start({ unit: 'usd', journalPath });
    await after.sim.settle(paymentHash, 'paid');
    await until(async () => (await after.wallet.checkMeltQuoteBolt11(quote)).state === 'PAID');
    const ledger = await after.sim.ledger();
    expect(ledger).toMatchObject({ outstanding: 8, pendingTotal: 0, balance: { ok: true } });
    expect(ledger.meltQuotes).toEqual([expect.objectContaining({ amount: 50, feePaid: 2, changeAmount: 8 })]);
  });

  it('is refused by a mint in another unit', async () => {
    await (await start({ unit: 'usd', journalPath })).close();
    await expect(start({ journalPath })).rejects.toThrow('written in usd, not in sat');
  });
});
