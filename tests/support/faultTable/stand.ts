import { setTimeout as pause } from 'node:timers/promises';
import type { OperationDocument } from '../../../src/models/schemas/operation.ts';
import { startWorld, type World } from '../world.ts';
import { createSentry, type Sentry } from './sentry.ts';

/** What the mint reserves for Lightning fees; all of it comes back as change, in more than one signature. */
export const feeReserve = 3;

const mintTimeoutMs = 500;
const meltTimeoutMs = 700;
/** How long the server waits for an answer, by what it asks for (src/services/mint/courtesy.ts). */
export const patienceMs = {
  information: mintTimeoutMs,
  state: mintTimeoutMs,
  quote: mintTimeoutMs * 1.5,
  exchange: mintTimeoutMs * 2,
  melt: meltTimeoutMs,
};
const answerWithinMs = 700;
const pollMs = 40;
const limitMs = 40_000;
/** So far the clock may be moved ahead in one cell: an operation that waits for longer has a reason for it. */
const aheadPerCellMs = 10_000;

/** A world whose clock (ours and the mint's) can jump, and whose way to the mint is guarded. */
export type Stand = {
  world: World;
  sentry: Sentry;
  jump: (ms: number) => void;
  /** The client has waited as long as it will: what is still open is the worker's. */
  outlastClient: () => void;
  /** Waits until something is so, and has nobody wait for the clock meanwhile. */
  until: (isSo: () => boolean | Promise<boolean>, what: string) => Promise<void>;
  nextCell: () => void;
  /** How often a report was held against the truth: a check that never reads one checks nothing. */
  tally: { reportsRead: number };
};

export async function startStand(): Promise<Stand> {
  const sentry = createSentry();
  let aheadMs = 0;
  let aheadAtStartMs = 0;
  const clock = () => Date.now() + aheadMs;
  const world = await startWorld({
    simulator: { clock, feeReserveMinSat: feeReserve },
    env: {
      CRUCIBLE_ANSWER_WITHIN_MS: String(answerWithinMs),
      CRUCIBLE_FENCE_DELAY_MS: '100',
      CRUCIBLE_MINT_TIMEOUT_MS: String(mintTimeoutMs),
      CRUCIBLE_MELT_TIMEOUT_MS: String(meltTimeoutMs),
      CRUCIBLE_WORKER_INTERVAL_MS: '50',
    },
    overrides: { transport: sentry.transport, now: () => new Date(clock()) },
  });
  const jump = (ms: number) => {
    aheadMs += ms;
  };

  /** To the moment at which the operation that nobody works on is due; not while its mint is left alone, to no avail. */
  async function jumpToDue(): Promise<void> {
    const next = await world.context.database.operations
      .findOne({ open: true }, { due_at: 1, lease_owner: 1 })
      .lean<Pick<OperationDocument, 'due_at' | 'lease_owner'>>();
    if (next === null || next.lease_owner !== null) return;
    const waitMs = next.due_at.getTime() - clock();
    if (waitMs <= 0 || aheadMs + waitMs - aheadAtStartMs > aheadPerCellMs) return;
    if ((await circuit(world)) !== 'open') jump(waitMs);
  }

  return {
    world,
    sentry,
    jump,
    outlastClient: () => jump(answerWithinMs),
    until: async (isSo, what) => {
      for (const giveUpAt = Date.now() + limitMs; Date.now() < giveUpAt; ) {
        if (await isSo()) return;
        await jumpToDue();
        await pause(pollMs);
      }
      throw new Error(`${what}: never within ${limitMs} ms`);
    },
    nextCell: () => {
      aheadAtStartMs = aheadMs;
    },
    tally: { reportsRead: 0 },
  };
}

/** Whether the server asks the mint, as it says itself. */
export async function circuit({ context }: World): Promise<string | undefined> {
  return (await context.services.health.readiness()).mints[0]?.circuit;
}
