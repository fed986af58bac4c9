import { Amount, isP2PKSpendAuthorised, parseP2PKSecret } from '@cashu/cashu-ts';
import type { InputRecord } from '../state/records.ts';

/**
 * NUT-10, NUT-11: a proof locked to a key is spent only with that key's signature. Signatures over the whole
 * request (SIG_ALL) are not supported; such proofs stay locked.
 */
export function mayBeSpent(secret: string, record: InputRecord, C: string): boolean {
  if (!isLockedToKey(secret)) return true;
  try {
    return isP2PKSpendAuthorised({
      id: record.keysetId,
      amount: Amount.from(record.amount),
      secret,
      C,
      ...(record.witness === null ? {} : { witness: record.witness }),
    });
  } catch {
    return false;
  }
}

function isLockedToKey(secret: string): boolean {
  if (!secret.startsWith('["P2PK"')) return false;
  try {
    parseP2PKSecret(secret);
    return true;
  } catch {
    return false;
  }
}
