import type { PlannedOutput, Proof } from '../../models/proof.ts';
import {
  type ArithmeticJobs,
  type CheckedProof,
  type Checking,
  createArithmeticJobs,
  type Derivation,
  type Unblinding,
} from './arithmeticJobs.ts';
import { curve } from './curve.ts';

/** The jobs of `ArithmeticJobs`, done so that nobody else waits for them. */
export type EcashArithmetic = {
  /** @throws where the keyset's id is of no known version, or an index is out of its range */
  derive(given: Derivation): Promise<PlannedOutput[]>;
  unblind(given: Unblinding): Promise<(Proof | null)[]>;
  check(given: Checking): Promise<CheckedProof[]>;
};

/** So many items are done without a break: some ten milliseconds. */
const itemsAtOnce = 16;

/** On the thread that everybody shares, which others get in between. */
export function inProcess(jobs: ArithmeticJobs = createArithmeticJobs(curve)): EcashArithmetic {
  return { derive: inTurns(jobs.derive), unblind: inTurns(jobs.unblind), check: inTurns(jobs.check) };
}

function inTurns<G extends { items: readonly unknown[] }, M>(
  job: (given: G) => M[],
): (given: G) => Promise<M[]> {
  return async (given) => {
    const made: M[] = [];
    for (const part of inParts(given)) {
      if (made.length > 0) await new Promise(setImmediate);
      made.push(...job(part));
    }
    return made;
  };
}

/** The same, with at most so many items in each. */
export function inParts<G extends { items: readonly unknown[] }>(given: G): G[] {
  const count = Math.ceil(given.items.length / itemsAtOnce);
  return Array.from({ length: count }, (_, part) => ({
    ...given,
    items: given.items.slice(part * itemsAtOnce, (part + 1) * itemsAtOnce),
  }));
}
