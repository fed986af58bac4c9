import type { Attempt } from '../../models/operation.ts';
import type { BlindSignature, PlannedOutput } from '../../models/proof.ts';
import type { MintGateway, RestoredOutput } from '../mint/gateway.ts';
import type { Mint } from '../mint/mints.ts';
import { readSigned } from '../mint/replies.ts';
import type { EcashArithmetic } from './arithmetic.ts';
import { type Unblinded, unblindByPosition, unblindRestored } from './unblinding.ts';

/** What became of outputs that a mint was asked to sign, in one exchange of all or nothing. */
export type Redemption =
  | { kind: 'proofs'; redeemed: Unblinded['proofs'] }
  | { kind: 'unreachable' }
  /** The mint has signed none of them. */
  | { kind: 'unsigned' }
  /** It has, and what it shows does not verify. One look proves nothing: mints err, and replies are tampered with. */
  | { kind: 'unverified' };

/**
 * Everything that one exchange promised, verified, or nothing: from the latest attempt's reply where every DLEQ verifies in
 * place, else by NUT-09 for whichever attempt the mint has signed. `restored`: an answer of NUT-09 already in hand.
 */
export async function redeem(
  attempts: readonly Attempt[],
  mint: Mint,
  arithmetic: EcashArithmetic,
  restored: readonly RestoredOutput[] = [],
): Promise<Redemption> {
  const replied = await fromReply(attempts.at(-1), mint, arithmetic);
  return replied ?? byRestoring(attempts, mint, arithmetic, restored);
}

async function fromReply(
  attempt: Attempt | undefined,
  mint: Mint,
  arithmetic: EcashArithmetic,
): Promise<Redemption | null> {
  const reply = attempt?.reply ? readSigned(attempt.reply) : null;
  if (attempt === undefined || reply?.kind !== 'signed') return null;
  const keys = await mint.keysets.keys(attempt.keysetId);
  if (keys.kind !== 'answer') return { kind: 'unreachable' };
  const { outputs } = attempt;
  const { proofs, unverified } = await unblindByPosition(outputs, reply.signatures, keys.value, arithmetic);
  const whole = unverified === 0 && proofs.length === outputs.length;
  return whole ? { kind: 'proofs', redeemed: proofs } : null;
}

async function byRestoring(
  attempts: readonly Attempt[],
  mint: Mint,
  arithmetic: EcashArithmetic,
  inHand: readonly RestoredOutput[],
): Promise<Redemption> {
  const outputs = attempts.flatMap((attempt) => attempt.outputs);
  const restored =
    inHand.length > 0 ? { kind: 'answer' as const, value: inHand } : await mint.gateway.restore(outputs);
  if (restored.kind !== 'answer') return { kind: 'unreachable' };
  const names = new Set(restored.value.map(({ B_ }) => B_));
  const signed = attempts.find((attempt) => attempt.outputs.some(({ B_ }) => names.has(B_)));
  if (signed === undefined) return { kind: 'unsigned' };
  const keys = await mint.keysets.keys(signed.keysetId);
  if (keys.kind !== 'answer') return { kind: 'unreachable' };
  const ours = restored.value.filter(({ B_ }) => signed.outputs.some((output) => output.B_ === B_));
  const confirmed = await confirm(ours, signed.outputs, heardIn(attempts), mint.gateway);
  if (confirmed === null) return { kind: 'unreachable' };
  const { proofs } = await unblindRestored(signed.outputs, confirmed, keys.value, arithmetic);
  return proofs.length === signed.outputs.length
    ? { kind: 'proofs', redeemed: proofs }
    : { kind: 'unverified' };
}

/**
 * A signature that brings a DLEQ proof is checked by it (NUT-12). One without cannot be: it counts where two answers of the
 * mint agree on it, and on the output that it belongs to. `heard`: an earlier answer, by `pairsOf`.
 * @returns what is confirmed; null when the mint could not be asked again.
 */
export async function confirm(
  restored: readonly RestoredOutput[],
  outputs: readonly PlannedOutput[],
  heard: ReadonlySet<string>,
  gateway: MintGateway,
): Promise<RestoredOutput[] | null> {
  const isConfirmed = ({ B_, signature }: RestoredOutput) =>
    signature.dleq !== undefined || heard.has(pair(B_, signature.C_));
  if (restored.every(isConfirmed)) return [...restored];
  const second = await gateway.restore(outputs);
  if (second.kind !== 'answer') return null;
  const agreed = new Map(second.value.map(({ B_, signature }) => [B_, signature.C_]));
  return restored.filter((one) => isConfirmed(one) || agreed.get(one.B_) === one.signature.C_);
}

/** What a list of signatures says by its order: which output each of them belongs to. */
export function pairsOf(
  outputs: readonly PlannedOutput[],
  signatures: readonly BlindSignature[],
): Set<string> {
  return new Set(signatures.map(({ C_ }, position) => pair(outputs[position]?.B_ ?? '', C_)));
}

const pair = (B_: string, C_: string): string => `${B_} ${C_}`;

function heardIn(attempts: readonly Attempt[]): Set<string> {
  const pairs = attempts.flatMap(({ reply, outputs }) => {
    const reading = reply === null ? null : readSigned(reply);
    return reading?.kind === 'signed' ? [...pairsOf(outputs, reading.signatures)] : [];
  });
  return new Set(pairs);
}
