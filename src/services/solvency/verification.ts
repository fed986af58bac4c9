import type { Solvency, SolvencyRepository, SolvencyTurn } from '../../repositories/solvency.ts';
import type { ReportService } from '../contracts.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { Inventory } from '../reconcile/inventory.ts';
import { gapClosed, gapReport } from './gapReport.ts';

/** What is known of a wallet by now. `isWhole`: all of it was looked at; else its next turn goes on with the rest. */
export type Verified = Solvency & { isWhole: boolean };

export type Verification = {
  /**
   * Holds one wallet's books against its mint, a large one's in parts, and notes what came of it. Changes nothing of the books:
   * that is for the next payment's pre-flight, or for whoever reconciles the wallet.
   * @throws DomainError MINT_UNAVAILABLE, MINT_ERROR; then nothing is noted, and the last finding stands
   */
  verify(turn: SolvencyTurn): Promise<Verified>;
};

/** So many tokens are compared again with each part. Where something is missing in more, its sum is told too small. */
const maxRemembered = 500;

/**
 * What is booked and not verified: unreserved ecash that the mint calls spent, twice, and sums that say more than the proofs
 * behind them. Ecash of open operations is theirs to account for, and counts as verified.
 */
export function createVerification(parts: {
  inventory: Pick<Inventory, 'takePart'>;
  solvency: Pick<SolvencyRepository, 'note' | 'books'>;
  mints: Pick<MintDirectory, 'describeFor'>;
  reports: Pick<ReportService, 'file' | 'close'>;
  now: () => Date;
}): Verification {
  const { inventory, solvency, mints, reports, now } = parts;

  async function verify({ wallet, walk }: SolvencyTurn): Promise<Verified> {
    // Another mint at the same address would call everything unspent.
    await mints.describeFor(wallet);
    let missing = 0n;
    const missingIn = new Set<string>();
    const part = await inventory.takePart(wallet, walk, async (found) => {
      for (const { discrepancy } of found) {
        if (discrepancy.type !== 'DB_UNSPENT_MINT_SPENT') continue;
        missing += discrepancy.amount;
        if (discrepancy.tokenId !== null) missingIn.add(discrepancy.tokenId);
      }
    });
    const { booked, overstated } = await solvency.books(wallet.id);
    const gap = missing + overstated;
    const found = { booked, verified: booked - gap };
    // Before it is noted: should this process die in between, people hear of it as well as machines.
    if (gap !== 0n) await reports.file(gapReport(wallet, gap));
    // Whatever was noted last: a process may have died between the report and its note.
    else if (part.isLast) await reports.close(gapReport(wallet, gap).dedupeKey, gapClosed);
    if (part.isLast) await solvency.note(wallet.id, { found, wholeAt: now() });
    else {
      // That a part of the wallet is good says nothing of a gap that was found in all of it.
      const known = gap === 0n ? null : found;
      const remembered = [...missingIn].slice(0, maxRemembered);
      await solvency.note(wallet.id, { found: known, walk: { after: part.after, missingIn: remembered } });
    }
    return { ...found, isWhole: part.isLast };
  }

  return { verify };
}
