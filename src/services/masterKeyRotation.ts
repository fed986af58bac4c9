import { WrongMasterKey } from '../models/errors.ts';
import type { Resealing } from '../repositories/resealing/resealing.ts';

/** `left`: what still needs another master key than the current one, or is sealed by a master key directly. */
export type RotationReport = {
  dataKeysResealed: number;
  recordsMoved: number;
  left: { dataKeys: number; records: number };
};

export type MasterKeyRotation = {
  /** Writes nothing. @throws WrongMasterKey */
  check(): Promise<RotationReport>;
  /** Seals everything by the current master key, in batches. Run again, it goes on where it stopped. @throws WrongMasterKey */
  rotate(onProgress?: (sealedAnew: number) => void): Promise<RotationReport>;
};

/** Servers may split a token while it is looked at; what a pass misses is found by the next. */
const maxPasses = 5;

/** `crucible keys rotate-master`: after it, the current master key opens everything (docs/master-key.md). */
export function createMasterKeyRotation(resealing: Resealing): MasterKeyRotation {
  async function refuseMissingKeys(): Promise<void> {
    const missing = await resealing.missingKey();
    if (missing !== null) throw new WrongMasterKey(missing);
  }

  async function check(): Promise<RotationReport> {
    await refuseMissingKeys();
    return { dataKeysResealed: 0, recordsMoved: 0, left: await resealing.countLeft() };
  }

  async function rotate(onProgress: (sealedAnew: number) => void = () => undefined): Promise<RotationReport> {
    await refuseMissingKeys();
    const report: RotationReport = {
      dataKeysResealed: 0,
      recordsMoved: 0,
      left: await resealing.countLeft(),
    };
    for (let pass = 1; isLeft(report) && pass <= maxPasses; pass += 1) {
      for await (const count of resealing.resealDataKeys()) {
        report.dataKeysResealed += count;
        onProgress(report.dataKeysResealed + report.recordsMoved);
      }
      for await (const count of resealing.moveRecords()) {
        report.recordsMoved += count;
        onProgress(report.dataKeysResealed + report.recordsMoved);
      }
      report.left = await resealing.countLeft();
    }
    return report;
  }

  return { check, rotate };
}

/** Whether the other master keys are still needed. */
export function isLeft({ left }: RotationReport): boolean {
  return left.dataKeys > 0 || left.records > 0;
}
