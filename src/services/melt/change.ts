import { createHash } from 'node:crypto';
import { attemptsFor, type MeltOperation, type MeltPayment, meltInputs } from '../../models/operation.ts';
import { type BlindSignature, type PlannedOutput, type Proof, sumAmounts } from '../../models/proof.ts';
import type { EcashArithmetic } from '../ecash/arithmetic.ts';
import { confirm, pairsOf } from '../ecash/redemption.ts';
import { type Unblinded, unblindByPosition, unblindRestored } from '../ecash/unblinding.ts';
import type { MeltQuoteReply, RestoredOutput } from '../mint/gateway.ts';
import type { Mint } from '../mint/mints.ts';
import { readMelt } from '../mint/replies.ts';

/** What came back of the fee reserve. `complete`: the mint has said all that it will say. */
export type CollectedChange = {
  proofs: Proof[];
  complete: boolean;
  unverified: number;
  /** Whether the mint could be asked: silence is no answer, and never ends the waiting. */
  answered: boolean;
};

/** How long after the payment change is still asked for. */
export const changeWaitMs = 24 * 3_600_000;
/** What a mint does not show is only believed missing this long after the payment: some mints sign after they commit. */
const silenceBelievedAfterMs = 60_000;

/** The least change that must come: what was paid in beyond amount, fee reserve and input fee. */
export function minimumChange(operation: MeltOperation): bigint {
  return (
    sumAmounts(meltInputs(operation)) -
    operation.meltInputFee -
    operation.quote.amount -
    operation.quote.feeReserve
  );
}

/** The most change that is due: everything beyond amount and input fee, where Lightning took no fee. */
export function maximumChange(operation: MeltOperation): bigint {
  return minimumChange(operation) + operation.quote.feeReserve;
}

/**
 * Gathers the Lightning change of a paid melt (NUT-08): from the stored reply, from the quote and by NUT-09, together with
 * what had verified earlier. Only what verifies counts: by position where a DLEQ verifies there, else by the name that
 * NUT-09 gives.
 */
export async function collectChange(
  operation: MeltOperation,
  mint: Mint,
  arithmetic: EcashArithmetic,
  seenQuote: MeltQuoteReply | null,
  now: Date,
): Promise<CollectedChange> {
  const attempt = attemptsFor(operation, 'melt').at(-1);
  const blanks = attempt?.outputs ?? [];
  const [firstBlank] = blanks;
  if (attempt === undefined || firstBlank === undefined)
    return { ...nothingYet, complete: true, answered: true };
  const keys = await mint.keysets.keys(firstBlank.keysetId);
  if (keys.kind !== 'answer') return { ...nothingYet, proofs: operation.change };

  const placed = async (listed: BlindSignature[] | null) =>
    (await unblindByPosition(blanks, listed ?? [], keys.value, arithmetic)).proofs;
  const replied = attempt.reply === null ? null : readMelt(attempt.reply);
  const inReply = replied?.kind === 'paid' ? replied.change : null;
  const named = await placed(inReply);
  const fromReply = union(operation.change, proofsOf(named));
  const whole = inReply !== null && inReply.length > 0 && fromReply.length >= inReply.length;
  // The most that can come has come. Less may be Lightning fees, or a mint that left some out: NUT-09 tells.
  if (whole && sumAmounts(fromReply) >= maximumChange(operation))
    return judged(operation, fromReply, { named: inReply.length, answered: true, agrees: true });

  const onQuote = seenQuote?.change ?? (whole ? null : await changeOnQuote(operation, mint));
  const heard = [...pairsOf(blanks, inReply ?? []), ...pairsOf(blanks, onQuote ?? [])];
  const relied = await restoredChange(mint, blanks, new Set(heard));
  const byName = relied === null ? null : await unblindRestored(blanks, relied, keys.value, arithmetic);
  const placedNow = [...named, ...(await placed(onQuote))];
  const all = union(fromReply, proofsOf(placedNow), byName === null ? [] : proofsOf(byName.proofs));
  const count = Math.max(inReply?.length ?? 0, onQuote?.length ?? 0);
  const answered = byName !== null;
  const paidForMs = now.getTime() - (operation.payment?.paidAt ?? now).getTime();
  if (all.length > 0 || count > 0 || (byName?.unverified ?? 0) > 0) {
    const unnamed = byName === null ? 0 : byName.proofs.length + byName.unverified;
    const isKnown = (B_: string) => relied?.some((one) => one.B_ === B_) ?? false;
    const agrees = placedNow.every(({ output }) => isKnown(output.B_)) || paidForMs >= silenceBelievedAfterMs;
    const said = { named: Math.max(count, unnamed), answered, agrees: answered && agrees };
    return judged(operation, all, { ...said, listed: count > 0 });
  }
  const saidNone = inReply?.length === 0 || (onQuote?.length === 0 && paidForMs >= silenceBelievedAfterMs);
  return { ...nothingYet, complete: saidNone && answered && minimumChange(operation) <= 0n, answered };
}

const proofsOf = (placed: Unblinded['proofs']): Proof[] => placed.map(({ proof }) => proof);

const nothingYet: CollectedChange = { proofs: [], complete: false, unverified: 0, answered: false };

/**
 * Complete where the mint listed its change, NUT-09 agrees and all of it is in hand, or, where only NUT-09 knows of it, when
 * two looks in a row found the same: a mint may sign one output after the other. More than can be due is only believed with
 * DLEQ.
 */
function judged(
  operation: MeltOperation,
  proofs: Proof[],
  said: { named: number; answered: boolean; agrees: boolean; listed?: boolean },
): CollectedChange {
  const sum = sumAmounts(proofs);
  if (sum > maximumChange(operation) && proofs.some(({ dleq }) => dleq === undefined)) {
    return { proofs: operation.change, complete: false, unverified: said.named, answered: said.answered };
  }
  const unverified = Math.max(0, said.named - proofs.length);
  const settled = (said.listed ?? true) || operation.change.length === proofs.length;
  const complete = unverified === 0 && said.agrees && settled && sum >= minimumChange(operation);
  return { proofs, complete, unverified, answered: said.answered };
}

/** Each proof once, by its name. */
function union(...lists: readonly (readonly Proof[])[]): Proof[] {
  return [...new Map(lists.flat().map((proof) => [proof.Y, proof])).values()];
}

/** What NUT-09 knows of the blanks and can be relied on; null when the mint could not be asked. */
async function restoredChange(
  mint: Mint,
  blanks: readonly PlannedOutput[],
  heard: ReadonlySet<string>,
): Promise<RestoredOutput[] | null> {
  const restored = await mint.gateway.restore(blanks);
  return restored.kind === 'answer' ? confirm(restored.value, blanks, heard, mint.gateway) : null;
}

async function changeOnQuote(operation: MeltOperation, mint: Mint): Promise<BlindSignature[] | null> {
  const answer = await mint.gateway.meltQuote(operation.quote.id);
  return answer.kind === 'answer' && answer.value.state === 'PAID' ? answer.value.change : null;
}

/** The proof of payment as the mint gave it. A missing or wrong preimage does not undo the payment. */
export function paymentFrom(operation: MeltOperation, preimage: string | null, now: Date): MeltPayment {
  const preimageVerified = provesPayment(preimage, operation.paymentHash);
  return { preimage, preimageVerified, paidAt: operation.payment?.paidAt ?? now };
}

/** Whether the payment hash is that of the preimage: only the payee could have given it away (BOLT-11). */
export function provesPayment(preimage: string | null, paymentHash: string): boolean {
  if (preimage === null || !/^[0-9a-f]{64}$/i.test(preimage)) return false;
  return createHash('sha256').update(Buffer.from(preimage, 'hex')).digest('hex') === paymentHash;
}
