import { DomainError } from '../../models/errors.ts';
import type { PlannedOutput, Proof } from '../../models/proof.ts';
import type { ReportDraft } from '../../models/report.ts';
import type { RecoveryReason, Wallet } from '../../models/wallet.ts';
import type { RecoveryRepository } from '../../repositories/recoveries.ts';
import type { ReportService } from '../contracts.ts';
import type { EcashArithmetic } from '../ecash/arithmetic.ts';
import type { RestoredOutput } from '../mint/gateway.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';
import { verified } from './verified.ts';

/** Whose books may be behind: a wallet, or an operation of it. */
export type Owner = Pick<Wallet, 'npub' | 'mintUrl' | 'unit'> & { walletId: string };

export const ownerOf = ({ id, npub, mintUrl, unit }: Wallet): Owner => ({
  walletId: id,
  npub,
  mintUrl,
  unit,
});

/** Notices that a store has fallen behind its mint, as one that was restored from an old backup has. */
export type Detection = {
  /** For whoever is about to start something new. @throws DomainError MELT_BLOCKED_BY_RECONCILIATION during a recovery */
  demandCurrent(wallet: Wallet, requestId: string): Promise<void>;
  /**
   * Outputs that were just planned must be unknown to the mint (NUT-09): one that it has signed was used in a time that
   * these books have lost, and its signature belongs to a proof that may be spent. Asked before anything rests on them. A signature that
   * verifies proves it.
   * @throws DomainError MELT_BLOCKED_BY_RECONCILIATION, the recovery being demanded then; MINT_UNAVAILABLE, MINT_ERROR
   */
  demandUnsigned(owner: Owner, outputs: readonly PlannedOutput[], requestId?: string): Promise<void>;
  /**
   * How proofs that nobody can have spent yet, by our books, stand at the mint (NUT-07). Where any is spent or held, the
   * books are behind, and the recovery is demanded before this returns; `isStillSo` asks first whether they have moved on.
   */
  standing(owner: Owner, proofs: readonly Proof[], isStillSo: () => Promise<void>): Promise<Standing>;
  /** A mint quote that is locked to us was issued, and not by anything that these books know. @returns whether to wait */
  issuedUnknown(owner: Owner, since: Date): Promise<boolean>;
};

/** `partly`: some are untouched, which rules out any request that takes them all. */
export type Standing = 'untouched' | 'partly' | 'gone' | 'unreachable';

export function createDetection(parts: {
  recoveries: RecoveryRepository;
  mints: MintDirectory;
  arithmetic: EcashArithmetic;
  reports: ReportService;
  now: () => Date;
}): Detection {
  const { recoveries, mints, arithmetic, reports, now } = parts;

  async function found(
    owner: Owner,
    reason: RecoveryReason,
    requestId?: string,
    isProven = false,
  ): Promise<DomainError> {
    await recoveries.require(owner.walletId, reason, now(), isProven);
    return blocked(owner, reason, await report(owner, reason, requestId));
  }

  function report(owner: Owner, reason: RecoveryReason, requestId?: string): Promise<string> {
    const draft = reason === 'requested' ? requestedReport(owner) : behindReport(owner, reason);
    return reports.file({
      ...draft,
      ...(requestId === undefined ? {} : { requestId }),
    });
  }

  /** Whether one of these signatures verifies. Where that cannot be told the demand is made all the same, and scans may prove it. */
  async function isAnyGood(
    owner: Owner,
    outputs: readonly PlannedOutput[],
    signed: readonly RestoredOutput[],
  ): Promise<boolean> {
    const mint = mints.at(owner.mintUrl);
    // Whatever amounts they were signed for: blanks take any.
    const blanks = outputs.map((output) => ({ ...output, role: 'blank' as const, amount: 0n }));
    for (const [keysetId, ofKeyset] of Map.groupBy(blanks, (output) => output.keysetId)) {
      const good = await verified(keysetId, ofKeyset, signed, mint, arithmetic).catch(() => []);
      if (good.length > 0) return true;
    }
    return false;
  }

  /** Those of these proofs that are not unspent; null where the mint does not tell. */
  async function touchedOf(owner: Owner, proofs: readonly Proof[]): Promise<Proof[] | null> {
    const states = await mints.at(owner.mintUrl).gateway.proofStates(proofs.map(({ Y }) => Y));
    return states.kind === 'answer' ? proofs.filter(({ Y }) => states.value.get(Y) !== 'UNSPENT') : null;
  }

  return {
    async demandCurrent(wallet, requestId) {
      if (wallet.recovery !== 'required' && wallet.recovery !== 'running') return;
      const owner = ownerOf(wallet);
      const reason = wallet.recoveryReason === 'requested' ? 'requested' : 'asked';
      throw blocked(owner, reason, await report(owner, reason, requestId));
    },

    async demandUnsigned(owner, outputs, requestId) {
      if (outputs.length === 0) return;
      const restored = await mints.at(owner.mintUrl).gateway.restore(outputs);
      const signed = answered(restored, 'tell which outputs it has signed');
      if (signed.length === 0) return;
      throw await found(owner, 'signed_outputs', requestId, await isAnyGood(owner, outputs, signed));
    },

    async standing(owner, proofs, isStillSo) {
      if (proofs.length === 0) return 'untouched';
      const touched = await touchedOf(owner, proofs);
      if (touched === null) return 'unreachable';
      if (touched.length === 0) return 'untouched';
      // One answer of a mint proves nothing.
      const again = await touchedOf(owner, touched);
      if (again === null) return 'unreachable';
      if (again.length === 0) return 'untouched';
      await isStillSo();
      await found(owner, 'spent_proofs');
      return again.length === proofs.length ? 'gone' : 'partly';
    },

    async issuedUnknown(owner, since) {
      const known = await recoveries.byId(owner.walletId);
      if (known === null) return false;
      if (known.recovery !== null) return true;
      if (known.recoveredAt !== null && known.recoveredAt > since) return false;
      await found(owner, 'quote_issued');
      return true;
    },
  };
}

/** The incident that a recovery closes. */
export const behindKey = (walletId: string): string => `STORE_BEHIND_MINT:${walletId}`;

/** The incident of a wallet that may do nothing while its owner's wish is carried out. */
export const requestedKey = (walletId: string): string => `RECOVERY_REQUESTED:${walletId}`;

const evidence: Record<Exclude<RecoveryReason, 'requested'>, string> = {
  signed_outputs: 'the mint has already signed outputs that these books take for new',
  spent_proofs: 'the mint calls ecash spent, or held, that by these books nobody can have touched',
  quote_issued:
    'the mint has issued a mint quote that only this wallet can claim, and these books know nothing of it',
  asked: 'a recovery was demanded',
};

export function behindReport(owner: Owner, reason: keyof typeof evidence): ReportDraft {
  return {
    dedupeKey: behindKey(owner.walletId),
    severity: 'HIGH',
    code: 'STORE_BEHIND_MINT',
    npub: owner.npub,
    walletId: owner.walletId,
    summary: `The books of this wallet are behind its mint: ${evidence[reason]}. Most likely the database was restored from an old backup; else another server uses the same mnemonic, which must be stopped. New melts and mintings of the wallet are refused with MELT_BLOCKED_BY_RECONCILIATION; its balance can be read. The server moves its counters past everything that the mint has signed, finds by the seed what is missing, marks what is spent, and then closes this report with the sums. Nothing needs to be done unless the report stays open for an hour: then see whether the mint answers. After restoring a backup, every wallet should be recovered: crucible restore --all (docs/restore.md).`,
    details: { reason },
  };
}

function requestedReport(owner: Owner): ReportDraft {
  return {
    dedupeKey: requestedKey(owner.walletId),
    severity: 'HIGH',
    code: 'RECOVERY_REQUESTED',
    npub: owner.npub,
    walletId: owner.walletId,
    summary:
      'Whoever may write to this wallet has asked for a restore, and used it before that was over: refused with MELT_BLOCKED_BY_RECONCILIATION. Nothing needs to be done; the server closes this report with the sums. If it stays open for an hour, see whether the mint answers.',
  };
}

const why = {
  requested: 'This wallet is being restored from its seed, as was asked for.',
  needed:
    'This wallet’s books are behind its mint, as after the restore of an old backup, and are being put right from its seed.',
};

function blocked(owner: Owner, reason: RecoveryReason, supportId: string): DomainError {
  return new DomainError(
    'MELT_BLOCKED_BY_RECONCILIATION',
    'HIGH',
    `${reason === 'requested' ? why.requested : why.needed} Nothing was started and no money moved; the balance can be read meanwhile. Try again in half a minute.`,
    {
      retryable: true,
      members: { retryAfterSeconds: 30, supportId },
      about: { npub: owner.npub, walletId: owner.walletId },
    },
  );
}
