import type { Config } from '../config.ts';
import type { Logger } from '../logger.ts';
import type { ReportDraft } from '../models/report.ts';
import { supportIdOf } from '../models/supportId.ts';
import { redact, redactText } from '../redaction.ts';
import type { LeftBehind, ReportSpool } from '../repositories/reportSpool.ts';
import type { Incident, ReportRepository } from '../repositories/reports.ts';
import { within } from '../timing.ts';
import type { ReportService } from './contracts.ts';
import { isDatabaseAway, isOutcomeUnknown } from './databaseFaults.ts';
import { oneAtATime } from './operations/rounds.ts';
import { createReportQueue } from './reportQueue.ts';

const writeLimitMs = 1_000;
const maxWaiting = 1_000;
const tidyEveryMs = 2_000;
/** A few hundred each time: what a year has left is gone within hours. */
const forgetEveryMs = 60_000;
const dayMs = 86_400_000;

type Parts = {
  reports: ReportRepository;
  spool: ReportSpool;
  config: Pick<Config, 'reportRetentionDays'>;
  logger: Logger;
  now: () => Date;
  retryMs?: number;
};

/**
 * `start` takes up what processes have left that are no more, and closes reports that time has overtaken; `stop` makes one
 * last attempt to write what waits.
 */
export type RunningReportService = ReportService & {
  start(): void;
  stop(): Promise<void>;
  /** How many incidents wait for the database. */
  waiting(): number;
};

/**
 * Error reports. Whoever files one is in trouble already, so filing never throws and never waits for more than a second
 * and a half: what cannot be written now waits, in memory and in the spool, and is tried again every second.
 */
export function createReportService({
  reports,
  spool,
  config,
  logger,
  now,
  retryMs = 1_000,
}: Parts): RunningReportService {
  const queue = createReportQueue(maxWaiting);
  let timer: NodeJS.Timeout | undefined;
  const lateWrites = new Set<Promise<void>>();
  let tidying: NodeJS.Timeout | undefined;
  let left: LeftBehind[] = [];
  let forgotAtMs = Number.NEGATIVE_INFINITY;
  const flushing = oneAtATime(writeAll);
  /** The one that was taken out of the queue to be written: it waits like the others. */
  let inHand = 0;
  const tidyings = oneAtATime(tidyUp);

  async function file({ requestId, ...draft }: ReportDraft): Promise<string> {
    const incident = incidentOf(draft, requestId, now());
    const write = isAway() ? null : reports.file(incident);
    const written = write === null ? 'later' : await attempt(() => withinLimit(write));
    if (written === 'never') return incident.supportId;
    if (written !== 'later') return written.value;
    const isRepeat = queue.hasIncident(draft.dedupeKey);
    const supportId = queue.addIncident(draft.dedupeKey, incident);
    if (supportId === null) logger.error('report lost: too many wait for the database', { incident });
    if (write !== null) noteIfLate(write, draft.dedupeKey);
    retryLater();
    // Repeats are told the first one's supportId, which is on disk already.
    if (supportId !== null && !isRepeat) await spool.append(incident);
    return supportId ?? incident.supportId;
  }

  /** A write that lasts longer than anybody waits for it may still be done, and must not be counted twice then. */
  function noteIfLate(write: Promise<unknown>, dedupeKey: string): void {
    const late = write
      .then(
        () => queue.discount(dedupeKey),
        () => undefined,
      )
      .finally(() => lateWrites.delete(late));
    lateWrites.add(late);
  }

  async function close(dedupeKey: string, how: string): Promise<void> {
    const at = now();
    const closed = isAway() ? 'later' : await attempt(() => withinLimit(reports.close(dedupeKey, how, at)));
    if (closed !== 'later') return;
    const isKept = queue.addClosing(dedupeKey, { how, at });
    if (!isKept) logger.error('a report stays open: too many wait for the database', { dedupeKey });
    retryLater();
  }

  /**
   * While something waits, or is just being written, the database is taken to be away: nobody else waits to find that
   * out, and no closing overtakes its incident.
   */
  const isAway = (): boolean => queue.size() > 0 || flushing.underWay() !== null;

  /** One write. `later`: the database is away; `never`: it refuses, and the log must do. */
  async function attempt<T>(write: () => Promise<T>): Promise<{ value: T } | 'later' | 'never'> {
    try {
      return { value: await write() };
    } catch (error) {
      if (error instanceof TooSlow || isDatabaseAway(error) || isOutcomeUnknown(error)) return 'later';
      logger.error('a report could not be written', { error });
      return 'never';
    }
  }

  function retryLater(): void {
    timer ??= setInterval(() => {
      spool.showLife();
      void flushing.run();
    }, retryMs).unref();
  }

  async function writeAll(): Promise<void> {
    await Promise.allSettled(lateWrites);
    for (let left = queue.size(); left > 0; left -= 1) {
      const next = queue.take();
      if (next === null) break;
      const [dedupeKey, waiting] = next;
      const { incident, otherIds, closing } = waiting;
      inHand = 1;
      const done = await attempt(async () => {
        if (incident !== null) await fileLate(incident, otherIds);
        if (closing !== null) await reports.close(dedupeKey, closing.how, closing.at);
      });
      inHand = 0;
      if (done === 'later') return queue.putBack(dedupeKey, waiting);
    }
    if (queue.size() > 0) return;
    clearInterval(timer);
    timer = undefined;
    await spool.clear();
  }

  /** Its supportIds have been told already: they must be found, also where the incident has a report under another. */
  async function fileLate(incident: Incident, otherIds: readonly string[]): Promise<void> {
    const supportId = await reports.file(incident);
    const told = [incident.supportId, ...otherIds].filter((id) => id !== supportId);
    if (told.length > 0) await reports.alsoKnownAs(supportId, told);
  }

  function start(): void {
    void spool.check();
    tidying ??= setInterval(() => {
      spool.showLife();
      void tidyings.run();
    }, tidyEveryMs).unref();
    void tidyings.run();
  }

  /** While the database is away, all of this waits for the next time. */
  async function tidyUp(): Promise<void> {
    left.push(...(await spool.takeOver()));
    left = await notWritten(left);
    await attempt(() => reports.closeOfEnded(now()));
    await attempt(forgetOld);
  }

  async function forgetOld(): Promise<void> {
    const { reportRetentionDays: days } = config;
    if (days === 0 || performance.now() - forgotAtMs < forgetEveryMs) return;
    forgotAtMs = performance.now();
    const count = await reports.forgetEnded(new Date(now().getTime() - days * dayMs));
    if (count > 0) logger.info('old reports that were closed or resolved were removed', { count });
  }

  /** Files what was left behind. @returns what must be tried again */
  async function notWritten(files: LeftBehind[]): Promise<LeftBehind[]> {
    const again: LeftBehind[] = [];
    for (const { path, incidents } of files) {
      const waiting = await firstUnwritten(incidents);
      if (waiting < incidents.length) again.push({ path, incidents: incidents.slice(waiting) });
      else await spool.discard(path);
    }
    return again;
  }

  async function firstUnwritten(incidents: Incident[]): Promise<number> {
    for (const [index, incident] of incidents.entries()) {
      const done = await attempt(async () => {
        // It may have been written before that process died.
        if (!(await reports.isOtherId(incident.supportId))) await fileLate(incident, []);
      });
      if (done === 'later') return index;
    }
    return incidents.length;
  }

  async function stop(): Promise<void> {
    clearInterval(timer);
    clearInterval(tidying);
    await attempt(() => withinLimit(Promise.all([flushing.run(), tidyings.underWay()])));
    if (queue.size() > 0)
      logger.error('reports were not written: the database did not come back', { count: queue.size() });
  }

  return { file, close, start, stop, waiting: () => queue.size() + inHand };
}

function incidentOf(
  draft: Omit<ReportDraft, 'requestId'>,
  requestId: string | undefined,
  at: Date,
): Incident {
  const details = redact(draft.details ?? {});
  const summary = redactText(draft.summary);
  return {
    supportId: supportIdOf(draft.dedupeKey, draft.transactionId ?? null),
    draft: {
      ...draft,
      summary,
      details: typeof details === 'object' && details !== null ? { ...details } : {},
    },
    requestIds: requestId === undefined ? [] : [requestId],
    count: 1,
    at,
    lastAt: at,
  };
}

class TooSlow extends Error {}

const withinLimit = <T>(work: Promise<T>): Promise<T> =>
  within(writeLimitMs, work, () => {
    throw new TooSlow();
  });
