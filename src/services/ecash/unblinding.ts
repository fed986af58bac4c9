import type { BlindSignature, PlannedOutput, Proof } from '../../models/proof.ts';
import type { RestoredOutput } from '../mint/gateway.ts';
import type { KeysetKeys } from '../mint/keysets.ts';
import type { EcashArithmetic } from './arithmetic.ts';

/** Proofs that verified, each with the output that it came from, and how many signatures were good for none. */
export type Unblinded = { proofs: { output: PlannedOutput; proof: Proof }[]; unverified: number };

type Signed = { output: PlannedOutput; signature: BlindSignature };

/**
 * Unblinds signatures as they stand in a reply: by position, and only where a DLEQ proof verifies there. Signatures
 * without one, or in another order, are counted as unverified: NUT-09 says which output they belong to.
 */
export async function unblindByPosition(
  outputs: readonly PlannedOutput[],
  signatures: readonly BlindSignature[],
  keyset: KeysetKeys,
  arithmetic: EcashArithmetic,
): Promise<Unblinded> {
  const signed = signatures.flatMap((signature, position): Signed[] => {
    const output = outputs[position];
    return output !== undefined && signature.dleq !== undefined ? [{ output, signature }] : [];
  });
  const proofs = await verified(signed, keyset, arithmetic);
  return { proofs, unverified: signatures.length - proofs.length };
}

/** Unblinds what NUT-09 gave back: every signature there is named by its B_. */
export async function unblindRestored(
  outputs: readonly PlannedOutput[],
  restored: readonly RestoredOutput[],
  keyset: KeysetKeys,
  arithmetic: EcashArithmetic,
): Promise<Unblinded> {
  const seen = new Set<string>();
  const signed = restored.flatMap(({ B_, signature }): Signed[] => {
    const output = outputs.find((candidate) => candidate.B_ === B_);
    if (output === undefined || seen.has(B_)) return [];
    seen.add(B_);
    return [{ output, signature }];
  });
  const proofs = await verified(signed, keyset, arithmetic);
  return { proofs, unverified: signed.length - proofs.length };
}

async function verified(
  signed: readonly Signed[],
  keyset: KeysetKeys,
  arithmetic: EcashArithmetic,
): Promise<Unblinded['proofs']> {
  const proofs = await arithmetic.unblind({ keyset, items: signed });
  return signed.flatMap(({ output }, position) => {
    const proof = proofs[position];
    return proof ? [{ output, proof }] : [];
  });
}
