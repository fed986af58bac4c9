import { DomainError, InvariantBroken } from '../../models/errors.ts';
import { isFinished, type Operation, type OperationStory } from '../../models/operation.ts';
import type { Proof } from '../../models/proof.ts';
import type { AuditEvent } from '../../models/report.ts';
import { redactText } from '../../redaction.ts';
import {
  atStake,
  type DecisionRepository,
  nothingOdd,
  stateBefore,
  UnderRecovery,
} from '../../repositories/decisions.ts';
import type { OperationStories } from '../../repositories/operationStories.ts';
import { type OperationRepository, StaleOperation } from '../../repositories/operations.ts';
import { duplicateKeyIndex, isWriteConflict } from '../../repositories/transaction.ts';
import type { ReportService } from '../contracts.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type {
  Actor,
  Decision,
  DecisionView,
  DecisionWish,
  RecheckOutcome,
  SupportService,
} from './contracts.ts';
import {
  hasLeft,
  mintingStates,
  receiveStates,
  sendStates,
  unsentStates,
  upkeepStates,
  whyNot,
} from './deciding.ts';
import { type Grounds, whileRecovered } from './grounds.ts';
import type { Look } from './recheck.ts';
import { findStory, viewOf } from './standing.ts';

/** The worker may move it on again and again; each time the decision is looked at anew. */
const maxTries = 5;

/** Carries out what a person has decided about an operation that the server does not end by itself (ADR 36). */
export function createDecide(parts: {
  stories: OperationStories;
  operations: Pick<OperationRepository, 'byId'>;
  grounds: Grounds;
  decisions: DecisionRepository;
  reports: Pick<ReportService, 'close'>;
  mints: Pick<MintDirectory, 'health'>;
  look: Look;
  now: () => Date;
}): SupportService['decide'] {
  const { stories, operations, grounds, decisions, reports, mints, look, now } = parts;

  return async (transactionId, wish, actor) => {
    const { decision } = wish;
    await findStory(stories, transactionId);
    // Somebody may paste a secret into it.
    const outcome = await decideOnce(transactionId, { ...wish, note: redactText(wish.note) }, actor);
    const story = await findStory(stories, transactionId);
    const rechecked = decision === 'fence' && story.isOpen ? await lookIfPossible(story) : null;
    const operation = viewOf(await findStory(stories, transactionId));
    const health = mints.health().find(({ url }) => url === story.mintUrl);
    return { decision, outcome, rechecked, operation, mintAnsweredMsAgo: health?.answeredMsAgo ?? null };
  };

  /** The decision stands, whatever becomes of the look at it: the worker goes on. */
  function lookIfPossible(story: OperationStory): Promise<RecheckOutcome> {
    return look(story).catch(() => 'STILL_ASKING' as const);
  }

  async function decideOnce(
    transactionId: string,
    { decision, note, state }: DecisionWish,
    actor: Actor,
  ): Promise<DecisionView['outcome']> {
    for (let tries = 1; ; tries += 1) {
      const operation = await operations.byId(transactionId);
      if (operation === null) throw new InvariantBroken(`${transactionId} has vanished`);
      if (isDecided(operation, decision)) return 'DECIDED_BEFORE';
      if (state !== undefined && state !== operation.state)
        throw notPossible(operation, 'It is not in the state any more in which you have seen it.');
      const at = now();
      const why = whyNot(operation, decision, at);
      if (why !== null) throw notPossible(operation, why);
      const ground = await grounds(operation, decision);
      if (ground.why !== null) throw notPossible(operation, ground.why);
      try {
        const noted = auditOf(operation, decision, note, actor, at);
        if (decision === 'fence') await takeUp(operation, noted);
        else await writeOff(operation, ground.unspent, note, noted);
        return 'DECIDED';
      } catch (error) {
        if (error instanceof UnderRecovery) throw notPossible(operation, whileRecovered);
        if (duplicateKeyIndex(error) === 'one_payment_per_invoice')
          throw notPossible(operation, 'Another one of its wallet is under way; decide when that has ended.');
        // Others are at it, and nothing of ours stands.
        if (!(error instanceof StaleOperation) && !isWriteConflict(error)) throw error;
        if (tries >= maxTries)
          throw notPossible(
            operation,
            'It is moving just now; look at it, and decide again if that is needed.',
          );
      }
    }
  }

  async function writeOff(
    operation: Operation,
    unspent: readonly Proof[],
    note: string,
    noted: AuditEvent,
  ): Promise<void> {
    const details = { ...noted.details, writtenOff: atStake(operation, unspent) };
    await decisions.writeOff(operation, unspent, { ...noted, details });
    const how = `A person has written it off: ${note}`;
    for (const name of reportsOf) await reports.close(`${name}:${operation.id}`, how);
  }

  /** Goes on by the server's own rules: the ecash is the wallet's again once a swap of it has succeeded, and not before. */
  async function takeUp(operation: Operation, noted: AuditEvent): Promise<void> {
    const { at } = noted;
    const event = 'a person has decided: the ecash is to be taken back';
    const goesOn = { finishedAt: null, dueAt: at };
    switch (operation.kind) {
      case 'melt': {
        if (operation.payment !== null) {
          const paid = { state: 'paid' as const, dueAt: at, finishedAt: operation.payment.paidAt };
          await decisions.takeUp(
            operation,
            paid,
            'a person has decided: the change is asked for again',
            noted,
          );
          return;
        }
        const from = hasLeft(operation) ? null : stateBefore(operation, unsentStates);
        const stands = !isFinished(operation.state);
        const state = from ?? (stands ? operation.state : 'pending');
        const decided = { ...nothingOddInMelt, fenceDecidedAt: at, failure: null, releasedAmount: null };
        await decisions.takeUp(operation, { ...goesOn, ...decided, state }, event, noted);
        return;
      }
      case 'minting': {
        const state = stateBefore(operation, mintingStates) ?? operation.state;
        await decisions.takeUp(operation, { dueAt: at, state, unverified: null }, event, noted);
        return;
      }
      case 'send': {
        const state = stateBefore(operation, sendStates) ?? operation.state;
        await decisions.takeUp(operation, { ...goesOn, ...nothingOdd, state }, event, noted);
        return;
      }
      case 'receive': {
        const state = stateBefore(operation, receiveStates) ?? operation.state;
        await decisions.takeUp(operation, { ...goesOn, ...nothingOdd, state }, event, noted);
        return;
      }
      case 'upkeep': {
        const state = stateBefore(operation, upkeepStates) ?? operation.state;
        await decisions.takeUp(operation, { ...goesOn, ...nothingOdd, state }, event, noted);
        return;
      }
    }
  }
}

/** Whether it has been decided so, and still stands. */
function isDecided(operation: Operation, decision: Decision): boolean {
  if (decision === 'write_off') return operation.state === 'written_off';
  return operation.kind === 'melt' && operation.fenceDecidedAt !== null && !isFinished(operation.state);
}

const nothingOddInMelt = {
  partlySince: null,
  partlySeenAt: null,
  doubtedSince: null,
  doubtedSeenAt: null,
  unverifiedSince: null,
  unverifiedSeenAt: null,
  swapRefused: null,
};

/** The keys of what may be reported about an operation while it has not ended, each followed by its id. */
const reportsOf = [
  'open',
  'bad-signatures',
  'fee-above-limit',
  'held-up',
  'attention',
  'CRITICAL_MELT_FAILURE',
  'CRITICAL_SEND_FAILURE',
  'CRITICAL_RECEIVE_FAILURE',
  'CRITICAL_UPKEEP_FAILURE',
];

function auditOf(operation: Operation, decision: Decision, note: string, actor: Actor, at: Date): AuditEvent {
  const { id: transactionId, walletId, npub, state } = operation;
  const { keyId, label, requestId } = actor;
  const details = { decision, state, keyId, label, note, requestId };
  return { walletId, npub, transactionId, event: 'operation.decided', details, at };
}

const notPossible = ({ id, state }: Operation, why: string): DomainError =>
  new DomainError(
    'DECISION_NOT_POSSIBLE',
    'LOW',
    `Nothing was done: that cannot be decided about this operation. ${why} Look at it before you decide again.`,
    {
      members: { transactionId: id, state },
    },
  );
