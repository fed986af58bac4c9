import type { Solvency, SolvencyRepository, SolvencyTurn } from '../../repositories/solvency.ts';
import type { ReportService } from '../contracts.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { Inventory } from '../reconcile/inventory.ts';
import { gapClosed, gapReport } from './gapReport.ts';

export type Verification = {
  /**
   * Holds one wallet's books against its mint and notes what came of it. Changes nothing of the books: that is for the next
   * payment's pre-flight, or for whoever reconciles the wallet.
   * @throws DomainError MINT_UNAVAILABLE, MINT_ERROR; then nothing is noted, and the last finding stands
   */
  verify(turn: SolvencyTurn): Promise<Solvency>;
};

/**
 * What is booked and not verified: unreserved ecash that the mint calls spent, twice, and sums that say more than the proofs
 * behind them. Ecash of open operations is theirs to account for, and counts as verified.
 */
export function createVerification(parts: {
  inventory: Inventory;
  solvency: Pick<SolvencyRepository, 'note' | 'books'>;
  mints: Pick<MintDirectory, 'describeFor'>;
  reports: Pick<ReportService, 'file' | 'close'>;
  now: () => Date;
}): Verification {
  const { inventory, solvency, mints, reports, now } = parts;

  async function verify({ wallet, last }: SolvencyTurn): Promise<Solvency> {
    // Another mint at the same address would call everything unspent.
    await mints.describeFor(wallet);
    let missing = 0n;
    const tally = await inventory.take(wallet, async (found) => {
      for (const { discrepancy } of found)
        if (discrepancy.type === 'DB_UNSPENT_MINT_SPENT') missing += discrepancy.amount;
    });
    const { booked, overstated } = await solvency.books(wallet.id);
    const gap = missing + overstated;
    const found = { booked, verified: booked - gap };
    // That a part of the wallet is good says nothing of a gap that was found in all of it.
    if (gap === 0n && !tally.isWhole) return found;
    // Before it is noted: should this process die in between, people hear of it as well as machines.
    if (gap !== 0n) await reports.file(gapReport(wallet, gap));
    else if (last !== null && last.booked !== last.verified)
      await reports.close(gapReport(wallet, gap).dedupeKey, gapClosed);
    await solvency.note(wallet.id, found, tally.isWhole ? now() : null);
    return found;
  }

  return { verify };
}
