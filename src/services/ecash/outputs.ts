import { invariant } from '../../models/errors.ts';
import type { OutputRole, PlannedOutput, Proof } from '../../models/proof.ts';
import type { CounterRepository } from '../../repositories/counters.ts';
import type { EcashArithmetic } from './arithmetic.ts';
import { curve } from './curve.ts';
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
export function createOutputFactory(parts: {
  seeds: Pick<Seeds, 'walletSeed'>;
  counters: Pick<CounterRepository, 'take'>;
  arithmetic: EcashArithmetic;
}): OutputFactory {
  const { seeds, counters, arithmetic } = parts;

  return {
    async plan(walletId, keysetId, plans, spare = []) {
      const reused = takeOf(keysetId, plans.length, spare).map((output, at) => ({ ...output, ...plans[at] }));
      const rest = plans.slice(reused.length);
      if (rest.length === 0) return reused;
      const [seed, first] = await Promise.all([
        seeds.walletSeed(walletId),
        counters.take(walletId, keysetId, rest.length),
      ]);
      const items = rest.map((plan, position) => ({ ...plan, counter: first + position }));
      return [...reused, ...(await arithmetic.derive({ seed, keysetId, items }))];
    },
  };
}

/** Takes at most `count` outputs of a keyset out of the spare ones. */
function takeOf(keysetId: string, count: number, spare: PlannedOutput[]): PlannedOutput[] {
  const taken = spare.filter((output) => output.keysetId === keysetId).slice(0, count);
  for (const output of taken) spare.splice(spare.indexOf(output), 1);
  return taken;
}

/** Y = hash_to_curve(secret), compressed hex (NUT-00): how a proof is named. */
export function proofName(secret: string): string {
  return curve.hashToCurve(Buffer.from(secret, 'utf8'));
}

type WireProof = { amount: number; id: string; secret: string; C: string; witness?: string };

/** A proof as it goes to a mint (NUT-00). The DLEQ stays here: to the mint it says nothing, to others it links us. */
export function wireProof(proof: Proof): WireProof {
  const amount = Number(proof.amount);
  invariant(Number.isSafeInteger(amount), 'a proof is too large for JSON');
  const { keysetId: id, secret, C, witness } = proof;
  return { amount, id, secret, C, ...(witness === undefined ? {} : { witness }) };
}
