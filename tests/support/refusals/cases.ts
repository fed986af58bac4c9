import type { ErrorCode } from '../../../src/models/errors.ts';
import type { Severity } from '../../../src/models/report.ts';
import type { Json } from '../world.ts';
import type { Stage } from './stage.ts';
import type { Answer } from './wire.ts';

/** One way to meet one refusal. */
export type RefusalCase = {
  code: ErrorCode;
  what: string;
  provoke(stage: Stage): Promise<Answer>;
  /** What its `detail` says, apart from what every detail must say. */
  says: RegExp;
  /** Members beside those of every problem: these and no others. */
  members?: Json | (() => Json);
  /** Where the contract leaves a choice. */
  severity?: Severity;
  retryable?: true;
  /** Where the seed's clients read another `error` than the title. */
  error?: string;
  /** For requests that never became one; else that of the contract. */
  status?: number;
  /**
   * `untouched` (unless said): no token, operation, payment or idempotency key is other than before.
   * `settled`: once everything has come to its end, nothing is reserved and all books agree.
   * `open`: what was begun ends later; that it ends well is seen when all of the file is over.
   */
  leaves?: 'untouched' | 'settled' | 'open';
  /** What else must be so, or must be cleared away. */
  afterwards?(stage: Stage, answer: Answer): Promise<void>;
};

/** Cases that differ in a value only. */
export function casesOf<Row>(rows: readonly Row[], of: (row: Row) => RefusalCase): RefusalCase[] {
  return rows.map(of);
}

/** For `it.each`: each case under its name. */
export const byName = (cases: readonly RefusalCase[]): [string, RefusalCase][] =>
  cases.map((refusal) => [`${refusal.code}: ${refusal.what}`, refusal]);
