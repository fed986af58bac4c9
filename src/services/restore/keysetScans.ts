import { type Recovery, type ScanProgress, unscanned, type Wallet } from '../../models/wallet.ts';
import type { CounterRepository } from '../../repositories/counters.ts';
import type { RecoveryProgress } from '../../repositories/recoveryDocuments.ts';
import type { Finder } from './finding.ts';
import { counterAfter, nextIndices } from './scan.ts';

/** What a pass knows of its recovery, and how it writes down how far it has come. */
export type Notes = { present(): Recovery; keep(progress: RecoveryProgress): Promise<void> };

/**
 * Looks through the keysets of a wallet and moves their counters past whatever a lost time may have used of them. A recovery
 * that was only requested moves none, unless it finds a signature of such a time: from then on it is one that was needed.
 */
export type KeysetScans = {
  /** Goes on with the scans for as many indices as a pass may take. @returns whether they are through */
  goOn(wallet: Wallet, keysetIds: readonly string[], notes: Notes): Promise<boolean>;
  /** For keysets that cannot be looked through now: moves their counters as if nothing were signed there. */
  passOver(wallet: Wallet, keysetIds: readonly string[], notes: Notes): Promise<void>;
};

/** A thousand indices, some seconds of arithmetic. A mint that lies can keep a scan going for ever. */
const batchesPerPass = 10;

export function createKeysetScans(parts: { counters: CounterRepository; finder: Finder }): KeysetScans {
  const { counters, finder } = parts;

  /**
   * Where nothing is signed as well: the blanks of a payment that hangs are not, until it goes through. To the same index
   * however often a pass is made again; and not by a later look, which sees what the wallet has used since.
   */
  async function moveCounter(wallet: Wallet, keysetId: string, progress: ScanProgress): Promise<void> {
    if (!progress.isMoved) await counters.raise(wallet.id, keysetId, counterAfter(progress));
  }

  /** As written down, or at its beginning. */
  async function progressOf(wallet: Wallet, keysetId: string, { scans }: Recovery): Promise<ScanProgress> {
    return scans[keysetId] ?? { ...unscanned, counter: await counters.next(wallet.id, keysetId) };
  }

  /** @returns how many more batches this pass may take */
  async function scan(
    wallet: Wallet,
    keysetId: string,
    batches: number,
    { present, keep }: Notes,
  ): Promise<number> {
    let progress = await progressOf(wallet, keysetId, present());
    let left = batches;
    while (!progress.done) {
      const indices = nextIndices(progress);
      const last = indices.at(-1);
      const { scans, again } = present();
      if (last === undefined) {
        const moves = isNeeded(present());
        if (moves) await moveCounter(wallet, keysetId, progress);
        progress = { ...progress, done: true, isMoved: moves };
        await keep({ scans: { ...scans, [keysetId]: progress } });
        continue;
      }
      if (left === 0) break;
      left -= 1;
      const found = await finder.at(wallet, keysetId, indices);
      const lastSigned = found.lastSigned ?? progress.lastSigned;
      // Asked for after the mint: what these books had signed meanwhile lies below it.
      const counterNow = await counters.next(wallet.id, keysetId);
      const isBehind = isLostTime(found.lastSigned, progress, counterNow, isNeeded(present()));
      progress = { ...progress, next: last + 1, lastSigned };
      await keep({
        scans: { ...scans, [keysetId]: progress },
        again: [...again, ...found.again],
        ...(isBehind ? { isProven: true } : {}),
        ...(isBehind && !isNeeded(present()) ? { reason: 'signed_outputs' } : {}),
      });
    }
    return left;
  }

  /** Those whose scans were through before another one showed that the books are behind. */
  async function moveOthers(
    wallet: Wallet,
    keysetIds: readonly string[],
    { present, keep }: Notes,
  ): Promise<void> {
    for (const keysetId of keysetIds) {
      const { scans } = present();
      const progress = scans[keysetId];
      if (progress === undefined || progress.isMoved) continue;
      await moveCounter(wallet, keysetId, progress);
      await keep({ scans: { ...scans, [keysetId]: { ...progress, isMoved: true } } });
    }
  }

  return {
    async goOn(wallet, keysetIds, notes) {
      let batches = batchesPerPass;
      for (const keysetId of keysetIds) {
        batches = await scan(wallet, keysetId, batches, notes);
        if (notes.present().scans[keysetId]?.done !== true) return false;
      }
      if (isNeeded(notes.present())) await moveOthers(wallet, keysetIds, notes);
      return true;
    },

    async passOver(wallet, keysetIds, { present, keep }) {
      if (!isNeeded(present())) return;
      for (const keysetId of keysetIds) {
        const { scans } = present();
        const progress = await progressOf(wallet, keysetId, present());
        if (scans[keysetId] === undefined) await keep({ scans: { ...scans, [keysetId]: progress } });
        await moveCounter(wallet, keysetId, progress);
      }
    },
  };
}

/** Whether anything shows, or somebody says, that the books are behind. */
export const isNeeded = ({ reason }: Pick<Recovery, 'reason'>): boolean => reason !== 'requested';

/**
 * Whether a signature is of a time that the books have lost. Where the counter was moved before the scan, the wallet's own
 * begin at the index that it was moved to. `mayBeMoved`: by this recovery; else it stands where the wallet's own use has
 * brought it, which may be far while a payment is waited for.
 */
function isLostTime(
  signed: number | null,
  { counter, isMoved }: ScanProgress,
  counterNow: number,
  mayBeMoved: boolean,
): boolean {
  if (signed === null || isMoved) return false;
  if (signed >= counterNow) return true;
  const moved = counterAfter({ counter, lastSigned: null });
  return mayBeMoved && counterNow >= moved && signed >= counter && signed < moved;
}

/**
 * From the first index: what a payment of the lost time had planned may lie below what was signed after it, and an earlier
 * lost time below the counter.
 */
export function begunAgain(scans: Recovery['scans']): Recovery['scans'] {
  return Object.fromEntries(
    Object.entries(scans).map(([keysetId, { counter, isMoved }]) => [
      keysetId,
      { ...unscanned, counter, isMoved },
    ]),
  );
}
