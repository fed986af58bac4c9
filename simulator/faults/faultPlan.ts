import { limits } from '../limits.ts';
import { malformed } from '../mint/read.ts';
import { type Fault, matches, type Rule } from './rules.ts';

type ActiveRule = Rule & { seen: number; met: number };

/** Which fault meets which request. The first rule that is due wins, and is used up by that. */
export class FaultPlan {
  #rules: ActiveRule[] = [];

  add(rules: readonly Rule[]): void {
    if (this.#rules.length + rules.length > limits.faultRules)
      malformed(`more than ${limits.faultRules} rules`);
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
    let due: ActiveRule | null = null;
    for (const rule of this.#rules) {
      if (isUsedUp(rule) || !matches(rule.match, method, path)) continue;
      rule.seen += 1;
      if (due === null && rule.seen > rule.after) due = rule;
    }
    if (due) due.met += 1;
    return due?.fault ?? null;
  }
}

function isUsedUp(rule: ActiveRule): boolean {
  return rule.times !== null && rule.met >= rule.times;
}
