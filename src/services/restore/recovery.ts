import type { OutputPlace, Recovery, ScanProgress, Wallet } from '../../models/wallet.ts';
import type { CounterRepository } from '../../repositories/counters.ts';
import type { RecoveredEcashRepository } from '../../repositories/recoveredEcash.ts';
import type { RecoveryProgress, RecoveryRepository } from '../../repositories/recoveries.ts';
import type { ReportService } from '../contracts.ts';
import type { Preflight } from '../melt/preflight.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';
import { growingWaitMs } from '../operations/driver.ts';
import { behindKey } from './detection.ts';
import type { Finder } from './finding.ts';
import { counterLead, nextIndices } from './scan.ts';
import type { StuckOperations } from './stuck.ts';

/** Brings a wallet's books up to its mint: one pass, which may be cut short anywhere and is then made again. */
export type WalletRecovery = {
  /**
   * Finds by the seed what the books lack, moves the counters past everything signed, ends what is stuck and marks what is
   * spent. Then the wallet is free again; what the mint holds in payments is waited for in later passes. So is the rest of a
   * long scan: others have their turn in between.
   * `signal` cuts it short after what is under way. @throws DomainError where the mint does not answer, and database errors: the pass is made again
   */
  pass(wallet: Wallet, recovery: Recovery, signal: AbortSignal): Promise<void>;
};

/** So long ecash that the mint holds is waited for before a person is told. */
const patienceMs = 7 * 24 * 3_600_000;
/** So long a wallet stays blocked while the mint leaves keysets of it out of its list: most such lists are a mistake of a moment. */
const unlistedPatienceMs = 10_000;
const tokensAtOnce = 50;
/** A thousand indices, some seconds of arithmetic. A mint that lies can keep a scan going for ever. */
const batchesPerPass = 10;

/** Writes down how far a pass has come. */
type Keep = (progress: RecoveryProgress) => Promise<void>;

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

  async function pass(wallet: Wallet, start: Recovery, signal: AbortSignal): Promise<void> {
    let recovery = start;
    const keep = async (progress: RecoveryProgress): Promise<void> => {
      if (!(await recoveries.advance(recovery, owner, progress)) || signal.aborted) throw new CutShort();
      recovery = { ...recovery, ...progress };
    };
    try {
      const { listed, missing } = await keysetsOf(wallet);
      if (!(await scanAll(wallet, listed, () => recovery, keep))) {
        const dueAt = new Date(now().getTime() + soonMs);
        return await recoveries.rest(recovery, owner, dueAt);
      }
      await lookAgain(wallet, recovery, missing, signal, keep);
      const books = await reconcile(wallet, recovery, keep);
      await conclude(wallet, recovery, books, missing);
    } catch (error) {
      if (!(error instanceof CutShort) && !signal.aborted) throw error;
      // Found behind again meanwhile, in other hands, or told to stop: whoever has it next begins with what was written down.
      await recoveries.rest(recovery, owner, now());
    }
  }

  /**
   * Every keyset that the mint lists for the wallet's unit: inactive ones may have signed what is still unspent. `missing`:
   * those of the wallet that this list leaves out. What they hold is not to be found by it.
   */
  async function keysetsOf(wallet: Wallet): Promise<{ listed: string[]; missing: string[] }> {
    const infos = answered(await mints.at(wallet.mintUrl).keysets.list(0), 'list its keysets');
    const [counted, booked] = await Promise.all([counters.keysets(wallet.npub), ecash.keysets(wallet.id)]);
    const known = new Set(infos.map(({ id }) => id));
    return {
      listed: infos.filter(({ unit }) => unit === wallet.unit).map(({ id }) => id),
      missing: [...new Set([...booked, ...counted])].filter((id) => !known.has(id)),
    };
  }

  /** Goes on with the scans for as many indices as a pass may take. @returns whether they are through */
  async function scanAll(
    wallet: Wallet,
    keysetIds: readonly string[],
    present: () => Recovery,
    keep: Keep,
  ): Promise<boolean> {
    let batches = batchesPerPass;
    for (const keysetId of keysetIds) {
      batches = await scan(wallet, keysetId, batches, present, keep);
      if (present().scans[keysetId]?.done !== true) return false;
    }
    return true;
  }

  /** @returns how many more batches this pass may take */
  async function scan(
    wallet: Wallet,
    keysetId: string,
    batches: number,
    present: () => Recovery,
    keep: Keep,
  ): Promise<number> {
    let progress: ScanProgress = present().scans[keysetId] ?? unscanned;
    if (progress.done) return batches;
    const counter = await counters.next(wallet.npub, keysetId);
    let left = batches;
    while (!progress.done) {
      const indices = nextIndices(progress, counter);
      const last = indices.at(-1);
      const { scans, again, restored } = present();
      if (last === undefined) {
        if (progress.lastSigned !== null)
          await counters.raise(wallet.npub, keysetId, progress.lastSigned + 1 + counterLead);
        progress = { ...progress, done: true };
        await keep({ scans: { ...scans, [keysetId]: progress } });
        continue;
      }
      if (left === 0) break;
      left -= 1;
      const found = await finder.at(wallet, keysetId, indices);
      const lastSigned = found.lastSigned ?? progress.lastSigned;
      const isBehind = progress.isBehind || (lastSigned !== null && lastSigned >= counter);
      progress = { next: last + 1, lastSigned, isBehind, done: false };
      await keep({
        scans: { ...scans, [keysetId]: progress },
        again: [...again, ...found.again],
        restored: restored + found.restored,
      });
    }
    return left;
  }

  async function lookAgain(
    wallet: Wallet,
    recovery: Recovery,
    missing: readonly string[],
    signal: AbortSignal,
    keep: Keep,
  ): Promise<void> {
    const stuckSince = await stuck.close(recovery, signal);
    const isMissing = ({ keysetId }: OutputPlace) => missing.includes(keysetId);
    const found = await finder.atAll(
      wallet,
      recovery.again.filter((place) => !isMissing(place)),
    );
    const again = [...recovery.again.filter(isMissing), ...found.again];
    await keep({ stuckSince, again, restored: recovery.restored + found.restored });
  }

  /** Every token that is believed good, against the mint. */
  async function reconcile(
    wallet: Wallet,
    recovery: Recovery,
    keep: Keep,
  ): Promise<{ isPending: boolean; isWhole: boolean }> {
    let [isPending, isWhole, writtenOff] = [false, true, recovery.writtenOff];
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
    return { isPending, isWhole };
  }

  async function conclude(
    wallet: Wallet,
    recovery: Recovery,
    { isPending, isWhole }: { isPending: boolean; isWhole: boolean },
    missing: readonly string[],
  ): Promise<void> {
    const sinceMs = now().getTime() - recovery.since.getTime();
    const isPatient = sinceMs < patienceMs;
    const openMelts = await ecash.openMeltsBefore(wallet.id, recovery.since);
    const isWaiting = isPending || openMelts > 0 || Object.keys(recovery.stuckSince).length > 0;
    const isThrough = isWhole && !isWaiting && recovery.again.length === 0 && missing.length === 0;
    if (isThrough || (isWhole && !isPatient)) {
      if (!isThrough) await reports.file(unfinishedReport(wallet, recovery, openMelts, missing));
      if (!(await recoveries.finish(recovery, owner, now()))) return recoveries.rest(recovery, owner, now());
      if (missing.length === 0) await reports.close(missingKey(wallet), 'The mint lists all of them again.');
      return reports.close(behindKey(wallet.id), closing(wallet, recovery));
    }
    const waitMs = growingWaitMs(sinceMs, { fraction: 0.25, minMs: 250, maxMs: 600_000 });
    const dueAt = new Date(now().getTime() + (isWhole ? waitMs : soonMs));
    const isFree = isWhole && (missing.length === 0 || sinceMs >= unlistedPatienceMs);
    if (isFree && missing.length > 0 && recovery.state !== 'watching')
      await reports.file(missingReport(wallet, missing));
    await recoveries.rest(recovery, owner, dueAt, isFree ? 'watching' : 'running');
  }

  return { pass };
}

/** The wallet was found behind again, another instance has the lease, or this one stops. */
class CutShort extends Error {}

const soonMs = 500;
const unscanned: ScanProgress = { next: 0, lastSigned: null, isBehind: false, done: false };

function closing({ unit }: Wallet, { restored, writtenOff }: Recovery): string {
  return `Recovered: ${restored} ${unit} were found by the seed and credited, ${writtenOff} ${unit} that the mint calls spent were marked so, and the counters stand past everything that the mint has signed. The audit events wallet.restored and proofs.discrepancies name each proof.`;
}

const missingKey = ({ id }: Wallet): string => `KEYSET_NOT_LISTED:${id}`;

/** A mint can list very many. */
const maxNamed = 20;

const namesOf = (missing: readonly string[]): string =>
  missing.slice(0, maxNamed).join(', ') + (missing.length > maxNamed ? ', …' : '');

function missingReport(wallet: Wallet, missing: readonly string[]) {
  return {
    dedupeKey: missingKey(wallet),
    severity: 'HIGH' as const,
    code: 'KEYSET_NOT_LISTED',
    npub: wallet.npub,
    walletId: wallet.id,
    summary: `This wallet is being recovered, and its mint does not list keysets that the wallet has had: ${namesOf(missing)}. What the wallet holds of these cannot be found until they are listed. Its other ecash is recovered and can be spent; the list is asked for again for a week. Ask the mint to list them.`,
    details: { keysets: missing.slice(0, maxNamed) },
  };
}

function unfinishedReport(wallet: Wallet, recovery: Recovery, openMelts: number, missing: readonly string[]) {
  const unlisted = missing.length === 0 ? '' : `, and does not list keysets of it: ${namesOf(missing)}`;
  return {
    dedupeKey: `RECOVERY_UNFINISHED:${wallet.id}`,
    severity: 'HIGH' as const,
    code: 'RECOVERY_UNFINISHED',
    npub: wallet.npub,
    walletId: wallet.id,
    summary: `A week after this wallet was recovered, the mint still holds ecash of it in payments (${recovery.again.length} outputs, ${openMelts} open melts)${unlisted}. It is no longer looked for; recover the wallet again once those payments have ended and its keysets are listed.`,
  };
}
