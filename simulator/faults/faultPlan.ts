import { createHash, randomInt } from 'node:crypto';
import { limits } from '../limits.ts';
import { malformed } from '../mint/read.ts';
import type { Fault } from './faults.ts';
import { matches, type Rule } from './rules.ts';

/**
 * A rule that is in force. `id` is never given twice. Of the requests that it has `seen` it `met` some, and `changed` so many:
 * with these the mint did or answered something else than it would have.
 */
export type ActiveRule = Rule & { id: number; seen: number; met: number; changed: number };

/** A fault that a request has met; whoever carries it out says, at most once, that it made a difference. */
export type Encounter = { fault: Fault; changed: () => void };

/** Which fault meets which request. The first rule that is due and lucky wins, and is used up by that. */
export class FaultPlan {
  #rules: ActiveRule[] = [];
  #seed = randomInt(2 ** 32);
  #lastId = 0;

  get seed(): number {
    return this.#seed;
  }

  /** A seed decides all draws that follow; without one the earlier stays. @returns the ids of these rules, in their order */
  add(rules: readonly Rule[], seed: number | null = null): number[] {
    if (this.#rules.length + rules.length > limits.faultRules)
      malformed(`more than ${limits.faultRules} rules`);
    this.#seed = seed ?? this.#seed;
    const added = rules.map((rule) => ({ ...rule, id: this.#nextId(), seen: 0, met: 0, changed: 0 }));
    this.#rules.push(...added);
    return added.map(({ id }) => id);
  }

  list(): readonly ActiveRule[] {
    return this.#rules;
  }

  clear(): void {
    this.#rules = [];
  }

  /** The fault for this request, if any. Every matching rule counts the request, also those not due yet. */
  next(method: string, path: string): Encounter | null {
    let met: ActiveRule | null = null;
    for (const [index, rule] of this.#rules.entries()) {
      if (isUsedUp(rule) || !matches(rule.match, method, path)) continue;
      rule.seen += 1;
      if (met === null && rule.seen > rule.after && this.#isLucky(rule, index)) met = rule;
    }
    return met === null ? null : encounterWith(met);
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
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

function encounterWith(rule: ActiveRule): Encounter {
  rule.met += 1;
  let isCounted = false;
  return {
    fault: rule.fault,
    changed: () => {
      if (!isCounted) rule.changed += 1;
      isCounted = true;
    },
  };
}

function isUsedUp(rule: ActiveRule): boolean {
  return rule.times !== null && rule.met >= rule.times;
}
