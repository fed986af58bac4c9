import type { EndedRecoveryDocument, RecoveryDocument } from '../models/schemas/account.ts';
import type { EndedRecovery, Recovery, RecoveryReason } from '../models/wallet.ts';

/** What a pass has found out since the last write. */
export type RecoveryProgress = Partial<
  Pick<Recovery, 'reason' | 'isProven' | 'scans' | 'again' | 'stuckSince' | 'rescanDue' | 'writtenOff'>
>;

/** A recovery that nobody has begun to work at. */
export function fresh(reason: RecoveryReason, now: Date, isProven = false): RecoveryDocument {
  return {
    state: 'required',
    reason,
    since: now,
    generation: 1,
    due_at: now,
    lease_owner: null,
    lease_until: null,
    is_proven: isProven,
    scans: {},
    again: [],
    stuck_since: {},
    rescan_due: false,
    restored: 0n,
    restored_proofs: 0,
    written_off: 0n,
  };
}

/** As an update sets it. */
export function fieldsOf({
  reason,
  isProven,
  scans,
  again,
  stuckSince,
  rescanDue,
  writtenOff,
}: RecoveryProgress): Record<string, unknown> {
  return {
    ...(reason === undefined ? {} : { 'recovery.reason': reason }),
    ...(isProven === undefined ? {} : { 'recovery.is_proven': isProven }),
    ...(scans === undefined ? {} : { 'recovery.scans': storedScans(scans) }),
    ...(again === undefined
      ? {}
      : { 'recovery.again': again.map(({ keysetId, counter }) => ({ keyset_id: keysetId, counter })) }),
    ...(stuckSince === undefined ? {} : { 'recovery.stuck_since': stuckSince }),
    ...(rescanDue === undefined ? {} : { 'recovery.rescan_due': rescanDue }),
    ...(writtenOff === undefined ? {} : { 'recovery.written_off': writtenOff }),
  };
}

function storedScans(scans: Recovery['scans']): RecoveryDocument['scans'] {
  return Object.fromEntries(
    Object.entries(scans).map(([keysetId, { next, lastSigned, done, counter, isMoved }]) => [
      keysetId,
      { next, last_signed: lastSigned, done, counter, is_moved: isMoved },
    ]),
  );
}

/** As read. */
export function toRecovery(walletId: string, stored: RecoveryDocument): Recovery {
  return {
    walletId,
    state: stored.state,
    reason: stored.reason,
    since: stored.since,
    generation: stored.generation,
    isProven:
      stored.is_proven === true || Object.values(stored.scans).some((scan) => scan.is_behind === true),
    scans: Object.fromEntries(
      Object.entries(stored.scans).map(([keysetId, { next, last_signed, done, counter, is_moved }]) => [
        keysetId,
        { next, lastSigned: last_signed, done, counter, isMoved: is_moved },
      ]),
    ),
    again: stored.again.map(({ keyset_id, counter }) => ({ keysetId: keyset_id, counter })),
    stuckSince: stored.stuck_since,
    rescanDue: stored.rescan_due,
    restored: BigInt(stored.restored),
    restoredProofs: stored.restored_proofs ?? 0,
    writtenOff: BigInt(stored.written_off),
  };
}

/** So many proofs of this sum were credited: the stage of an update that goes with the crediting. */
export const countedIn = (amount: bigint, proofCount: number) => ({
  'recovery.restored': { $add: ['$recovery.restored', amount] },
  'recovery.restored_proofs': { $add: [{ $ifNull: ['$recovery.restored_proofs', 0] }, proofCount] },
});

/** What a recovery has come to, as an update takes it from the recovery itself. */
export const endedFrom = (endedAt: Date) => ({
  since: '$recovery.since',
  ended_at: endedAt,
  restored: '$recovery.restored',
  restored_proofs: { $ifNull: ['$recovery.restored_proofs', 0] },
  written_off: '$recovery.written_off',
});

export function toEnded(stored: EndedRecoveryDocument): EndedRecovery {
  return {
    since: stored.since,
    endedAt: stored.ended_at,
    restored: BigInt(stored.restored),
    restoredProofs: stored.restored_proofs,
    writtenOff: BigInt(stored.written_off),
  };
}
