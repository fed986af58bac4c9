import type { OutputPlace, Recovery, Wallet } from '../../models/wallet.ts';
import type { CounterRepository } from '../../repositories/counters.ts';
import type { RecoveredEcashRepository } from '../../repositories/recoveredEcash.ts';
import type { RecoveryRepository } from '../../repositories/recoveries.ts';
import type { RecoveryProgress } from '../../repositories/recoveryDocuments.ts';
import type { ReportService } from '../contracts.ts';
import type { Preflight } from '../melt/preflight.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';
import { growingWaitMs } from '../operations/driver.ts';
import { behindKey, behindReport, ownerOf, requestedKey } from './detection.ts';
import type { Finder } from './finding.ts';
import { begunAgain, createKeysetScans, isNeeded, type Notes } from './keysetScans.ts';
import { closing, missingKey, missingReport, unfinishedKey, unfinishedReport } from './recoveryReports.ts';
import type { StuckOperations } from './stuck.ts';

/** Brings a wallet's books up to its mint: one pass, which may be cut short anywhere and is then made again. */
export type WalletRecovery = {
  /**
   * Finds by the seed what the books lack, moves the counters past everything that was used, ends what is stuck and marks what
   * is spent. Then the wallet is free again; what the mint holds in payments is waited for in later passes, and once that has
   * ended, its change is looked for. So is the rest of a long scan: others have their turn in between.
   * `signal` cuts it short after what is under way. @throws DomainError where the mint does not answer, and database errors: the pass is made again
   */
  pass(wallet: Wallet, recovery: Recovery, signal: AbortSignal): Promise<void>;
};

/** So long ecash that the mint holds is waited for before a person is told. */
const patienceMs = 7 * 24 * 3_600_000;
/** So long a wallet stays blocked while the mint leaves keysets of it out of its list: most such lists are a mistake of a moment. */
const unlistedPatienceMs = 10_000;
/** A mint may call the inputs of a payment spent before it has signed the change. */
const changeWithinMs = 2_000;
const tokensAtOnce = 50;

/** `isPending`: the mint holds some in payments. `hasMoved`: some were found spent. `isWhole`: nothing must be compared again. */
type Standing = { isPending: boolean; hasMoved: boolean; isWhole: boolean };

export function createWalletRecovery(parts: {
  recoveries: RecoveryRepository;
  ecash: RecoveredEcashRepository;
  counters: CounterRepository;
  finder: Finder;
  stuck: StuckOperations;
  preflight: Preflight;
  mints: MintDirectory;
  reports: ReportService;
  owner: string;
  now: () => Date;
}): WalletRecovery {
  const { recoveries, ecash, counters, finder, stuck, preflight, mints, reports, owner, now } = parts;
  const scans = createKeysetScans(parts);

  async function pass(wallet: Wallet, start: Recovery, signal: AbortSignal): Promise<void> {
    let recovery = start;
    const keep = async (found: RecoveryProgress): Promise<void> => {
      // With what is proven by now: in what an earlier version wrote, that stands in the scans.
      const progress = { isProven: recovery.isProven, ...found };
      if (!(await recoveries.advance(recovery, owner, progress)) || signal.aborted) throw new CutShort();
      recovery = { ...recovery, ...progress };
    };
    const notes: Notes = { present: () => recovery, keep };
    try {
      const { listed, missing } = await keysetsOf(wallet);
      // First of all: what is spent by now has its change signed before the scans come there.
      if (Object.keys(start.scans).length === 0) await reconcile(wallet, notes);
      await scans.passOver(wallet, missing, notes);
      const isThrough = await scans.goOn(wallet, listed, notes);
      if (!isNeeded(start) && isNeeded(recovery)) await foundBehind(wallet, missing, notes);
      if (!isThrough) {
        const dueAt = new Date(now().getTime() + soonMs);
        return await recoveries.rest(recovery, owner, dueAt);
      }
      await lookAgain(wallet, missing, signal, notes);
      const standing = await reconcile(wallet, notes);
      await conclude(wallet, standing, missing, notes);
    } catch (error) {
      if (!(error instanceof CutShort) && !signal.aborted) throw error;
      // Found behind again meanwhile, in other hands, or told to stop: whoever has it next begins with what was written down.
      await recoveries.rest(recovery, owner, now());
    }
  }

  /** Somebody has asked for what nobody knew to be needed: people hear of it, as of every wallet that is behind. */
  async function foundBehind(wallet: Wallet, missing: readonly string[], notes: Notes): Promise<void> {
    await reports.file(behindReport(ownerOf(wallet), 'signed_outputs'));
    await scans.passOver(wallet, missing, notes);
  }

  /**
   * Every keyset that the mint lists for the wallet's unit: inactive ones may have signed what is still unspent. `missing`:
   * those of the wallet that this list leaves out. What they hold is not to be found by it.
   */
  async function keysetsOf(wallet: Wallet): Promise<{ listed: string[]; missing: string[] }> {
    const infos = answered(await mints.at(wallet.mintUrl).keysets.list(0), 'list its keysets');
    const [counted, booked] = await Promise.all([counters.keysets(wallet.id), ecash.keysets(wallet.id)]);
    const known = new Set(infos.map(({ id }) => id));
    return {
      listed: infos.filter(({ unit }) => unit === wallet.unit).map(({ id }) => id),
      missing: [...new Set([...booked, ...counted])].filter((id) => !known.has(id)),
    };
  }

  async function lookAgain(
    wallet: Wallet,
    missing: readonly string[],
    signal: AbortSignal,
    { present, keep }: Notes,
  ): Promise<void> {
    const recovery = present();
    const stuckSince = await stuck.close(recovery, signal);
    const isMissing = ({ keysetId }: OutputPlace) => missing.includes(keysetId);
    const found = await finder.atAll(
      wallet,
      recovery.again.filter((place) => !isMissing(place)),
    );
    const again = [...recovery.again.filter(isMissing), ...found.again];
    await keep({ stuckSince, again });
  }

  /** Every token that is believed good, against the mint. */
  async function reconcile(wallet: Wallet, { present, keep }: Notes): Promise<Standing> {
    const before = present().writtenOff;
    let [isPending, isWhole, writtenOff] = [false, true, before];
    for (let afterId = ''; ; ) {
      const tokens = await ecash.believedGood(wallet.id, afterId, tokensAtOnce);
      const last = tokens.at(-1);
      if (last === undefined) break;
      const result = await preflight.reconcile(wallet, tokens);
      writtenOff += result.writtenOff;
      isPending ||= result.isPending;
      isWhole &&= result.isWhole;
      afterId = last.id;
    }
    await keep({ writtenOff });
    return { isPending, hasMoved: writtenOff > before, isWhole };
  }

  async function conclude(
    wallet: Wallet,
    { isPending, hasMoved, isWhole }: Standing,
    missing: readonly string[],
    { present, keep }: Notes,
  ): Promise<void> {
    const { since, again, stuckSince, state, rescanDue, scans: scanned } = present();
    const sinceMs = now().getTime() - since.getTime();
    const openMelts = await ecash.openMeltsBefore(wallet.id, since);
    const isWaiting = isPending || openMelts > 0 || Object.keys(stuckSince).length > 0;
    const isHeld = isWaiting || again.length > 0;
    // A free wallet's own payments hold outputs too, and their change is in the books.
    const isLate = rescanDue || hasMoved || isWaiting || (isHeld && state !== 'watching');
    const isFree = isWhole && (missing.length === 0 || sinceMs >= unlistedPatienceMs);
    const rest = (waitMs: number) =>
      recoveries.rest(present(), owner, new Date(now().getTime() + waitMs), isFree ? 'watching' : 'running');
    if (isFree && missing.length > 0 && state !== 'watching')
      await reports.file(missingReport(wallet, missing));
    if (isWhole && !isHeld && isLate) {
      await keep({ rescanDue: false, scans: begunAgain(scanned) });
      return rest(changeWithinMs);
    }
    if (isLate !== rescanDue) await keep({ rescanDue: isLate });
    if (isWhole && !isHeld && missing.length === 0) {
      if (!(await finish(wallet, present(), 'The mint lists all of them again.'))) return;
      const how = 'The wallet was recovered again, and nothing is left to wait for.';
      return reports.close(unfinishedKey(wallet), how);
    }
    if (isWhole && sinceMs >= patienceMs) {
      await reports.file(unfinishedReport(wallet, present(), openMelts, missing));
      await finish(wallet, present(), 'Not asked for any longer: see the report RECOVERY_UNFINISHED.');
      return;
    }
    const waitMs = growingWaitMs(sinceMs, { fraction: 0.25, minMs: 250, maxMs: 600_000 });
    return rest(isWhole ? waitMs : soonMs);
  }

  /** `missingHow`: why keysets are not asked for any more. @returns false where the wallet was found behind again meanwhile */
  async function finish(wallet: Wallet, recovery: Recovery, missingHow: string): Promise<boolean> {
    const ended = await recoveries.finish(recovery, owner, now());
    if (ended === null) {
      await recoveries.rest(recovery, owner, now());
      return false;
    }
    await reports.close(missingKey(wallet), missingHow);
    await reports.close(requestedKey(wallet.id), closing(wallet, ended));
    await reports.close(behindKey(wallet.id), closing(wallet, ended));
    return true;
  }

  return { pass };
}

/** The wallet was found behind again, another instance has the lease, or this one stops. */
class CutShort extends Error {}

const soonMs = 500;
