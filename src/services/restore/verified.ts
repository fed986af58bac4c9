import type { PlannedOutput, Proof } from '../../models/proof.ts';
import type { EcashArithmetic } from '../ecash/arithmetic.ts';
import { confirm } from '../ecash/redemption.ts';
import { unblindRestored } from '../ecash/unblinding.ts';
import type { RestoredOutput } from '../mint/gateway.ts';
import { answered, type Mint } from '../mint/mints.ts';

/** An output that the mint has signed well, and the proof that it makes. */
export type Signed = { output: PlannedOutput; proof: Proof };

/**
 * Those outputs of a keyset whose signatures (NUT-09) are good: by their DLEQ proof (NUT-12), or where there is none because the
 * mint shows the same again. @throws DomainError where the mint does not answer
 */
export async function verified(
  keysetId: string,
  outputs: readonly PlannedOutput[],
  restored: readonly RestoredOutput[],
  { gateway, keysets }: Pick<Mint, 'gateway' | 'keysets'>,
  arithmetic: EcashArithmetic,
): Promise<Signed[]> {
  const keys = answered(await keysets.keys(keysetId), 'tell the keys of its keyset');
  const confirmed = await confirm(restored, outputs, new Set(), gateway);
  const sure = confirmed ?? answered<RestoredOutput[]>({ kind: 'unreachable' }, 'confirm its signatures');
  return (await unblindRestored(outputs, sure, keys, arithmetic)).proofs;
}
