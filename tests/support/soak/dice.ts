import { createHash } from 'node:crypto';

/** Draws that follow from a seed. What happens between them does not: real processes keep no order. */
export type Dice = {
  chance(probability: number): boolean;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
};

export function createDice(seed: string): Dice {
  let draws = 0;
  const draw = (): number => {
    draws += 1;
    return createHash('sha256').update(`${seed}/${draws}`).digest().readUIntBE(0, 6) / 2 ** 48;
  };
  return {
    chance: (probability) => draw() < probability,
    between: (least, most) => least + Math.floor(draw() * (most - least + 1)),
    pick: (from) => from[Math.floor(draw() * from.length)] ?? from[0],
  };
}
