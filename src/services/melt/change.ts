import { createHash } from 'node:crypto';
import { attemptsFor, type MeltOperation, type MeltPayment, meltInputs } from '../../models/operation.ts';
import { type BlindSignature, type Proof, sumAmounts } from '../../models/proof.ts';
import { unblindByPosition, unblindRestored } from '../ecash/outputs.ts';
import type { MeltQuoteReply } from '../mint/gateway.ts';
import type { KeysetKeys } from '../mint/keysets.ts';
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
/** An empty `change` on the quote is only believed this long after the payment: some mints sign after they commit. */
const emptyBelievedAfterMs = 60_000;

/** The least change that must come: what was paid in beyond amount, fee reserve and input fee. */
export function minimumChange(operation: MeltOperation): bigint {
  return (
    sumAmounts(meltInputs(operation)) -
    operation.meltInputFee -
    operation.quote.amount -
    operation.quote.feeReserve
  );
}

/**
 * Gathers the Lightning change of a paid melt (NUT-08): from the stored reply, else from the quote, else by NUT-09. Only
 * what verifies counts; by position where a DLEQ verifies there, otherwise by the name that NUT-09 gives.
 */
export async function collectChange(
  operation: MeltOperation,
  mint: Mint,
  seenQuote: MeltQuoteReply | null,
  now: Date,
): Promise<CollectedChange> {
  const attempt = attemptsFor(operation, 'melt').at(-1);
  const blanks = attempt?.outputs ?? [];
  const [firstBlank] = blanks;
  if (attempt === undefined || firstBlank === undefined)
    return { proofs: [], complete: true, unverified: 0, answered: true };
  const keys = await mint.keysets.keys(firstBlank.keysetId);
  if (keys.kind !== 'answer') return { proofs: [], complete: false, unverified: 0, answered: false };

  const replied = attempt.reply === null ? null : readMelt(attempt.reply);
  const inReply = replied?.kind === 'paid' ? replied.change : null;
  const enough = (proofs: readonly Proof[]) => sumAmounts(proofs) >= minimumChange(operation);
  if (inReply !== null && inReply.length > 0) {
    const { proofs, unverified } = unblindByPosition(blanks, inReply, keys.value);
    const found = proofs.map(({ proof }) => proof);
    if (unverified === 0 && enough(found))
      return { proofs: found, complete: true, unverified: 0, answered: true };
  }
  const onQuote = seenQuote?.change ?? (await changeOnQuote(operation, mint));
  const restored = await mint.gateway.restore(blanks);
  const byName = restored.kind === 'answer' ? unblindRestored(blanks, restored.value, keys.value) : null;
  const found = { ...best(byName, onQuote, blanks, keys.value), answered: byName !== null };
  if (found.proofs.length > 0) return { ...found, complete: found.unverified === 0 && enough(found.proofs) };

  const paidForMs = now.getTime() - (operation.payment?.paidAt ?? now).getTime();
  const saidNone = inReply?.length === 0 || (onQuote?.length === 0 && paidForMs >= emptyBelievedAfterMs);
  const nothingDue = saidNone && byName !== null && byName.unverified === 0 && enough([]);
  return { ...found, complete: nothingDue };
}

async function changeOnQuote(operation: MeltOperation, mint: Mint): Promise<BlindSignature[] | null> {
  const answer = await mint.gateway.meltQuote(operation.quote.id);
  return answer.kind === 'answer' && answer.value.state === 'PAID' ? answer.value.change : null;
}

type Blanks = Parameters<typeof unblindByPosition>[0];

/** What NUT-09 names, or what verifies by position on the quote: whichever is more. */
function best(
  byName: ReturnType<typeof unblindRestored> | null,
  onQuote: BlindSignature[] | null,
  blanks: Blanks,
  keys: KeysetKeys,
): Pick<CollectedChange, 'proofs' | 'unverified'> {
  const byPosition = onQuote === null ? null : unblindByPosition(blanks, onQuote, keys);
  const named = byName?.proofs.map(({ proof }) => proof) ?? [];
  const placed = byPosition?.proofs.map(({ proof }) => proof) ?? [];
  const proofs = sumAmounts(named) >= sumAmounts(placed) ? named : placed;
  const signed = Math.max(onQuote?.length ?? 0, (byName?.proofs.length ?? 0) + (byName?.unverified ?? 0));
  return { proofs, unverified: Math.max(0, signed - proofs.length) };
}

/** The proof of payment as the mint gave it. A missing or wrong preimage does not undo the payment. */
export function paymentFrom(operation: MeltOperation, preimage: string | null, now: Date): MeltPayment {
  const isHex = preimage !== null && /^[0-9a-f]{64}$/i.test(preimage);
  const preimageVerified =
    isHex &&
    createHash('sha256').update(Buffer.from(preimage, 'hex')).digest('hex') === operation.paymentHash;
  return { preimage, preimageVerified, paidAt: operation.payment?.paidAt ?? now };
}
