import type { Operation } from './operation.ts';
import type { Severity } from './report.ts';

/** How much there is of what, in the whole database, as of one moment; for metrics. Amounts in the unit that is named. */
export type Standing = {
  at: Date;
  operations: readonly { kind: Operation['kind']; state: string; count: number; oldestAt: Date }[];
  openReports: readonly { severity: Severity; count: number }[];
  /** Audit events that have no seal yet. */
  unsealedEvents: number;
  /** Wallets that are being recovered, or wait for it. */
  recovering: number;
  solvency: readonly {
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
  }[];
};
