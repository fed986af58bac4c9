import { invariant } from '../../models/errors.ts';
import type { SendOperation } from '../../models/exchange.ts';
import { attemptsFor, enteredStateAt } from '../../models/operation.ts';
import { type Proof, sumAmounts } from '../../models/proof.ts';
import type { Changes, OperationRepository } from '../../repositories/operations.ts';
import type { SendRepository } from '../../repositories/sends.ts';
import { writeToken } from '../ecash/encodedTokens.ts';
import type { Unblinded } from '../ecash/unblinding.ts';
import { growingWaitMs, type Handler, patientWaitMs, type Role } from '../operations/driver.ts';
import { oddAgain } from '../operations/oddities.ts';
import { takes } from '../operations/swapRequests.ts';
import type { Detection } from '../restore/detection.ts';
import { createLooks } from '../restore/lookedAt.ts';
import type { ExchangeIncidents } from './incidents.ts';
import { createOwnSwap, isUntouched } from './ownSwap.ts';
import { jobOf, type SwapJob } from './swapFacts.ts';
import { again, later, type Step, soonAgain, surrounded } from './swapHandling.ts';
import type { Swapping } from './swapping.ts';

/** Makes a token of the wallet's ecash, watches it until somebody has it, or brings it home: observe → decide → commit. */
export function createSendHandler(parts: {
  operations: OperationRepository;
  sends: SendRepository;
  swapping: Swapping<SendOperation>;
  incidents: ExchangeIncidents;
  detection: Pick<Detection, 'standing'>;
  orphanAfterMs: number;
  /** For so long its mint must call a token spent before that is believed. */
  claimedAfterMs: number;
  now: () => Date;
}): Handler<SendOperation> {
  const { operations, sends, swapping, incidents, orphanAfterMs, claimedAfterMs, now } = parts;
  const { isLookedAt } = createLooks(parts);

  async function stepOf(operation: SendOperation, role: Role): Promise<Step<SendOperation>> {
    if (operation.state === 'sent') return watch(operation, role);
    const job = jobOf(operation);
    if (job === null) return { operation, next: 'finished' };
    return isUntouched(operation) ? own.begin(operation, job, role) : carryOn(operation, job, role);
  }

  async function carryOn(operation: SendOperation, job: SwapJob, role: Role): Promise<Step<SendOperation>> {
    const step = await swapping.advance(operation, job);
    switch (step.kind) {
      case 'under_way':
        return { operation: step.operation, next: step.next };
      case 'won':
        return won(operation, job, step.redeemed, role);
      case 'gone':
        return job.purpose === 'swap' ? own.lost(operation) : beaten(operation, job, step.spent);
      case 'refused':
        if (job.purpose === 'swap') return again(await sends.release(operation, step.failure));
        return again(
          await move(operation, { ...atRest, failure: step.failure }, 'the mint does not take it back'),
        );
      case 'stop':
        return job.purpose === 'swap' ? again(await stop(operation, step.why)) : givenUp(operation);
    }
  }

  async function won(
    operation: SendOperation,
    job: SwapJob,
    redeemed: Unblinded['proofs'],
    role: Role,
  ): Promise<Step<SendOperation>> {
    const proofs = redeemed.map(({ proof }) => proof);
    if (!(await isLookedAt(operation, proofs, role))) return later(operation);
    if (job.purpose === 'reclaim') return again(await sends.reclaimed(operation, proofs));
    const of = (role: 'token' | 'keep') =>
      redeemed.filter(({ output }) => output.role === role).map(({ proof }) => proof);
    const token = of('token');
    const { mintUrl, unit } = operation;
    // The operation’s memo is its owner’s own.
    const text = writeToken({ mintUrl, unit, memo: null, proofs: token });
    return again(await sends.book(operation, { token, keep: of('keep'), text }));
  }

  /** Believed when two looks agree that all of it is gone. A creator's part is done once the token is out. */
  async function watch(operation: SendOperation, role: Role): Promise<Step<SendOperation>> {
    if (role === 'creator') return { operation, next: 'finished' };
    const { token } = operation;
    invariant(token !== null, `${operation.id}: sent, and nothing to show for it`);
    const { view, spent } = await swapping.observe(operation, { purpose: 'reclaim', inputs: token.proofs });
    // What is spent may have gone into a reclaim that was given up: only both answers together tell.
    if (view.inputs === 'UNREACHABLE' || view.outputs === 'UNREACHABLE') return later(operation);
    if (view.outputs === 'SIGNED') return broughtHome(operation, token.proofs);
    if (view.inputs === 'SPENT') return whenSpent(operation);
    const spentAmount = sumAmounts(spent);
    if (spentAmount === operation.spentAmount && operation.gone === null) return later(operation);
    const event = spentAmount === 0n ? 'nobody has it yet' : `${spentAmount} of it are claimed`;
    return later(await move(operation, { spentAmount, gone: null }, event));
  }

  /** Mints err for a moment: it must be so for a while, and be seen to be. */
  async function whenSpent(operation: SendOperation): Promise<Step<SendOperation>> {
    const at = now();
    const gone = oddAgain(operation.gone, at);
    if (at.getTime() - gone.since.getTime() >= claimedAfterMs) return again(await sends.claim(operation));
    if (operation.gone !== null && gone.since === operation.gone.since) return later(operation);
    return later(await move(operation, { gone }, 'its mint calls all of it spent'));
  }

  /** A reclaim that was given up has been carried out after all. */
  async function broughtHome(
    operation: SendOperation,
    proofs: readonly Proof[],
  ): Promise<Step<SendOperation>> {
    const asked = attemptsFor(operation, 'reclaim').filter(({ posts }) => posts > 0);
    const reclaiming = proofs.filter((proof) => asked.some((attempt) => takes(attempt, proof)));
    const event = 'a reclaim that was given up has been carried out';
    return again(await move(operation, { state: 'reclaiming', reclaiming }, event));
  }

  /** It stays out, and is watched: what of ours may still be under way is seen then, too. */
  const givenUp = async (operation: SendOperation): Promise<Step<SendOperation>> => {
    const failure = { cause: 'MINT_REFUSED', detail: null };
    return again(await move(operation, { ...atRest, failure }, 'the mint does not take it back'));
  };

  /** Its recipient was quicker, by what the mint says just now. What they have left of it is tried again once that is sure. */
  async function beaten(
    operation: SendOperation,
    job: SwapJob,
    spent: readonly Proof[],
  ): Promise<Step<SendOperation>> {
    const taken = new Set(spent.map(({ Y }) => Y));
    const left = job.inputs.filter(({ Y }) => !taken.has(Y));
    if (left.length === 0) {
      const changes = { ...atRest, gone: operation.gone };
      return again(
        await move(operation, changes, 'its mint calls all of it spent: watched until that is sure'),
      );
    }
    const goneForMs = operation.gone === null ? 0 : now().getTime() - operation.gone.since.getTime();
    if (goneForMs < claimedAfterMs) return later(operation);
    const spentAmount = operation.amount - sumAmounts(left);
    const attempt = await swapping.firstAttempt(
      { ...operation, reclaiming: left },
      { purpose: 'reclaim', inputs: left },
    );
    if (attempt === null)
      return again(
        await move(operation, { ...atRest, spentAmount }, 'what is left of it is not worth its fee'),
      );
    const attempts = [...operation.attempts, attempt];
    const changes = { reclaiming: left, spentAmount, gone: null, refused: null, attempts };
    return again(await move(operation, changes, `${spentAmount} of it were claimed: reclaiming the rest`));
  }

  async function stop(operation: SendOperation, why: string): Promise<SendOperation> {
    await incidents.needsAttention(operation, why);
    return move(operation, { state: 'needs_attention', finishedAt: now() }, why);
  }

  const move = (
    operation: SendOperation,
    changes: Changes<SendOperation>,
    event: string,
  ): Promise<SendOperation> => operations.transition(operation, changes, event, now());

  const own = createOwnSwap<SendOperation>({
    swapping,
    cancel: sends.cancel,
    carryOn,
    stop,
    orphanAfterMs,
    now,
  });

  return {
    advance: surrounded<SendOperation>({ stepOf, isUntouched, stop, incidents, now }),
    waitMs(operation, at) {
      const sinceMs = at.getTime() - enteredStateAt(operation).getTime();
      if (operation.gone !== null) return growingWaitMs(sinceMs, soonAgain);
      return operation.state === 'sent' ? growingWaitMs(sinceMs, watching) : patientWaitMs(sinceMs);
    },
    reread: (key) => operations.ofKind('send', key),
  };
}

/** Somebody may be waiting for the news at first; a token that lies in a drawer may do so for years. */
const watching = { fraction: 0.05, minMs: 1_000, maxMs: 3_600_000 };

/** Out again, with nothing under way. */
const atRest = { state: 'sent' as const, reclaiming: [], gone: null, unverified: null, refused: null };
