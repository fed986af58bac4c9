import type { Incident } from '../repositories/reports.ts';

/**
 * What is still to be written about one incident: the incident itself, its closing, or both in this order.
 * `otherIds`: supportIds that were told for it besides its own.
 */
export type Waiting = {
  incident: Incident | null;
  otherIds: readonly string[];
  closing: { how: string; at: Date } | null;
};

const maxRequestIds = 20;

/** At most `limit` incidents that wait in memory for the database, by dedupe key, oldest first. */
export function createReportQueue(limit: number) {
  const waiting = new Map<string, Waiting>();

  /** Counts an incident in what waits already. @returns the supportId it will be found under, or null where there is no room. */
  function addIncident(dedupeKey: string, incident: Incident): string | null {
    const known = waiting.get(dedupeKey);
    if (known === undefined && waiting.size >= limit) return null;
    const merged = known?.incident ? merge(known.incident, incident) : incident;
    // Met again: whatever cured it earlier, it is not cured.
    waiting.set(dedupeKey, { incident: merged, otherIds: known?.otherIds ?? [], closing: null });
    return merged.supportId;
  }

  /** One of the incidents that wait has been written after all: it need only be found, and is not counted again. */
  function discount(dedupeKey: string): void {
    const known = waiting.get(dedupeKey);
    if (known?.incident)
      waiting.set(dedupeKey, { ...known, incident: { ...known.incident, count: known.incident.count - 1 } });
  }

  /** @returns false where there is no room */
  function addClosing(dedupeKey: string, closing: { how: string; at: Date }): boolean {
    const known = waiting.get(dedupeKey);
    if (known === undefined && waiting.size >= limit) return false;
    waiting.set(dedupeKey, { incident: known?.incident ?? null, otherIds: known?.otherIds ?? [], closing });
    return true;
  }

  /** Takes the oldest one out, to be written. */
  function take(): [dedupeKey: string, Waiting] | null {
    const [oldest] = waiting;
    if (oldest === undefined) return null;
    waiting.delete(oldest[0]);
    return oldest;
  }

  /** Puts back what could not be written, before what came in meanwhile. */
  function putBack(dedupeKey: string, older: Waiting): void {
    const newer = waiting.get(dedupeKey);
    waiting.set(dedupeKey, newer === undefined ? older : join(older, newer));
  }

  return {
    addIncident,
    discount,
    addClosing,
    take,
    putBack,
    size: () => waiting.size,
    hasIncident: (dedupeKey: string) => Boolean(waiting.get(dedupeKey)?.incident),
  };
}

function join(older: Waiting, newer: Waiting): Waiting {
  const { closing } = newer;
  const otherIds = [...older.otherIds, ...newer.otherIds];
  if (newer.incident === null) return { incident: older.incident, otherIds, closing };
  if (older.incident === null) return { incident: newer.incident, otherIds, closing };
  return {
    incident: merge(older.incident, newer.incident),
    otherIds: [...otherIds, newer.incident.supportId],
    closing,
  };
}

/** The older one's supportId was told first and stays; of the mint's backend counts what was told last. */
function merge(older: Incident, newer: Incident): Incident {
  const { backendTrouble } = newer.draft.details ?? {};
  const details = { ...older.draft.details, backendTrouble };
  return {
    ...older,
    draft: backendTrouble === undefined ? older.draft : { ...older.draft, details },
    count: older.count + newer.count,
    lastAt: newer.lastAt,
    requestIds: [...older.requestIds, ...newer.requestIds].slice(-maxRequestIds),
  };
}
