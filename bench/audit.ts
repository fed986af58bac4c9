import type { Contestant } from './contestants/contestant.ts';
import type { Load } from './load.ts';
import type { BenchMint, MintBooks } from './mint.ts';
import type { Money } from './results.ts';
import { sumOf } from './statistics.ts';

/** Holds what the wallets have against what they were given and have paid, and against the mint's own books. */
export async function audit(
  contestant: Contestant,
  parts: readonly number[][],
  load: Load,
  before: MintBooks | null,
  mint: BenchMint,
): Promise<Money> {
  const heldSat = await contestant.heldSat();
  const fundedSat = sumOf(parts.flat());
  const paidSat = sumOf(load.payments.map(({ error, amountSat }) => (error === null ? amountSat : 0)));
  const feesSat = fundedSat - paidSat - heldSat;
  const after = await mint.books();
  if (before === null || after === null) return { fundedSat, paidSat, feesSat, heldSat, missingSat: null };
  const unheldSat = after.outstandingSat - before.outstandingSat - heldSat;
  const untakenSat = feesSat - (after.feesSat - before.feesSat);
  return { fundedSat, paidSat, feesSat, heldSat, missingSat: Math.abs(unheldSat) + Math.abs(untakenSat) };
}
