import type { BackendTrouble } from '../../models/backendTrouble.ts';
import type { OperationStory } from '../../models/operation.ts';
import type { ErrorReport, ReportStatus, Resolution, Severity } from '../../models/report.ts';
import type { TransactionStatus } from '../../models/transaction.ts';
import type { Advice } from '../mint/backendTrouble.ts';
import type { PlainWords } from './plainWords.ts';

/** Which reports are asked for; undefined = any. */
export type ReportQuery = {
  limit: number;
  cursor: string | undefined;
  severity: Severity | undefined;
  status: ReportStatus | undefined;
  code: string | undefined;
  npub: string | undefined;
  /** Only what was met at this moment or later. */
  since: Date | undefined;
};

export type ReportPage = { reports: ErrorReport[]; limit: number; nextCursor: string | null };

/** An operation as support sees it. `status` is what its owner is told; null of upkeep. */
export type OperationView = OperationStory & { status: TransactionStatus | null; money: string };

/** A report with what it means. `operation`: null where it is about none, or about one that was never stored. */
export type ReportView = {
  report: ErrorReport;
  words: PlainWords;
  operation: OperationView | null;
  backend: BackendView | null;
};

/** A known trouble of the mint's backend, by the mint's own words, while the report is not over; `toldAt`: when it said so. */
export type BackendView = Advice & { trouble: BackendTrouble; toldAt: Date };

/** Who of support acts, by the key that the request came with, and in which request. */
export type Actor = { keyId: string; label: string; requestId: string };

/** `already`: somebody has resolved it before, and that is what is told; nothing was written. */
export type ResolutionView = { report: ErrorReport; resolution: Resolution; already: boolean };

/**
 * What came of having an operation looked at. `BUSY`: somebody is at it just now. `STILL_ASKING`: the mint takes its time, and the
 * look goes on. `NEEDS_DECISION`, `ENDED_BEFORE`, `MINT_NOT_CONFIGURED`: the mint was not asked.
 */
export const recheckOutcomes = [
  'LOOKED_AT',
  'STILL_ASKING',
  'BUSY',
  'ENDED_BEFORE',
  'NEEDS_DECISION',
  'MINT_NOT_CONFIGURED',
] as const;
export type RecheckOutcome = (typeof recheckOutcomes)[number];

/** `mintAnsweredMsAgo`: when its mint was last heard; null = never by this process. */
export type RecheckView = {
  outcome: RecheckOutcome;
  operation: OperationView;
  mintAnsweredMsAgo: number | null;
};

/** `fence`: its ecash is to be taken back by a swap. `write_off`: it is given up. */
export const decisions = ['fence', 'write_off'] as const;
export type Decision = (typeof decisions)[number];

/** `state`: the one in which whoever decides has seen the operation; undefined = whatever it is. */
export type DecisionWish = { decision: Decision; note: string; state: string | undefined };

/** `DECIDED_BEFORE`: that stands already, and nothing was written. `rechecked`: null where there was nothing to look at. */
export const decisionOutcomes = ['DECIDED', 'DECIDED_BEFORE'] as const;
export type DecisionView = Omit<RecheckView, 'outcome'> & {
  decision: Decision;
  outcome: (typeof decisionOutcomes)[number];
  rechecked: RecheckOutcome | null;
};

export type SupportService = {
  /** Reports, those that were met last first. @throws DomainError VALIDATION_ERROR for a cursor that is none */
  list(query: ReportQuery): Promise<ReportPage>;
  /** By any supportId that was ever told for it. @throws DomainError REPORT_NOT_FOUND */
  get(supportId: string): Promise<ReportView>;
  /** Calls a report dealt with. If it is met again afterwards, it is open again. @throws DomainError REPORT_NOT_FOUND */
  resolve(supportId: string, note: string, actor: Actor): Promise<ResolutionView>;
  /** Asks the mint now and advances an operation of any wallet as far as it goes. @throws DomainError TRANSACTION_NOT_FOUND */
  recheck(transactionId: string, actor: Actor): Promise<RecheckView>;
  /**
   * Decides about an operation that waits for a person, or has been open for over an hour.
   * @throws DomainError TRANSACTION_NOT_FOUND, DECISION_NOT_POSSIBLE
   */
  decide(transactionId: string, wish: DecisionWish, actor: Actor): Promise<DecisionView>;
};
