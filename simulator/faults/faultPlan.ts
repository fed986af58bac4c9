import { createHash, randomInt } from 'node:crypto';
import { limits } from '../limits.ts';
import { malformed } from '../mint/read.ts';
import type { Fault } from './faults.ts';
import { matches, type Rule } from './rules.ts';

type ActiveRule = Rule & { seen: number; met: number };

/** Which fault meets which request. The first rule that is due and lucky wins, and is used up by that. */
export class FaultPlan {
  #rules: ActiveRule[] = [];
  #seed = randomInt(2 ** 32);

  get seed(): number {
    return this.#seed;
  }

  /** A seed decides all draws that follow; without one the earlier stays. */
  add(rules: readonly Rule[], seed: number | null = null): void {
    if (this.#rules.length + rules.length > limits.faultRules)
      malformed(`more than ${limits.faultRules} rules`);
    this.#seed = seed ?? this.#seed;
    this.#rules.push(...rules.map((rule) => ({ ...rule, seen: 0, met: 0 })));
  }

  list(): readonly ActiveRule[] {
    return this.#rules;
  }

  clear(): void {
    this.#rules = [];
  }

  /** The fault for this request, if any. Every matching rule counts the request, also those not due yet. */
  next(method: string, path: string): Fault | null {
    let met: ActiveRule | null = null;
    for (const [index, rule] of this.#rules.entries()) {
      if (isUsedUp(rule) || !matches(rule.match, method, path)) continue;
      rule.seen += 1;
      if (met === null && rule.seen > rule.after && this.#isLucky(rule, index)) met = rule;
    }
    if (met) met.met += 1;
    return met?.fault ?? null;
  }

  /**
   * Draws by seed, place of the rule and number of the request among those that it matched, and by nothing
   * else: what other rules and paths meet in between does not change it.
   */
  #isLucky({ probability, seen }: ActiveRule, index: number): boolean {
    const hash = createHash('sha256').update(`${this.#seed}/${index}/${seen}`).digest();
    return hash.readUIntBE(0, 6) < probability * 2 ** 48;
  }
}

function isUsedUp(rule: ActiveRule): boolean {
  return rule.times !== null && rule.met >= rule.times;
}
