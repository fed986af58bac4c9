import type { Discrepancy } from '../../models/discrepancy.ts';
import { sumAmounts } from '../../models/proof.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { ProofOutline, TokenOutline } from '../../repositories/tokenReads.ts';
import type { ReportService } from '../contracts.ts';
import { type Books, beliefsIn } from './books.ts';
import type { Comparison, Finding } from './comparison.ts';
import type { Correcting } from './correcting.ts';
import { correctionUnderWay, inconsistent, resurrectedReport, writeOffReport } from './preflightFindings.ts';

/** What a payment would take, and the tokens as they were read for it. `withOthers`: look at other proofs too. */
export type Selected = {
  proofs: readonly ProofOutline[];
  tokens: readonly TokenOutline[];
  withOthers: boolean;
};

/** Which of the selected proofs the mint holds in another payment: they are left out, nothing is wrong with them. */
export type Clearance = { pendingAtMint: ReadonlySet<string> };

export type Preflight = {
  /**
   * Compares the selected proofs, and up to 100 others that may have gone wrong, with the mint (NUT-07), before anything
   * is at stake (seed 004, "Pre-flight Reconciliation").
   * @throws DomainError PROOF_STATE_INCONSISTENCY when a selected proof turned out to be spent (it is now marked so),
   * MELT_BLOCKED_BY_RECONCILIATION when that correction is under way elsewhere, MINT_UNAVAILABLE, MINT_ERROR,
   * DATABASE_UNAVAILABLE.
   */
  check(wallet: Wallet, selected: Selected, requestId: string): Promise<Clearance>;
  /** Compares these tokens with the mint though nobody wants to spend them, and marks what it calls spent twice. */
  reconcile(wallet: Wallet, tokens: readonly TokenOutline[]): Promise<Reconciliation>;
};

/**
 * `writtenOff`: what is known spent from now on and was not before. `isPending`: the mint holds some in payments.
 * `isWhole`: nothing has changed meanwhile that would have to be compared again.
 */
export type Reconciliation = { writtenOff: bigint; isPending: boolean; isWhole: boolean };

export function createPreflight(parts: {
  books: Books;
  comparison: Pick<Comparison, 'compare'>;
  correcting: Correcting;
  reports: ReportService;
}): Preflight {
  const { books, reports } = parts;
  const { compare } = parts.comparison;
  const { correct } = parts.correcting;

  async function check(wallet: Wallet, selected: Selected, requestId: string): Promise<Clearance> {
    const chosen = new Set(selected.proofs.map(({ Y }) => Y));
    const mine = selected.tokens.flatMap(beliefsIn).filter(({ Y }) => chosen.has(Y));
    const others = selected.withOthers ? await books.others(wallet) : [];
    const { found } = await compare(wallet, [...mine, ...others]);
    if (found.length > 0) await act(wallet, found, requestId);
    const pending = found.filter(({ discrepancy }) => discrepancy.type === 'DB_UNSPENT_MINT_PENDING');
    return { pendingAtMint: new Set(pending.map(({ discrepancy }) => discrepancy.Y)) };
  }

  async function reconcile(wallet: Wallet, tokens: readonly TokenOutline[]): Promise<Reconciliation> {
    const { suspicious, found } = await compare(wallet, tokens.flatMap(beliefsIn));
    const applied = found.length === 0 || (await correct(wallet, found));
    const of = (type: Discrepancy['type']) =>
      found.map(({ discrepancy }) => discrepancy).filter((one) => one.type === type);
    return {
      writtenOff: applied ? sumAmounts(of('DB_UNSPENT_MINT_SPENT')) : 0n,
      isPending: of('DB_UNSPENT_MINT_PENDING').length > 0,
      isWhole: applied && found.length === suspicious,
    };
  }

  async function act(wallet: Wallet, found: readonly Finding[], requestId: string): Promise<void> {
    const discrepancies = found.map(({ discrepancy }) => discrepancy);
    const of = (type: Discrepancy['type']) => discrepancies.filter((one) => one.type === type);
    const [lost, resurrected] = [of('DB_UNSPENT_MINT_SPENT'), of('DB_SPENT_MINT_UNSPENT')];
    if (resurrected.length > 0) await reports.file({ ...resurrectedReport(wallet, resurrected), requestId });
    // Before the write-off: should this process die in between, people hear of it all the same.
    const supportId =
      lost.length > 0 ? await reports.file({ ...writeOffReport(wallet, lost, 'payment'), requestId }) : null;
    const applied = await correct(wallet, found);
    if (supportId === null) return;
    throw applied ? inconsistent(wallet, discrepancies, supportId) : correctionUnderWay(wallet);
  }

  return { check, reconcile };
}
