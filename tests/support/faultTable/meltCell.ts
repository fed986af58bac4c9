import { expect } from '@jest/globals';
import { expectRealMoney, timesPaid } from '../money.ts';
import { type Reply, type TestWallet, until } from '../world.ts';
import { expectDecentWords, feeReserve, fundedWallet, heal, lay, operationsOf, type Stand } from './cell.ts';
import type { FaultRow } from './faults.ts';
import type { MeltPhase } from './phases.ts';

/** How a cell ended: what the payment came to in the end. */
export type Ending = 'paid' | 'failed' | 'refused';

/** With the fee reserve one proof, and as much again is kept: a swap of two outputs, so that the table stays quick. */
const amount = 125;
/** Covers amount and fee reserve to the unit, so that nothing has to be swapped. */
const exactFunds = amount + feeReserve;
const swapFunds = 256;

/**
 * One melt that meets one fault in one state, judged by the simulator's ledger: the payee got the money once or never, the
 * client was told so, and every sat is where the books say.
 */
export async function meltCell(stand: Stand, phase: MeltPhase, fault: FaultRow): Promise<Ending> {
  const { world } = stand;
  const wallet = await fundedWallet(world, phase.funds === 'needs a swap' ? swapFunds : exactFunds);
  const { outstanding } = await world.sim.ledger();
  const before = (await wallet.balance())['totalBalance'] ?? 0;
  const { invoice, paymentHash } = await world.sim.invoice({ amount, ...phase.invoice });
  const met = await lay(stand, wallet.npub, phase, fault);

  const told = await wallet.melt(invoice);
  expectDecentWords(told);
  await until(async () => met().length > 0, `“${fault.name}” met in “${phase.name}”`);
  expect(met()[0]).toBe(phase.state);

  if (phase.decided !== null) await world.sim.settle(paymentHash, phase.decided).catch(() => undefined);
  await heal(stand, phase, fault);
  if (fault.withholdsChange) await waitADay(stand, wallet);
  await until(async () => (await openMelts(stand, wallet)) === 0, 'the melt at its end');
  return judge(stand, wallet, { told, before, outstandingBefore: outstanding, paymentHash });
}

type Told = { told: Reply; before: number; outstandingBefore: number; paymentHash: string };

/** What was said, what happened and what is booked must be one story. */
async function judge({ world }: Stand, wallet: TestWallet, cell: Told): Promise<Ending> {
  const { told, before, outstandingBefore, paymentHash } = cell;
  const count = await timesPaid(world, paymentHash);
  const operations = await operationsOf(world, wallet.npub, 'melt');
  const after = await wallet.balance();
  const { outstanding, balance } = await world.sim.ledger();

  expect(balance.ok).toBe(true);
  expect({ lostByUs: outstanding - outstandingBefore }).toEqual({
    lostByUs: (after['totalBalance'] ?? 0) - before,
  });
  await expectRealMoney(world, wallet.npub);
  expect(after['reservedBalance']).toBe(0);
  expect(operations.length).toBeLessThanOrEqual(1);
  expect(count).toBeLessThanOrEqual(1);

  const [operation] = operations;
  if (operation === undefined) return refused(told, { count, change: (after['totalBalance'] ?? 0) - before });
  const status = await wallet.status(operation._id);
  expectDecentWords(status);
  return count === 1 ? paid(told, status, before - (after['totalBalance'] ?? 0)) : failed(told, status);
}

/** Nothing was started, and the refusal says so in words and with a code. */
function refused(told: Reply, truth: { count: number; change: number }): 'refused' {
  expect(truth).toEqual({ count: 0, change: 0 });
  expect(told.status).toBeGreaterThanOrEqual(400);
  expect(told.status).not.toBe(500);
  expect(told.body).toMatchObject({
    code: expect.stringMatching(/^(MINT_ERROR|MINT_UNAVAILABLE|FEE_TOO_HIGH|PAYMENT_FAILED)$/),
    detail: expect.stringMatching(/no money moved|nothing was paid/i),
  });
  return 'refused';
}

function paid(told: Reply, status: Reply, spent: number): 'paid' {
  expect([200, 202]).toContain(told.status);
  expect(status.body).toMatchObject({ status: 'PAID', state: 'settled', paidAmount: amount });
  expect(Number(status.body['paidAmount']) + Number(status.body['feesPaid'])).toBe(spent);
  if (told.status === 200) expect(told.body).toMatchObject({ paymentResult: 'PAID', paidAmount: amount });
  else expect(told.body).toMatchObject({ paymentResult: 'PENDING' });
  return 'paid';
}

function failed(told: Reply, status: Reply): 'failed' {
  expect(status.body).toMatchObject({
    status: 'FAILED',
    state: expect.stringMatching(/^(released|cancelled)$/),
  });
  if (told.status === 202) expect(told.body).toMatchObject({ paymentResult: 'PENDING' });
  else expect({ ...told.body, status: told.status }).toMatchObject({ status: 422, code: 'PAYMENT_FAILED' });
  return 'failed';
}

/** What a mint still owes is asked for during a day; then what there is is all there is. */
async function waitADay(stand: Stand, wallet: TestWallet): Promise<void> {
  const state = async () => (await operationsOf(stand.world, wallet.npub, 'melt'))[0]?.state;
  await until(async () => ['paid', 'settled'].includes((await state()) ?? ''), 'the payment booked');
  stand.jump(25 * 3_600_000);
}

async function openMelts({ world }: Stand, wallet: TestWallet): Promise<number> {
  return (await operationsOf(world, wallet.npub, 'melt')).filter(({ open }) => open).length;
}
