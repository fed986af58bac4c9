import { DomainError, InvariantBroken } from '../../models/errors.ts';
import { isFinished, type Operation, type OperationStory } from '../../models/operation.ts';
import type { AuditEvent } from '../../models/report.ts';
import { redactText } from '../../redaction.ts';
import { ProofsArchived } from '../../repositories/archive/lookUp.ts';
import { CameBack, type Comeback, UnderRecovery } from '../../repositories/comebacks.ts';
import { atStake, type DecisionRepository } from '../../repositories/decisions.ts';
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
import { whyNot } from './deciding.ts';
import type { Grounds } from './grounds.ts';
import type { Look } from './recheck.ts';
import { findStory, viewOf } from './standing.ts';
import { createTakingUp } from './takingUp.ts';

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
  const takeUp = createTakingUp(decisions);

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
      try {
        const noted = auditOf(operation, decision, note, actor, at);
        if (decision === 'fence') await takeUp(operation, noted);
        else await writeOff(operation, note, noted);
        return 'DECIDED';
      } catch (error) {
        const whyNotNow = inTheWay(error);
        if (whyNotNow !== null) throw notPossible(operation, whyNotNow);
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

  async function writeOff(operation: Operation, note: string, noted: AuditEvent): Promise<void> {
    const { why, unspent } = await grounds(operation);
    if (why !== null) throw notPossible(operation, why);
    const details = { ...noted.details, writtenOff: atStake(operation, unspent) };
    await decisions.writeOff(operation, unspent, { ...noted, details });
    const how = `A person has written it off: ${note}`;
    for (const name of reportsOf) await reports.close(`${name}:${operation.id}`, how);
  }
}

/** Whether it has been decided so, and still stands. */
function isDecided(operation: Operation, decision: Decision): boolean {
  if (decision === 'write_off') return operation.state === 'written_off' || isPartlyGivenUp(operation);
  return operation.kind === 'melt' && operation.fenceDecidedAt !== null && !isFinished(operation.state);
}

/** Others had spent a part of it, and a person has written that off. */
const isPartlyGivenUp = (operation: Operation): boolean =>
  operation.kind === 'melt' && operation.state === 'released' && operation.failure?.cause === 'WRITTEN_OFF';

/** Why a decision has come to nothing, for good or for now, by what its transaction has met; null where it was something else. */
function inTheWay(error: unknown): string | null {
  if (error instanceof UnderRecovery) return 'Its wallet is being restored; decide when that is over.';
  if (error instanceof CameBack) return cameBack[error.how];
  if (error instanceof ProofsArchived) return inAnotherToken;
  switch (duplicateKeyIndex(error)) {
    case 'one_payment_per_invoice':
      return 'Another one of its wallet is under way; decide when that has ended.';
    case 'one_token_per_proof':
    case 'one_token_per_purpose':
      return inAnotherToken;
    default:
      return null;
  }
}

const inAnotherToken =
  'Ecash that it would give back is in another token already, as no server leaves it; find out how it came there, and put that right first.';

const cameBack: Record<Comeback, string> = {
  inputs_found:
    'A restore has brought its ecash back, and whatever the wallet has done with it since stands.',
  outputs_found:
    'A restore has found what the mint gave for its ecash, so that is spent there: nothing is left to take back.',
  sources_there:
    'A token of it was not reserved any more when it was given up, so that has stayed in the wallet: nothing is to be taken back.',
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
