import { expect } from '@jest/globals';
import { expectRealMoney, member } from '../money.ts';
import { until } from '../world.ts';
import { expectDecentWords, heal, lay, mintAnswers, operationsOf, type Stand } from './cell.ts';
import type { FaultRow } from './faults.ts';
import type { Phase } from './phases.ts';

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
  const { world } = stand;
  const wallet = await world.wallet();
  await mintAnswers(world, wallet);
  const { outstanding } = await world.sim.ledger();
  const met = await lay(stand, wallet.npub, phase, fault);

  const told = await world.call('POST', `${wallet.at}/mint`, { amount });
  expectDecentWords(told);
  const credited = told.status === 201;
  if (credited) await world.sim.pay(String(told.body['invoice']));
  await until(async () => met().length > 0, `“${fault.name}” met in “${phase.name}”`);
  expect(met()[0]).toBe(phase.state);
  await heal(stand, phase, fault);

  if (credited) {
    const complete = () => world.call('POST', `${wallet.at}/mint/complete`, { quoteId: told.body['quote'] });
    await until(async () => (await complete()).status === 200, 'the funding credited');
  } else {
    expect(told.body).toMatchObject({ code: expect.stringMatching(/^(MINT_ERROR|MINT_UNAVAILABLE)$/) });
    expect(member(told.body, 'detail')).toMatch(/nothing was started|no money moved/i);
  }
  const ledger = await world.sim.ledger();
  expect(ledger.balance.ok).toBe(true);
  expect({
    held: (await wallet.balance())['totalBalance'],
    issued: ledger.outstanding - outstanding,
  }).toEqual({
    held: credited ? amount : 0,
    issued: credited ? amount : 0,
  });
  await expectRealMoney(world, wallet.npub);
  expect((await operationsOf(world, wallet.npub)).filter(({ open }) => open)).toEqual([]);
  return credited ? 'credited' : 'refused';
}
