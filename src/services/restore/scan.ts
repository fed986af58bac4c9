import type { PlannedOutput } from '../../models/proof.ts';
import type { ScanProgress } from '../../models/wallet.ts';
import { deriveOutput } from '../ecash/outputs.ts';

/** So many outputs go into one question (NUT-09), and so many are taken in hand at once. */
export const batchSize = 100;
/** How far beyond the last known index it is looked: failed operations and unused blanks leave gaps. */
export const gapLimit = 300;
/** How far past the highest signed index a counter is set, out of reach of requests that are still on their way. */
export const counterLead = 1_000;

const outputsBetweenYields = 8;

/**
 * The indices that a scan asks about next, at most 100 and in order; none when it is through: up to 300 past the counter
 * and past the last signature, and again where an earlier recovery will have set the counter, if these books lost that too.
 */
export function nextIndices({ next, lastSigned }: ScanProgress, counter: number): number[] {
  const signedEnd = lastSigned === null ? 0 : lastSigned + 1;
  const near = Math.max(counter, signedEnd) + gapLimit;
  const far = signedEnd + counterLead;
  // What is found before the leap decides how far it goes, so no batch reaches across it.
  if (next < near) return range(next, Math.min(near, next + batchSize));
  if (lastSigned === null) return [];
  const from = Math.max(next, far);
  return range(from, Math.min(far + gapLimit, from + batchSize));
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, offset) => from + offset);

/** Derives outputs of any amount at these indices, letting others have the event loop in between. */
export async function deriveBlanks(
  seed: Uint8Array,
  keysetId: string,
  indices: readonly number[],
): Promise<PlannedOutput[]> {
  const outputs: PlannedOutput[] = [];
  for (const index of indices) {
    outputs.push(deriveOutput(seed, keysetId, index, { role: 'blank', amount: 0n }));
    if (outputs.length % outputsBetweenYields === 0) await yieldToOthers();
  }
  return outputs;
}

const yieldToOthers = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
