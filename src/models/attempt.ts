import type { BackendTrouble } from './backendTrouble.ts';
import type { PlannedOutput } from './proof.ts';

/** A reply exactly as the mint gave it. It is stored before anything in it is believed. */
export type StoredReply = { httpStatus: number; body: string; at: Date };

export type AttemptPurpose = 'swap' | 'melt' | 'fence' | 'issue' | 'reclaim' | 'redeem';

/**
 * One exact request that may reach the mint any number of times: same bytes, same outputs. Persisted before it first
 * leaves; a changed request is a new attempt with fresh counters.
 */
export type Attempt = {
  number: number;
  purpose: AttemptPurpose;
  keysetId: string;
  outputs: PlannedOutput[];
  requestBody: string;
  posts: number;
  lastPostAt: Date | null;
  endedAt: Date | null;
  reply: StoredReply | null;
  /** NUT error code of a definite refusal; null while none was seen. */
  refusalCode: number | null;
  /** How many of the posts the mint has refused with a definite code. As many as posts: none is under way. */
  refusals: number;
  /** How many it has refused at all, in whatever words. */
  answers: number;
  /** What the mint's words for the latest refusal tell of its backend; null where it answered otherwise, or not. */
  trouble: BackendTrouble | null;
};

/** A request that is planned, and has not left. */
export function unsentAttempt(
  planned: Pick<Attempt, 'number' | 'purpose' | 'keysetId' | 'outputs' | 'requestBody'>,
): Attempt {
  return {
    ...planned,
    posts: 0,
    lastPostAt: null,
    endedAt: null,
    reply: null,
    refusalCode: null,
    refusals: 0,
    answers: 0,
    trouble: null,
  };
}

/** An attempt as it stands once its request is on its way again. */
export function posted(of: Attempt, at: Date): Attempt {
  return { ...of, posts: of.posts + 1, lastPostAt: at, endedAt: null };
}
