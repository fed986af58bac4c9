import type { ReportDraft } from '../../models/report.ts';
import type { EndedRecovery, Recovery, Wallet } from '../../models/wallet.ts';

/** How the report of a wallet that was found behind is closed. */
export function closing({ unit }: Wallet, ended: EndedRecovery): string {
  const { restored, restoredProofs, writtenOff } = ended;
  return `Recovered: ${restored} ${unit} were found by the seed and credited (${restoredProofs} proofs), ${writtenOff} ${unit} that the mint calls spent were marked so, and the counters stand past everything that the mint has signed. The audit events wallet.restored and proofs.discrepancies name each proof.`;
}

/** The incident of a mint that leaves keysets of a wallet out of its list. */
export const missingKey = ({ id }: Wallet): string => `KEYSET_NOT_LISTED:${id}`;

/** The incident of a recovery that was given up. */
export const unfinishedKey = ({ id }: Wallet): string => `RECOVERY_UNFINISHED:${id}`;

/** A mint can list very many. */
const maxNamed = 20;

const namesOf = (missing: readonly string[]): string =>
  missing.slice(0, maxNamed).join(', ') + (missing.length > maxNamed ? ', …' : '');

export function missingReport(wallet: Wallet, missing: readonly string[]): ReportDraft {
  return {
    dedupeKey: missingKey(wallet),
    severity: 'HIGH',
    code: 'KEYSET_NOT_LISTED',
    npub: wallet.npub,
    walletId: wallet.id,
    summary: `This wallet is being recovered, and its mint does not list keysets that the wallet has had: ${namesOf(missing)}. What the wallet holds of these, if anything, cannot be found until they are listed. Its other ecash is recovered and can be spent; the list is asked for again for a week. Ask the mint to list them.`,
    details: { keysets: missing.slice(0, maxNamed) },
  };
}

export function unfinishedReport(
  wallet: Wallet,
  recovery: Recovery,
  openMelts: number,
  missing: readonly string[],
): ReportDraft {
  const held = `the mint still holds ecash of it in payments (${recovery.again.length} outputs, ${openMelts} open melts)`;
  const unlisted = `the mint does not list keysets of it: ${namesOf(missing)}`;
  const isHeld = missing.length === 0 || recovery.again.length > 0 || openMelts > 0;
  const what = [...(isHeld ? [held] : []), ...(missing.length > 0 ? [unlisted] : [])].join(', and ');
  return {
    dedupeKey: unfinishedKey(wallet),
    severity: 'HIGH',
    code: 'RECOVERY_UNFINISHED',
    npub: wallet.npub,
    walletId: wallet.id,
    summary: `A week after this wallet was recovered, ${what}. It is no longer looked for; recover the wallet again (crucible restore --npub) once those payments have ended and its keysets are listed: that closes this report. A keyset that the mint has dropped for good can hold nothing that it would still take: then close this report by hand.`,
  };
}
