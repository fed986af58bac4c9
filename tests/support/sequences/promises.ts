import { type Entry, movedBy } from './history.ts';
import type { Promised } from './model.ts';
import type { Town } from './town.ts';

/** What was told and is not so. */
export async function keptPromises(town: Town, entries: ReadonlyMap<string, Entry>): Promise<string[]> {
  const { payments } = await town.world.sim.ledger();
  const counts = new Map(payments.map(({ paymentHash, count }) => [paymentHash, count]));
  return town.promises.flatMap((promised) => {
    const entry = entries.get(promised.id);
    if (entry === undefined) return [`${promised.id} was told as ${promised.what}, and is in no history`];
    const { state, status, fee } = entry;
    if (!mayBe(promised, entry))
      return [`${promised.id} was told as ${promised.what}, and is ${status} (${state})`];
    const count = promised.paymentHash === undefined ? null : (counts.get(promised.paymentHash) ?? 0);
    if (promised.what === 'paid' && count !== 1)
      return [`${promised.id} was told as paid, and its payee got the money ${count} times`];
    const { movedSat } = promised;
    if (movedSat === null || movedBy(entry) === movedSat) return [];
    return [`${promised.id} was told to move ${movedSat}, and is listed as ${movedBy(entry)} (fee ${fee})`];
  });
}

function mayBe({ what }: Promised, { state, status }: Entry): boolean {
  switch (what) {
    case 'received':
      return state === 'received';
    case 'sent':
      return ['sent', 'reclaiming', 'claimed', 'partly_claimed', 'reclaimed'].includes(state);
    case 'reclaimed':
      return state === 'reclaimed' || state === 'partly_claimed';
    case 'paid':
      return status === 'PAID';
    case 'not paid':
      return status === 'FAILED';
  }
}
