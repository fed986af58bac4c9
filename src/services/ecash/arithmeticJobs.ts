import { invariant } from '../../models/errors.ts';
import type { BlindSignature, OutputRole, PlannedOutput, Proof } from '../../models/proof.ts';
import type { KeysetKeys } from '../mint/keysets.ts';
import type { Curve } from './curve.ts';

/** Outputs at NUT-13 indices: the same for ever, whatever they are for. */
export type Derivation = {
  seed: Uint8Array;
  keysetId: string;
  items: readonly { counter: number; role: OutputRole; amount: bigint }[];
};

/** Signatures on our outputs, of one keyset. */
export type Unblinding = {
  keyset: KeysetKeys;
  items: readonly { output: PlannedOutput; signature: BlindSignature }[];
};

/** Proofs that somebody gave us. `K`: the key behind their amount, where the mint has one. */
export type Checking = {
  items: readonly {
    secret: string;
    C: string;
    dleq?: { e: string; s: string; r: string } | undefined;
    K: string | undefined;
  }[];
};

/** `dleq`: whether its DLEQ proof shows that the mint has signed it with that key (NUT-12). */
export type CheckedProof = { Y: string; dleq: 'none' | 'holds' | 'fails' };

/** A job as it is handed to another thread. */
export type Task =
  | { job: 'derive'; given: Derivation }
  | { job: 'unblind'; given: Unblinding }
  | { job: 'check'; given: Checking };

/**
 * The jobs that take milliseconds of arithmetic, as plain functions of what can be handed to another thread. What is made stands in
 * the order of `items`.
 */
export type ArithmeticJobs = {
  derive(given: Derivation): PlannedOutput[];
  /** Null where the signature is not good for that output. */
  unblind(given: Unblinding): (Proof | null)[];
  check(given: Checking): CheckedProof[];
};

export function createArithmeticJobs(curve: Curve): ArithmeticJobs {
  const nameOf = (secret: string): string => curve.hashToCurve(Buffer.from(secret, 'utf8'));

  /**
   * Keyset and, unless it is a blank, amount must be what was asked for; a DLEQ proof that is present must verify (NUT-12).
   */
  function unblind(output: PlannedOutput, signature: BlindSignature, keyset: KeysetKeys): Proof | null {
    if (signature.keysetId !== output.keysetId || keyset.id !== output.keysetId) return null;
    // Without this the mint would choose what our outputs are worth.
    if (output.role !== 'blank' && signature.amount !== output.amount) return null;
    const { C_, amount, dleq } = signature;
    const K = keyset.keys[amount.toString()];
    if (K === undefined) return null;
    if (dleq !== undefined && !curve.isDleqGood(dleq, output.B_, C_, K)) return null;
    const r = scalarHex(output.blindingFactor);
    const C = curve.unblindedPoint(C_, r, K);
    if (C === null) return null;
    return {
      Y: nameOf(output.secret),
      keysetId: output.keysetId,
      amount,
      secret: output.secret,
      C,
      ...(dleq === undefined ? {} : { dleq: { e: dleq.e.toLowerCase(), s: dleq.s.toLowerCase(), r } }),
    };
  }

  return {
    derive({ seed, keysetId, items }) {
      const secretsAt = curve.outputSecrets(seed, keysetId);
      return items.map(({ counter, role, amount }) => {
        const { secret, blindingFactor } = secretsAt(counter);
        const B_ = curve.blindedPoint(nameOf(secret), blindingFactor);
        invariant(B_ !== null, 'a derived secret cannot be blinded');
        return { role, amount, keysetId, counter, B_, secret, blindingFactor: BigInt(`0x${blindingFactor}`) };
      });
    },
    unblind: ({ keyset, items }) => items.map(({ output, signature }) => unblind(output, signature, keyset)),
    check: ({ items }) =>
      items.map(({ secret, C, dleq, K }) => {
        const Y = nameOf(secret);
        if (dleq === undefined) return { Y, dleq: 'none' };
        const isGood = K !== undefined && curve.isUnblindedDleqGood(dleq, Y, C, K);
        return { Y, dleq: isGood ? 'holds' : 'fails' };
      }),
  };
}

/** 32 bytes in hex. */
export const scalarHex = (scalar: bigint): string => scalar.toString(16).padStart(64, '0');
