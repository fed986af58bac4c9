import { sumAmounts } from '../../models/proof.ts';
import type { UpkeepReason } from '../../models/upkeep.ts';
import { inputFee } from '../ecash/amounts.ts';
import { usefulParts } from '../exchange/plans.ts';
import type { Candidate } from '../melt/selection.ts';
import type { KeysetInfo } from '../mint/keysets.ts';
import type { OutputKeyset } from '../operations/swapRequests.ts';

/** What should be swapped, why, and for which fee. */
export type Chosen = { reason: UpkeepReason; inputs: Candidate[]; fee: bigint };

/** What expires sooner than this is swapped. */
const expiresSoonMs = 30 * 24 * 3_600_000;
/** From so many proofs on they are put together where that costs nothing, … */
const manyProofs = 200;
/** … and from so many on in any case: one request takes 500. */
const tooManyProofs = 400;
/** So many are swapped at once. */
const atOnce = 250;
/** An inactive keyset that stays is no danger: its ecash is moved for little, that of one which ends for whatever it costs. */
const mostFeePercent = 10n;

/**
 * Which of a wallet's proofs would better be others: those of keysets that retire, the most valuable first, or else the smallest
 * where there are too many. None that is worth less than spending it costs, and none that has expired. `isUrgent`: a payment
 * fails for want of it. Null where all is well.
 */
export function chooseUpkeep(
  candidates: readonly Candidate[],
  given: {
    listed: ReadonlyMap<string, KeysetInfo>;
    target: OutputKeyset;
    isUrgent: boolean;
    nowMs: number;
  },
): Chosen | null {
  const { listed, target, isUrgent, nowMs } = given;
  const worthIt = candidates
    .filter(({ amount, feePpk }) => amount * 1_000n > feePpk)
    .filter(({ keysetId }) => endMsOf(listed.get(keysetId)) > nowMs)
    .sort(smallestFirst);
  const retiring = worthIt.filter(({ keysetId }) => retires(listed.get(keysetId), target, nowMs));
  const oldest = of('retiring', retiring.slice(-atOnce));
  const endsSoon = ({ keysetId }: Candidate) => expiresSoon(listed.get(keysetId), nowMs);
  if (!isUrgent && oldest !== null && (isCheap(oldest) || oldest.inputs.some(endsSoon))) return oldest;
  const scattered = of('scattered', worthIt.slice(0, atOnce));
  if (scattered === null || !isFewer(scattered, target)) return isUrgent ? oldest : null;
  const many = scattered.fee === 0n ? manyProofs : tooManyProofs;
  return worthIt.length > many ? scattered : null;
}

function of(reason: UpkeepReason, inputs: Candidate[]): Chosen | null {
  const fee = inputFee(inputs.map(({ feePpk }) => feePpk));
  return sumAmounts(inputs) > fee ? { reason, inputs, fee } : null;
}

const isCheap = ({ inputs, fee }: Chosen): boolean => fee * 100n <= sumAmounts(inputs) * mostFeePercent;

/** Whether half of them would do. */
function isFewer({ inputs, fee }: Chosen, target: OutputKeyset): boolean {
  return 2 * usefulParts(sumAmounts(inputs) - fee, target).length <= inputs.length;
}

/** What the mint would sign anew with the same keyset, or one that soon expires and no later, is no better. */
function retires(keyset: KeysetInfo | undefined, target: OutputKeyset, nowMs: number): boolean {
  if (keyset === undefined || keyset.id === target.id) return false;
  if (!expiresSoon(keyset, nowMs)) return !keyset.active && !expiresSoon(target, nowMs);
  return endMsOf(target) > endMsOf(keyset);
}

const expiresSoon = (keyset: Expiring | undefined, nowMs: number): boolean =>
  endMsOf(keyset) - nowMs <= expiresSoonMs;

/** One that the mint does not list, or that names no end, is not known to end. */
const endMsOf = (keyset: Expiring | undefined): number =>
  (keyset?.finalExpiry ?? Number.POSITIVE_INFINITY) * 1_000;

type Expiring = Pick<KeysetInfo, 'finalExpiry'>;

function smallestFirst(a: Candidate, b: Candidate): number {
  if (a.amount !== b.amount) return a.amount < b.amount ? -1 : 1;
  return a.Y < b.Y ? -1 : 1;
}
