import type { Operation } from './operation.ts';
import type { Severity } from './report.ts';

/** What a question to the database came to, and when it was asked. */
export type Counted<T> = { at: Date; value: T };

/**
 * How much there is of what, in the whole database; for metrics. Each question is answered by itself: null where its answer is
 * not known. Amounts in the unit that is named.
 */
export type Standing = {
  operations: Counted<readonly OperationCount[]> | null;
  /** Open ones. */
  reports: Counted<readonly { severity: Severity; count: number }[]> | null;
  /** Audit events that have no seal yet. */
  unsealed: Counted<number> | null;
  /** Wallets that are being recovered, or wait for it. */
  recovering: Counted<number> | null;
  solvency: Counted<readonly SolvencyCount[]> | null;
};

/** Those that have not ended, or wait for a person. */
export type OperationCount = { kind: Operation['kind']; state: string; count: number; oldestAt: Date };

export type SolvencyCount = {
  mintUrl: string;
  unit: string;
  wallets: number;
  /** Of these, never held against the mint as a whole. */
  unverified: number;
  /** Of these, those whose books and mint differ: gaps of two wallets may cancel out in the sums. */
  withGap: number;
  booked: bigint;
  verified: bigint;
  /** When that wallet was verified whose last verification is the longest ago; null where none ever was. */
  oldestAt: Date | null;
};
