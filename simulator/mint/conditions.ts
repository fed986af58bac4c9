import {
  Amount,
  getTagInt,
  type Proof,
  parseP2PKSecret,
  parseSecret,
  verifyP2PKSpendingConditions,
} from '@cashu/cashu-ts';
import type { InputRecord } from '../state/records.ts';

/**
 * NUT-10, NUT-11: a proof locked to keys is spent only with their signatures; when its time is over by the mint's clock, with
 * those of the refund keys, or by anybody if it has none. Signatures over the whole request (SIG_ALL) are not supported;
 * such proofs stay locked, and so do those whose lock breaks a rule of NUT-11.
 */
export function mayBeSpent(secret: string, record: InputRecord, C: string, nowMs: number): boolean {
  if (!isLockedToKeys(secret)) return true;
  const { keysetId: id, amount, witness } = record;
  const proof = { id, amount: Amount.from(amount), secret, C, ...(witness === null ? {} : { witness }) };
  try {
    return isUnlocked(proof, nowMs);
  } catch {
    return false;
  }
}

function isLockedToKeys(secret: string): boolean {
  try {
    return parseSecret(secret)[0] === 'P2PK';
  } catch {
    return false;
  }
}

/** cashu-ts knows who has signed, and throws at SIG_ALL; but whether the time is over, it would ask the machine's clock. */
function isUnlocked(proof: Proof, nowMs: number): boolean {
  const { main, refund, locktime } = verifyP2PKSpendingConditions(proof);
  const tags = parseP2PKSecret(proof.secret);
  if (main.receivedSigners.length >= (getTagInt(tags, 'n_sigs') ?? 1)) return true;
  if (nowMs < locktime * 1_000) return false;
  return (
    refund.pubkeys.length === 0 || refund.receivedSigners.length >= (getTagInt(tags, 'n_sigs_refund') ?? 1)
  );
}
