export function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}

export function ceilDivide(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

/** NUT-02: the fees of all inputs together, rounded up once. */
export function inputFee(feesPpk: Iterable<number>): bigint {
  let totalPpk = 0n;
  for (const feePpk of feesPpk) totalPpk += BigInt(feePpk);
  return ceilDivide(totalPpk, 1000n);
}

/** The powers of two that make up an amount, smallest first. */
export function powersOfTwo(amount: bigint): bigint[] {
  const powers: bigint[] = [];
  for (let power = 1n; power <= amount; power <<= 1n) {
    if ((amount & power) !== 0n) powers.push(power);
  }
  return powers;
}

/** JSON numbers end at 2^53 - 1; more than that never leaves silently rounded. */
export function jsonNumber(amount: bigint): number {
  const number = Number(amount);
  if (!Number.isSafeInteger(number)) throw new Error(`${amount} does not fit into a JSON number`);
  return number;
}
