import { databaseUnavailable } from '../../models/errors.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { CorrectionRepository, WriteOff } from '../../repositories/corrections.ts';
import { isOutcomeUnknown } from '../databaseFaults.ts';
import type { Finding } from './comparison.ts';

export type Correcting = {
  /**
   * Marks what the mint calls spent, and records all of what was found, in one transaction.
   * @returns false when a token has changed meanwhile: then its finding no longer counts, and nothing was written.
   * @throws DomainError DATABASE_UNAVAILABLE where it may stand or not
   */
  correct(wallet: Wallet, found: readonly Finding[]): Promise<boolean>;
};

export function createCorrecting(parts: { corrections: CorrectionRepository; now: () => Date }): Correcting {
  const { corrections, now } = parts;
  return {
    async correct(wallet, found) {
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
    },
  };
}

/** Of each token, the proofs that the mint calls spent. The others differ in ways that are recorded and nothing else. */
export function writeOffs(found: readonly Finding[]): WriteOff[] {
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
