import type { Discrepancy } from '../../models/discrepancy.ts';
import { databaseUnavailable } from '../../models/errors.ts';
import { sumAmounts } from '../../models/proof.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { CorrectionRepository, WriteOff } from '../../repositories/corrections.ts';
import type { ProofOutline, TokenOutline } from '../../repositories/tokenReads.ts';
import type { ReportService } from '../contracts.ts';
import { isOutcomeUnknown } from '../databaseFaults.ts';
import type { ProofState } from '../mint/gateway.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';
import { type Books, beliefsIn } from './books.ts';
import { type Belief, classify, confirm, type Place, type Sighting } from './discrepancy.ts';
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

/** A difference that was seen twice, and where the proof stands. */
type Finding = { discrepancy: Discrepancy; place: Place };

export function createPreflight(parts: {
  books: Books;
  corrections: CorrectionRepository;
  mints: MintDirectory;
  reports: ReportService;
  now: () => Date;
}): Preflight {
  const { books, corrections, mints, reports, now } = parts;

  async function check(wallet: Wallet, selected: Selected, requestId: string): Promise<Clearance> {
    const chosen = new Set(selected.proofs.map(({ Y }) => Y));
    const mine = selected.tokens.flatMap(beliefsIn).filter(({ Y }) => chosen.has(Y));
    const others = selected.withOthers ? await books.others(wallet) : [];
    const seen = await look(wallet, [...mine, ...others]);
    const suspicious = seen.filter((sighting) => classify(sighting) !== null);
    const found = suspicious.length === 0 ? [] : await lookAgain(wallet, suspicious);
    if (found.length > 0) await act(wallet, found, requestId);
    const pending = found.filter(({ discrepancy }) => discrepancy.type === 'DB_UNSPENT_MINT_PENDING');
    return { pendingAtMint: new Set(pending.map(({ discrepancy }) => discrepancy.Y)) };
  }

  async function reconcile(wallet: Wallet, tokens: readonly TokenOutline[]): Promise<Reconciliation> {
    const seen = await look(wallet, tokens.flatMap(beliefsIn));
    const suspicious = seen.filter((sighting) => classify(sighting) !== null);
    if (suspicious.length === 0) return { writtenOff: 0n, isPending: false, isWhole: true };
    const found = await lookAgain(wallet, suspicious);
    const applied = found.length === 0 || (await correct(wallet, found));
    const of = (type: Discrepancy['type']) =>
      found.map(({ discrepancy }) => discrepancy).filter((one) => one.type === type);
    return {
      writtenOff: applied ? sumAmounts(of('DB_UNSPENT_MINT_SPENT')) : 0n,
      isPending: of('DB_UNSPENT_MINT_PENDING').length > 0,
      isWhole: applied && found.length === suspicious.length,
    };
  }

  async function look(wallet: Wallet, beliefs: readonly Belief[]): Promise<Sighting[]> {
    const states = await ask(wallet, beliefs);
    return beliefs.flatMap((belief) => {
      const mint = states.get(belief.Y);
      return mint === undefined ? [] : [{ belief, mint }];
    });
  }

  /** The mint first, then our books: whatever of ours spent a proof before the mint answered is in them by then. */
  async function lookAgain(wallet: Wallet, suspicious: readonly Sighting[]): Promise<Finding[]> {
    const beliefs = suspicious.map(({ belief }) => belief);
    const states = await ask(wallet, beliefs);
    const present = new Map((await books.again(wallet, beliefs)).map((belief) => [belief.Y, belief]));
    return suspicious.flatMap((first) => {
      const [belief, mint] = [present.get(first.belief.Y), states.get(first.belief.Y)];
      if (belief === undefined || mint === undefined) return [];
      const discrepancy = confirm(first, { belief, mint });
      return discrepancy === null ? [] : [{ discrepancy, place: belief.place }];
    });
  }

  async function ask(wallet: Wallet, beliefs: readonly Belief[]): Promise<Map<string, ProofState>> {
    const Ys = beliefs.map(({ Y }) => Y);
    return answered(await mints.at(wallet.mintUrl).gateway.proofStates(Ys), 'tell the states of proofs');
  }

  async function act(wallet: Wallet, found: readonly Finding[], requestId: string): Promise<void> {
    const discrepancies = found.map(({ discrepancy }) => discrepancy);
    const of = (type: Discrepancy['type']) => discrepancies.filter((one) => one.type === type);
    const [lost, resurrected] = [of('DB_UNSPENT_MINT_SPENT'), of('DB_SPENT_MINT_UNSPENT')];
    if (resurrected.length > 0) await reports.file({ ...resurrectedReport(wallet, resurrected), requestId });
    // Before the write-off: should this process die in between, people hear of it all the same.
    const supportId =
      lost.length > 0 ? await reports.file({ ...writeOffReport(wallet, lost), requestId }) : null;
    const applied = await correct(wallet, found);
    if (supportId === null) return;
    throw applied ? inconsistent(wallet, discrepancies, supportId) : correctionUnderWay(wallet);
  }

  /** Corrects and records. @returns false when a token has changed meanwhile: then its finding no longer counts. */
  async function correct(wallet: Wallet, found: readonly Finding[]): Promise<boolean> {
    const event = {
      walletId: wallet.id,
      npub: wallet.npub,
      transactionId: null,
      event: 'proofs.discrepancies',
      details: { discrepancies: found.map(({ discrepancy }) => discrepancy) },
      at: now(),
    };
    try {
      return await corrections.apply(writeOffs(found), event);
    } catch (error) {
      if (isOutcomeUnknown(error)) throw databaseUnavailable(error);
      throw error;
    }
  }

  return { check, reconcile };
}

/** Of each token, the proofs that the mint calls spent. */
function writeOffs(found: readonly Finding[]): WriteOff[] {
  const spent = found.flatMap(({ discrepancy: { type, Y }, place }) => {
    if (place.in !== 'token' || (place.status !== 'unspent' && place.status !== 'pending')) return [];
    const isSpent = type === 'DB_UNSPENT_MINT_SPENT' || type === 'DB_PENDING_MINT_SPENT';
    return isSpent ? [{ tokenId: place.tokenId, version: place.version, status: place.status, Y }] : [];
  });
  return [...Map.groupBy(spent, ({ tokenId }) => tokenId).values()].flatMap((proofs) =>
    proofs.slice(0, 1).map(({ tokenId, version, status }) => ({
      tokenId,
      version,
      status,
      Ys: proofs.map(({ Y }) => Y),
    })),
  );
}
