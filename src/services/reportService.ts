import { randomBytes } from 'node:crypto';
import type { Logger } from '../logger.ts';
import type { ReportDraft } from '../models/report.ts';
import { redact, redactText } from '../redaction.ts';
import { isDatabaseAway, isOutcomeUnknown } from '../repositories/databaseErrors.ts';
import type { Incident, ReportRepository } from '../repositories/reports.ts';
import type { ReportService } from './contracts.ts';
import { createReportQueue } from './reportQueue.ts';

const writeLimitMs = 1_000;
const maxWaiting = 1_000;

type Parts = { reports: ReportRepository; logger: Logger; now: () => Date; retryMs?: number };

/** `stop` makes one last attempt to write what waits. */
export type StoppableReportService = ReportService & { stop(): Promise<void> };

/**
 * Error reports. Whoever files one is in trouble already, so filing never throws and never waits for more than a
 * second: what cannot be written now waits in memory and is tried again every second.
 */
export function createReportService({
  reports,
  logger,
  now,
  retryMs = 1_000,
}: Parts): StoppableReportService {
  const queue = createReportQueue(maxWaiting);
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> | undefined;

  async function file({ requestId, ...draft }: ReportDraft): Promise<string> {
    const incident = incidentOf(draft, requestId, now());
    const written = isAway() ? 'later' : await attempt(async () => reports.file(incident));
    if (written === 'never') return incident.supportId;
    if (written !== 'later') return written.value;
    const supportId = queue.addIncident(draft.dedupeKey, incident);
    if (supportId === null) logger.error('report lost: too many wait for the database', { incident });
    retryLater();
    return supportId ?? incident.supportId;
  }

  async function close(dedupeKey: string, how: string): Promise<void> {
    const at = now();
    const closed = isAway() ? 'later' : await attempt(() => reports.close(dedupeKey, how, at));
    if (closed !== 'later') return;
    const isKept = queue.addClosing(dedupeKey, { how, at });
    if (!isKept) logger.error('a report stays open: too many wait for the database', { dedupeKey });
    retryLater();
  }

  /**
   * While something waits, or is just being written, the database is taken to be away: nobody else waits to find that
   * out, and no closing overtakes its incident.
   */
  const isAway = (): boolean => queue.size() > 0 || flushing !== undefined;

  /** One write, within a second. `later`: the database is away; `never`: it refuses, and the log must do. */
  async function attempt<T>(write: () => Promise<T>): Promise<{ value: T } | 'later' | 'never'> {
    try {
      return { value: await withinLimit(write()) };
    } catch (error) {
      if (error instanceof TooSlow || isDatabaseAway(error) || isOutcomeUnknown(error)) return 'later';
      logger.error('a report could not be written', { error });
      return 'never';
    }
  }

  function retryLater(): void {
    timer ??= setInterval(() => void flush(), retryMs).unref();
  }

  function flush(): Promise<void> {
    flushing ??= writeAll().finally(() => {
      flushing = undefined;
    });
    return flushing;
  }

  async function writeAll(): Promise<void> {
    for (let left = queue.size(); left > 0; left -= 1) {
      const next = queue.take();
      if (next === null) break;
      const [dedupeKey, waiting] = next;
      const { incident, otherIds, closing } = waiting;
      const done = await attempt(async () => {
        if (incident !== null) await fileLate(incident, otherIds);
        if (closing !== null) await reports.close(dedupeKey, closing.how, closing.at);
      });
      if (done === 'later') return queue.putBack(dedupeKey, waiting);
    }
    if (queue.size() > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  /** Its supportIds have been told already: they must be found, also where the incident has a report under another. */
  async function fileLate(incident: Incident, otherIds: readonly string[]): Promise<void> {
    const supportId = await reports.file(incident);
    const told = [incident.supportId, ...otherIds].filter((id) => id !== supportId);
    if (told.length > 0) await reports.alsoKnownAs(supportId, told);
  }

  async function stop(): Promise<void> {
    clearInterval(timer);
    await flushing;
    await flush();
    if (queue.size() > 0)
      logger.error('reports lost: the database did not come back', { count: queue.size() });
  }

  return { file, close, stop };
}

function incidentOf(
  draft: Omit<ReportDraft, 'requestId'>,
  requestId: string | undefined,
  at: Date,
): Incident {
  const details = redact(draft.details ?? {});
  const summary = redactText(draft.summary);
  return {
    supportId: `sup_${randomBytes(10).toString('hex')}`,
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

async function withinLimit<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TooSlow()), writeLimitMs);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
