import { randomBytes } from 'node:crypto';
import { Amount, type Keyset, type Proof } from '@cashu/cashu-ts';
import { pointAdd } from 'tiny-secp256k1';
import { powersOfTwo } from '../../simulator/mint/amounts.ts';
import { baseTimes, hashToCurve, hexOf } from '../../simulator/mint/curve.ts';
import { curve } from '../../src/services/ecash/curve.ts';

type Output = { amount: number; secret: string; blindingFactor: Uint8Array };

/**
 * Takes a paid mint quote as proofs of powers of two (NUT-04), without JavaScript's curve: wallets are filled before anything is
 * measured, and ten thousand proofs would take cashu-ts minutes.
 * @throws Error with what was answered instead of signatures
 */
export async function takeProofs(
  mintUrl: string,
  { id, keys }: Keyset,
  quote: string,
  amountSat: number,
): Promise<Proof[]> {
  const outputs = powersOfTwo(BigInt(amountSat)).map(newOutput);
  const body = {
    quote,
    outputs: outputs.map((output) => ({ id, amount: output.amount, B_: blinded(output) })),
  };
  const response = await fetch(`${mintUrl}/v1/mint/bolt11`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer: { signatures?: { C_: string }[] } = JSON.parse(await response.text());
  return outputs.map(({ amount, secret, blindingFactor }, index) => {
    const C_ = answer.signatures?.[index]?.C_ ?? '';
    const C = curve.unblindedPoint(C_, hexOf(blindingFactor), keys[amount] ?? '');
    if (C === null) throw new Error(`the mint issued nothing: ${JSON.stringify(answer)}`);
    return { id, amount: Amount.from(amount), secret, C };
  });
}

function newOutput(amount: bigint): Output {
  return { amount: Number(amount), secret: hexOf(randomBytes(32)), blindingFactor: randomBytes(32) };
}

/** B_ = Y + rG (NUT-00). */
function blinded({ secret, blindingFactor }: Output): string {
  const B_ = pointAdd(hashToCurve(Buffer.from(secret)), baseTimes(blindingFactor), true);
  if (B_ === null) throw new Error('a blinding factor that is the opposite of its secret');
  return hexOf(B_);
}
