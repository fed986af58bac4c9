import type { TimelineEntry } from '../models/operation.ts';

/** How an operation came to be what it is, the oldest entry first, with times in ISO 8601. */
export const presentTimeline = (timeline: readonly TimelineEntry[]) =>
  timeline.map(({ at, state, event }) => ({ at: at.toISOString(), state, event }));
