import { expect } from '@jest/globals';
import type { Reply, TestWallet } from '../world.ts';
import {
  expectBooked,
  expectDecentWords,
  hasOpen,
  heal,
  lay,
  meltsOf,
  mintAnswers,
  springs,
} from './cell.ts';
import type { FaultRow } from './faultRow.ts';
import { fundedWallet } from './funding.ts';
import type { MeltPhase } from './phases.ts';
import { expectHonestReports, expectReported, expectTrueReports } from './reports.ts';
import type { Stand } from './stand.ts';

/** How a cell ended: what the payment came to in the end. */
export type Ending = 'paid' | 'failed' | 'refused';

/**
 * One melt that meets one fault in one state, judged by the simulator's ledger: the payee got the money once or never, the
 * client was told so, and every sat is where the books say.
 */
export async function meltCell(stand: Stand, phase: MeltPhase, fault: FaultRow): Promise<Ending> {
  const { world, until } = stand;
  const wallet = await fundedWallet(stand, phase.funds);
  await mintAnswers(stand, wallet);
  const { outstanding } = await world.sim.books();
  const before = { outstanding, held: phase.funds };
  const { invoice, paymentHash } = await world.sim.invoice({ amount: phase.amount, ...phase.invoice });
  const server = phase.cold ? await world.instance(undefined, false) : null;
  const trap = await lay(stand, wallet.npub, phase, fault);

  const told = await wallet.melt(invoice, {}, {}, server?.url);
  expectDecentWords(told);
  await springs(stand, wallet, trap, phase, fault);
  const isPaid = async () => (await world.sim.timesPaid(paymentHash)) > 0;
  await expectTrueReports(stand, wallet, { told, isPaid });

  if (phase.decided !== null) await world.sim.settle(paymentHash, phase.decided).catch(() => undefined);
  await heal(stand, trap, fault);
  if (fault.withholdsChange) await waitADay(stand, wallet);
  await until(async () => !(await hasOpen(stand, wallet)), 'the melt at its end');
  await server?.stop();
  const ending = await judge(stand, wallet, phase.amount, { told, before, paymentHash });
  await expectHonestReports(stand, wallet);
  await expectTrueReports(stand, wallet, { told, isPaid });
  return ending;
}

type Told = { told: Reply; before: { held: number; outstanding: number }; paymentHash: string };

/** What was said, what happened and what is booked must be one story. */
async function judge(
  stand: Stand,
  wallet: TestWallet,
  amount: number,
  { told, before, paymentHash }: Told,
): Promise<Ending> {
  const count = await stand.world.sim.timesPaid(paymentHash);
  const held = await expectBooked(stand, wallet, before);
  const melts = await meltsOf(stand, wallet);
  expect(melts.length).toBeLessThanOrEqual(1);
  expect(count).toBeLessThanOrEqual(1);

  const [operation] = melts;
  if (operation === undefined) return refused(told, { count, gained: held - before.held });
  const status = await wallet.status(operation._id);
  expectDecentWords(status);
  if (count === 0) return failed(told, status);
  if (Number(status.body['feesPaid']) < 0) await expectReported(stand, operation._id, 'CHANGE_ABOVE_MAXIMUM');
  return paid(told, status, { amount, spent: before.held - held });
}

/** Nothing was started, and the refusal says so in words and with a code. */
function refused(told: Reply, truth: { count: number; gained: number }): 'refused' {
  expect(truth).toEqual({ count: 0, gained: 0 });
  expect(told.status).toBeGreaterThanOrEqual(400);
  expect(told.status).not.toBe(500);
  expect(told.body).toMatchObject({
    code: expect.stringMatching(/^(MINT_ERROR|MINT_UNAVAILABLE|FEE_TOO_HIGH|PAYMENT_FAILED)$/),
    detail: expect.stringMatching(/no money moved|nothing was paid/i),
  });
  return 'refused';
}

function paid(told: Reply, status: Reply, { amount, spent }: { amount: number; spent: number }): 'paid' {
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
  else if (told.status === 422) expect(told.body).toMatchObject({ code: 'PAYMENT_FAILED' });
  else expect(told).toMatchObject(neverSent);
  return 'failed';
}

/** The mint failed the server between the reservation and the melt request. */
const neverSent = {
  body: {
    code: expect.stringMatching(/^(MINT_ERROR|MINT_UNAVAILABLE)$/),
    detail: expect.stringMatching(/payment was not sent, and it will not be/),
    transactionId: expect.stringMatching(/^tx_melt_/),
  },
};

/** What a mint still owes is asked for during a day; then what there is is all there is. */
async function waitADay(stand: Stand, wallet: TestWallet): Promise<void> {
  const state = async () => (await meltsOf(stand, wallet))[0]?.state;
  await stand.until(async () => ['paid', 'settled'].includes((await state()) ?? ''), 'the payment booked');
  stand.jump(25 * 3_600_000);
}
