import type { DiscrepancyType } from '../../models/discrepancy.ts';
import type { DomainError } from '../../models/errors.ts';
import type { Operation } from '../../models/operation.ts';
import type { Severity } from '../../models/report.ts';

/**
 * The parts of a payment whose durations are told apart. The last four are its transactions (docs/architecture.md): A, B, S, and
 * those that set funds free again.
 */
export const meltPhases = [
  'quote',
  'preflight',
  'selection',
  'swap',
  'mint',
  'reserve',
  'book',
  'book_early',
  'release',
] as const;
export type MeltPhase = (typeof meltPhases)[number];

/** Does `work`, and notes how long it took as part of a payment, and whether it threw. */
export type Timed = <T>(phase: MeltPhase, work: () => Promise<T>) => Promise<T>;

/** Who has compared books and mint: a payment (or a recovery), somebody who asked for it, or the server by itself. */
export const occasions = ['payment', 'reconciliation', 'verification'] as const;
export type Occasion = (typeof occasions)[number];

/** How a request to pay was answered: with the outcome, after waiting in vain, or at once because it had asked for that. */
export const meltAnswers = ['paid', 'pending', 'async'] as const;
export type MeltAnswer = (typeof meltAnswers)[number];

/** What came of a worker's look at an operation; `failed`: it threw. */
export const recoveryResults = ['finished', 'waiting', 'failed'] as const;
export type RecoveryResult = (typeof recoveryResults)[number];

/** What the edge notes of a request. */
export type EdgeMeters = {
  /** `route`: method and pattern, null where none took it. `status`: null where the client was gone before an answer. */
  answered(request: {
    route: string | null;
    status: number | null;
    seconds: number;
    isReplay: boolean;
  }): void;
  refused(error: DomainError, request: { scheme: 'none' | 'nostr' | 'token' | 'key' }): void;
};

/** What is counted where it happens, in this process. Plain functions: none throws, none waits. */
export type Meters = EdgeMeters & {
  timed: Timed;
  /** The first answer to a request to pay; refusals are none. */
  meltAnswered(answer: MeltAnswer): void;
  /** A step of an operation was carried out here. */
  advanced(before: Operation, after: Operation): void;
  recoveryRun(kind: Operation['kind'], result: RecoveryResult): void;
  discrepancies(found: readonly DiscrepancyType[], by: Occasion): void;
  /** Ecash was marked as spent that had been unspent in the books: its mint calls it so. */
  writtenOff(amount: bigint, unit: string): void;
  filed(severity: Severity): void;
  brokenInvariant(where: 'request' | 'worker'): void;
  mintCall(call: {
    mintUrl: string;
    call: string;
    outcome: 'answered' | 'refused' | 'failed' | 'lost';
    seconds: number;
  }): void;
  backendTrouble(mintUrl: string, trouble: string): void;
  /** A transaction has its turn. */
  waitedForTurn(seconds: number): void;
};

export type MetricsService = {
  /** Whether whoever shows this token may read the metrics; null = none was shown. */
  admits(token: string | null): boolean;
  /** All metrics in Prometheus' text format 0.0.4. Answers within a few seconds, whatever the database does. */
  scrape(): Promise<{ contentType: string; text: string }>;
};
