import type { AuditEvent } from '../models/report.ts';
import type { AuditRepository } from './audit.ts';
import { type TokenReservation, TokensTaken } from './tokenReads.ts';
import type { TokenRepository } from './tokens.ts';
import { isWriteConflict, runTransaction, type Transacting } from './transaction.ts';

/** Proofs of an unreserved token that the mint calls spent, and the status that they were found in. */
export type WriteOff = Omit<TokenReservation, 'amount'> & { status: 'unspent' | 'pending' };

export type CorrectionRepository = ReturnType<typeof createCorrectionRepository>;

export function createCorrectionRepository(
  database: Transacting,
  tokens: TokenRepository,
  audit: AuditRepository,
) {
  /**
   * Marks what the mint calls spent as spent and writes down what was found, in one transaction: all of it or nothing.
   * @returns false when a token has changed since it was read, or others are writing to it; then nothing was written.
   * @throws CommitUnknown when it may stand or not
   */
  async function apply(
    writeOffs: readonly WriteOff[],
    event: AuditEvent & { walletId: string },
  ): Promise<boolean> {
    try {
      await runTransaction(database, event.walletId, async (tx) => {
        for (const wanted of writeOffs) {
          await tokens.writeOff(tx, event.walletId, wanted, wanted.status, 'mint_reported');
        }
        await audit.append(event, tx);
      });
      return true;
    } catch (error) {
      if (error instanceof TokensTaken || isWriteConflict(error)) return false;
      throw error;
    }
  }

  return { apply };
}
