import { isDeepStrictEqual } from 'node:util';
import type { Discrepancy } from '../../models/discrepancy.ts';
import { DomainError } from '../../models/errors.ts';
import { sumAmounts } from '../../models/proof.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { ProofOutline, TokenOutline } from '../../repositories/tokenReads.ts';
import type { ReportService } from '../contracts.ts';
import { type Books, beliefsIn } from './books.ts';
import type { Comparison, Finding } from './comparison.ts';
import type { Correcting } from './correcting.ts';
import type { Belief, Place } from './discrepancy.ts';
import { correctionUnderWay, inconsistent, resurrectedReport, writeOffReport } from './preflightFindings.ts';

/**
 * What a payment would take, and the tokens as they were read for it. `withOthers`: look at other proofs too. `early`: what a look at
 * all of them has found, if there was one.
 */
export type Selected = {
  proofs: readonly ProofOutline[];
  tokens: readonly TokenOutline[];
  withOthers: boolean;
  early: EarlyLook | null;
};

/** Where the books had the proofs that were looked at, by Y, and which of them the mint sees otherwise. */
export type EarlyLook = {
  free: ReadonlyMap<string, Place>;
  found: readonly Finding[];
  /** When it began, by `performance.now()`. */
  atMs: number;
};

/** Which of the selected proofs the mint holds in another payment: they are left out, nothing is wrong with them. */
export type Clearance = { pendingAtMint: ReadonlySet<string> };

export type Preflight = {
  /**
   * The same look before it is known what a payment takes, so that nobody waits for it: at all proofs that are free, if they are few, and
   * at the others. Acts on nothing. Null where there are too many, or the mint could not be asked.
   */
  lookEarly(wallet: Wallet, tokens: readonly TokenOutline[], withOthers: boolean): Promise<EarlyLook | null>;
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
  /** The same for looks that accuse nobody, and count as none. */
  looking: Pick<Comparison, 'compare'>;
  correcting: Correcting;
  reports: ReportService;
}): Preflight {
  const { books, looking, reports } = parts;
  const { compare } = parts.comparison;
  const { correct } = parts.correcting;

  async function lookEarly(
    wallet: Wallet,
    tokens: readonly TokenOutline[],
    withOthers: boolean,
  ): Promise<EarlyLook | null> {
    const free = tokens.flatMap(beliefsIn);
    if (free.length > mostLookedAtEarly) return null;
    const atMs = performance.now();
    try {
      const others = withOthers ? await books.others(wallet) : [];
      const { found } = await looking.compare(wallet, [...free, ...others]);
      return { free: new Map(free.map(({ Y, place }) => [Y, place])), found, atMs };
    } catch (error) {
      if (error instanceof DomainError) return null;
      throw error;
    }
  }

  async function check(wallet: Wallet, selected: Selected, requestId: string): Promise<Clearance> {
    const chosen = new Set(selected.proofs.map(({ Y }) => Y));
    const mine = selected.tokens.flatMap(beliefsIn).filter(({ Y }) => chosen.has(Y));
    const found = foundEarly(selected.early, mine) ?? (await foundNow(wallet, mine, selected.withOthers));
    if (found.length > 0) await act(wallet, found, requestId);
    const pending = found.filter(({ discrepancy }) => discrepancy.type === 'DB_UNSPENT_MINT_PENDING');
    return { pendingAtMint: new Set(pending.map(({ discrepancy }) => discrepancy.Y)) };
  }

  async function foundNow(
    wallet: Wallet,
    mine: readonly Belief[],
    withOthers: boolean,
  ): Promise<readonly Finding[]> {
    const others = withOthers ? await books.others(wallet) : [];
    return (await compare(wallet, [...mine, ...others])).found;
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

  return { lookEarly, check, reconcile };
}

/** A mint is asked about a hundred at once, and the others are among them. */
const mostLookedAtEarly = 64;
/** A mint may take longer for a quote, and ecash is spent elsewhere meanwhile. */
const earlyForMs = 2_000;
/**
 * Nothing, where an early look has found nothing of these proofs, nor of those that nobody could take. It clears and never accuses: what
 * it saw otherwise is looked at again, as is what has moved since, and all of it where it was long ago.
 */
function foundEarly(early: EarlyLook | null, mine: readonly Belief[]): readonly Finding[] | null {
  if (early === null || performance.now() - early.atMs > earlyForMs) return null;
  if (!mine.every(({ Y, place }) => isDeepStrictEqual(place, early.free.get(Y)))) return null;
  const chosen = new Set(mine.map(({ Y }) => Y));
  const concerns = ({ discrepancy: { Y } }: Finding) => chosen.has(Y) || !early.free.has(Y);
  return early.found.some(concerns) ? null : [];
}
