import { hashToCurve, OutputData } from '@cashu/cashu-ts';
import { invariant } from '../../models/errors.ts';
import type { BlindSignature, OutputRole, PlannedOutput, Proof } from '../../models/proof.ts';
import type { CounterRepository } from '../../repositories/counters.ts';
import type { RestoredOutput } from '../mint/gateway.ts';
import type { KeysetKeys } from '../mint/keysets.ts';
import { isDleqGood, unblindedPoint } from './curve.ts';
import type { Seeds } from './seeds.ts';

export type OutputPlan = { role: OutputRole; amount: bigint };

export type OutputFactory = {
  /**
   * Derives outputs from fresh NUT-13 counters. Called before, never inside, a transaction. What is taken out of `spare`
   * needs no derivation: outputs of the same wallet that were planned for nothing and have never been sent to be signed.
   */
  plan(
    walletId: string,
    keysetId: string,
    plans: readonly OutputPlan[],
    spare?: PlannedOutput[],
  ): Promise<PlannedOutput[]>;
};

/** Makes blinded messages. Indices are taken for good first; a crash after that leaves a harmless gap. */
export function createOutputFactory(seeds: Seeds, counters: CounterRepository): OutputFactory {
  return {
    async plan(walletId, keysetId, plans, spare = []) {
      const reused = takeOf(keysetId, plans.length, spare).map((output, at) => ({ ...output, ...plans[at] }));
      const rest = plans.slice(reused.length);
      if (rest.length === 0) return reused;
      const [seed, first] = await Promise.all([
        seeds.walletSeed(walletId),
        counters.take(walletId, keysetId, rest.length),
      ]);
      return [
        ...reused,
        ...rest.map((plan, position) => deriveOutput(seed, keysetId, first + position, plan)),
      ];
    },
  };
}

/** Takes at most `count` outputs of a keyset out of the spare ones. */
function takeOf(keysetId: string, count: number, spare: PlannedOutput[]): PlannedOutput[] {
  const taken = spare.filter((output) => output.keysetId === keysetId).slice(0, count);
  for (const output of taken) spare.splice(spare.indexOf(output), 1);
  return taken;
}

/** The output at one NUT-13 index: the same for ever, whatever it is for. Costs 4 ms of arithmetic. */
export function deriveOutput(
  seed: Uint8Array,
  keysetId: string,
  counter: number,
  { role, amount }: OutputPlan,
): PlannedOutput {
  const output = OutputData.createSingleDeterministicData(amount, seed, counter, keysetId);
  return {
    role,
    amount,
    keysetId,
    counter,
    B_: output.blindedMessage.B_,
    secret: Buffer.from(output.secret).toString('utf8'),
    blindingFactor: output.blindingFactor,
  };
}

/** Y = hash_to_curve(secret), compressed hex (NUT-00): how a proof is named. */
export function proofName(secret: string): string {
  return hashToCurve(Buffer.from(secret, 'utf8')).toHex(true);
}

/**
 * Unblinds a signature on one of our outputs. Keyset and, unless it is a blank, amount must be what was asked for; a DLEQ
 * proof that is present must verify (NUT-12).
 * @returns null when the signature is not good for this output.
 */
export function unblind(output: PlannedOutput, signature: BlindSignature, keyset: KeysetKeys): Proof | null {
  if (signature.keysetId !== output.keysetId || keyset.id !== output.keysetId) return null;
  // Without this the mint would choose what our outputs are worth.
  if (output.role !== 'blank' && signature.amount !== output.amount) return null;
  const { C_, amount, dleq } = signature;
  const K = keyset.keys[amount.toString()];
  if (K === undefined) return null;
  if (dleq !== undefined && !isDleqGood(dleq, output.B_, C_, K)) return null;
  const r = output.blindingFactor.toString(16).padStart(64, '0');
  const C = unblindedPoint(C_, r, K);
  if (C === null) return null;
  return {
    Y: proofName(output.secret),
    keysetId: output.keysetId,
    amount,
    secret: output.secret,
    C,
    ...(dleq === undefined ? {} : { dleq: { e: dleq.e.toLowerCase(), s: dleq.s.toLowerCase(), r } }),
  };
}

/** Proofs that verified, each with the output that it came from, and how many signatures were good for none. */
export type Unblinded = { proofs: { output: PlannedOutput; proof: Proof }[]; unverified: number };

/**
 * Unblinds signatures as they stand in a reply: by position, and only where a DLEQ proof verifies there. Signatures
 * without one, or in another order, are counted as unverified: NUT-09 says which output they belong to.
 */
export function unblindByPosition(
  outputs: readonly PlannedOutput[],
  signatures: readonly BlindSignature[],
  keyset: KeysetKeys,
): Unblinded {
  const proofs: Unblinded['proofs'] = [];
  for (const [position, signature] of signatures.entries()) {
    const output = outputs[position];
    const proof =
      output !== undefined && signature.dleq !== undefined ? unblind(output, signature, keyset) : null;
    if (output !== undefined && proof !== null) proofs.push({ output, proof });
  }
  return { proofs, unverified: signatures.length - proofs.length };
}

/** Unblinds what NUT-09 gave back: every signature there is named by its B_. */
export function unblindRestored(
  outputs: readonly PlannedOutput[],
  restored: readonly RestoredOutput[],
  keyset: KeysetKeys,
): Unblinded {
  const proofs: Unblinded['proofs'] = [];
  const seen = new Set<string>();
  let unverified = 0;
  for (const { B_, signature } of restored) {
    const output = outputs.find((candidate) => candidate.B_ === B_);
    if (output === undefined || seen.has(B_)) continue;
    seen.add(B_);
    const proof = unblind(output, signature, keyset);
    if (proof === null) unverified += 1;
    else proofs.push({ output, proof });
  }
  return { proofs, unverified };
}

type WireProof = { amount: number; id: string; secret: string; C: string; witness?: string };

/** A proof as it goes to a mint (NUT-00). The DLEQ stays here: to the mint it says nothing, to others it links us. */
export function wireProof(proof: Proof): WireProof {
  const amount = Number(proof.amount);
  invariant(Number.isSafeInteger(amount), 'a proof is too large for JSON');
  const { keysetId: id, secret, C, witness } = proof;
  return { amount, id, secret, C, ...(witness === undefined ? {} : { witness }) };
}
