import { expect } from '@jest/globals';
import { member } from '../money.ts';
import { expectBooked, expectDecentWords, hasOpen, heal, lay, mintAnswers, springs } from './cell.ts';
import type { FaultRow } from './faultRow.ts';
import { upToDate } from './funding.ts';
import type { Phase } from './phases.ts';
import { expectHonestReports, expectTrueReports } from './reports.ts';
import type { Stand } from './stand.ts';

/** Two proofs, so that they can come in the wrong order. */
const amount = 192;

/**
 * One funding that meets one fault in one state: refused before anybody could pay, or credited in full, once, however the
 * mint behaved meanwhile. Judged by the simulator's ledger.
 */
export async function mintingCell(
  stand: Stand,
  phase: Phase,
  fault: FaultRow,
): Promise<'credited' | 'refused'> {
  const { world, sentry, until } = stand;
  const wallet = await world.wallet();
  await mintAnswers(stand, wallet);
  await upToDate(stand);
  const { outstanding } = await world.sim.books();
  const trap = await lay(stand, wallet.npub, phase, fault);

  const told = await world.call('POST', `${wallet.at}/mint`, { amount });
  expectDecentWords(told);
  const credited = told.status === 201;
  const pay = () => world.sim.pay(String(told.body['invoice']));
  const isPaidLater = phase.truth.says === 'UNPAID';
  if (credited && !isPaidLater) await pay();
  await springs(stand, wallet, trap, phase, fault);
  const isPaid = async () => (await wallet.balance())['totalBalance'] === amount;
  await expectTrueReports(stand, wallet, { told, isPaid });
  await heal(stand, trap, fault);
  if (credited && isPaidLater) {
    // As payers do who are slower than the worker.
    const path = `/v1/mint/quote/bolt11/${told.body['quote']}`;
    await until(() => sentry.hasPassed('GET', path), 'the server looking whether it is paid');
    await pay();
  }

  if (credited) {
    await until(async () => !(await hasOpen(stand, wallet)), 'the funding at its end');
    const completed = await world.call('POST', `${wallet.at}/mint/complete`, { quoteId: told.body['quote'] });
    expect({ ...completed.body, status: completed.status }).toMatchObject({
      status: 200,
      totalAmount: amount,
    });
  } else {
    expect(told.body).toMatchObject({ code: expect.stringMatching(/^(MINT_ERROR|MINT_UNAVAILABLE)$/) });
    expect(member(told.body, 'detail')).toMatch(/nothing was started|no money moved/i);
  }
  const held = await expectBooked(stand, wallet, { held: 0, outstanding });
  expect(held).toBe(credited ? amount : 0);
  await expectHonestReports(stand, wallet);
  await expectTrueReports(stand, wallet, { told, isPaid });
  return credited ? 'credited' : 'refused';
}
