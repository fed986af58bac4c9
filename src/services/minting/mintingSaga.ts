import { invariant } from '../../models/errors.ts';
import { attemptsFor, enteredStateAt, type MintingOperation, posted } from '../../models/operation.ts';
import type { MintingRepository } from '../../repositories/mintings.ts';
import {
  type Changes,
  type OperationRepository,
  StaleOperation,
  withAttempt,
  withReply,
} from '../../repositories/operations.ts';
import type { ReportService } from '../contracts.ts';
import type { EcashArithmetic } from '../ecash/arithmetic.ts';
import type { OutputFactory } from '../ecash/outputs.ts';
import { redeem } from '../ecash/redemption.ts';
import type { Seeds } from '../ecash/seeds.ts';
import { troubleIn } from '../mint/backendTrouble.ts';
import { signedView } from '../mint/gateway.ts';
import { isMintTrouble } from '../mint/mintError.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { hasSignatures, readSigned } from '../mint/replies.ts';
import { whyBroken } from '../operations/broken.ts';
import { growingWaitMs, type Handler, patientWaitMs, type Role } from '../operations/driver.ts';
import { oddAgain, oddForMs } from '../operations/oddities.ts';
import { backendIn } from '../operations/post.ts';
import { remember } from '../operations/remember.ts';
import type { Detection } from '../restore/detection.ts';
import { createLooks } from '../restore/lookedAt.ts';
import { createIssueAttempts } from './issueAttempts.ts';
import { decideMinting, type MintingDecision, type MintingView } from './mintingDecision.ts';
import { again, allOutputs, asSeen, factsOf, onceAnswered, type Step } from './mintingFacts.ts';
import { createMintingIncidents } from './mintingIncidents.ts';

/** So many operations are remembered. What is forgotten costs a question. */
const maxRemembered = 10_000;

/** Watches a mint quote and turns its payment into ecash (NUT-04, NUT-20): observe → decide → commit. */
export function createMintingHandler(parts: {
  operations: OperationRepository;
  mintings: MintingRepository;
  mints: MintDirectory;
  outputs: OutputFactory;
  seeds: Seeds;
  arithmetic: EcashArithmetic;
  reports: ReportService;
  detection: Pick<Detection, 'demandUnsigned' | 'standing' | 'issuedUnknown'>;
  now: () => Date;
}): Handler<MintingOperation> {
  const { operations, mintings, mints, arithmetic, detection, now } = parts;
  const issueAttempts = createIssueAttempts(parts);
  const incidents = createMintingIncidents(parts.reports);
  const looks = createLooks(parts);

  /** Issues signed in this process' life and not credited yet: nothing can have come in between. */
  const answeredHere = new Set<string>();

  async function advance(operation: MintingOperation, role: Role): Promise<Step> {
    let seen = operation;
    try {
      const facts = factsOf(operation, now());
      const view = facts.signed ? unseen : await observe(operation);
      seen = asSeen(operation, view, now());
      const decision = decideMinting(facts, view);
      const step = await carryOut(decision, seen);
      if (step.next === 'later')
        await incidents.heldUp(step.operation, obstacle(decision, view, step), now());
      return step;
    } catch (error) {
      if (isMintTrouble(error)) {
        const noted = await withPayment(operation, seen);
        await incidents.heldUp(noted, `no ecash could be asked for (${error.code})`, now());
        if (role === 'creator') throw error;
        return { operation: noted, next: 'later' };
      }
      if (!(error instanceof StaleOperation))
        await incidents.heldUp(seen, 'what it has said could not be written down', now());
      return again(await stop(seen, whyBroken(error)));
    }
  }

  /** By what the mint says of itself, it cannot be asked to issue. That it was paid is noted all the same. */
  async function withPayment(operation: MintingOperation, seen: MintingOperation): Promise<MintingOperation> {
    return seen === operation ? operation : move(operation, { paidSince: seen.paidSince }, 'seen paid');
  }

  async function carryOut(decision: MintingDecision, operation: MintingOperation): Promise<Step> {
    switch (decision) {
      case 'done':
        return { operation, next: 'finished' };
      case 'wait':
        return { operation, next: 'later' };
      case 'start_issue':
        return onceAnswered(await issue(await issueAttempts.first(operation)));
      case 'renew_issue':
        return onceAnswered(await issue(await issueAttempts.renewed(operation)));
      case 'repeat_issue':
        return onceAnswered(await issue(operation));
      case 'credit':
        return credit(operation);
      case 'expire':
        return again(await mintings.expire(operation));
      case 'attention':
        return (await isLost(operation))
          ? { operation, next: 'later' }
          : again(await stop(operation, 'the mint has issued this quote to somebody else'));
    }
  }

  async function observe(operation: MintingOperation): Promise<MintingView> {
    const { gateway } = mints.at(operation.mintUrl);
    const planned = allOutputs(operation);
    const [quote, restored] = await Promise.all([
      gateway.mintQuote(operation.quoteId),
      planned.length === 0 ? null : gateway.restore(planned),
    ]);
    return {
      quote:
        quote.kind === 'answer' ? quote.value.state : quote.kind === 'refused' ? 'MISSING' : 'UNREACHABLE',
      outputs: signedView(restored),
    };
  }

  /** Intent committed, request sent, reply stored; interpreted by the next step. */
  async function issue(operation: MintingOperation): Promise<MintingOperation> {
    const attempt = attemptsFor(operation, 'issue').at(-1);
    invariant(attempt !== undefined, 'no issue was planned');
    const sending = posted(attempt, now());
    const attempts = withAttempt(operation.attempts, sending);
    const sent = await move(operation, { state: 'issuing', attempts }, 'issue request goes to the mint');
    const exchange = await mints.at(operation.mintUrl).gateway.submit('mint/bolt11', sending.requestBody);
    if (exchange.kind === 'lost') {
      return move(
        sent,
        { attempts: withAttempt(sent.attempts, { ...sending, endedAt: now(), trouble: null }) },
        `no reply to issue (${exchange.reason})`,
      );
    }
    const answered = withReply(sending, { httpStatus: exchange.httpStatus, body: exchange.body, at: now() });
    const reading = answered.reply === null ? null : readSigned(answered.reply);
    const isRejected = reading?.kind === 'rejected';
    const stored = {
      ...answered,
      refusalCode: isRejected ? reading.code : attempt.refusalCode,
      refusals: attempt.refusals + Number(isRejected),
      trouble: troubleIn(exchange),
    };
    const isSigned = hasSignatures(stored);
    if (isSigned) remember(answeredHere, operation.id, maxRemembered);
    return move(
      sent,
      { attempts: withAttempt(sent.attempts, stored), unverified: isSigned ? sent.unverified : null },
      `issue reply stored (HTTP ${exchange.httpStatus}${backendIn(exchange)})`,
    );
  }

  async function credit(operation: MintingOperation): Promise<Step> {
    const attempts = attemptsFor(operation, 'issue');
    const redemption = await redeem(attempts, mints.at(operation.mintUrl), arithmetic);
    switch (redemption.kind) {
      case 'proofs': {
        const proofs = redemption.redeemed.map(({ proof }) => proof);
        const isFresh = answeredHere.delete(operation.id);
        if (!isFresh && (await looks.standing(operation, proofs)) === 'unreachable')
          return { operation: await withoutDoubt(operation), next: 'later' };
        return again(await mintings.credit(operation, proofs));
      }
      case 'unreachable':
        return { operation, next: 'later' };
      case 'unsigned':
        // Its reply does not verify, and by NUT-09 it has signed nothing: it is asked again.
        return setAside(operation, null);
      case 'unverified':
        return doubt(operation);
    }
  }

  /** A quote that only we can claim was issued in a time that the books have lost: the recovery finds what is left of it. */
  async function isLost(operation: MintingOperation): Promise<boolean> {
    return operation.quotePubkey !== null && detection.issuedUnknown(operation, operation.createdAt);
  }

  /** Signed, and not well. Reported at once; a person is called when it has been so for an hour. */
  async function doubt(operation: MintingOperation): Promise<Step> {
    const unverified = oddAgain(operation.unverified, now());
    if (unverified.lastAt.getTime() - unverified.since.getTime() >= oddForMs)
      return again(await stop(operation, 'the mint’s signatures do not verify'));
    await incidents.badSignatures(operation);
    return setAside(operation, unverified);
  }

  async function withoutDoubt(operation: MintingOperation): Promise<MintingOperation> {
    return operation.unverified === null
      ? operation
      : move(operation, { unverified: null }, 'what it signed verifies');
  }

  /** A reply of the right shape whose signatures are not ours proves nothing. */
  async function setAside(
    operation: MintingOperation,
    unverified: MintingOperation['unverified'],
  ): Promise<Step> {
    const attempt = attemptsFor(operation, 'issue').at(-1);
    const isReplied = attempt !== undefined && attempt.reply !== null;
    if (!isReplied && unverified === operation.unverified) return { operation, next: 'later' };
    const attempts = isReplied
      ? withAttempt(operation.attempts, { ...attempt, reply: null })
      : operation.attempts;
    const event = isReplied
      ? 'the issue reply does not verify and is set aside'
      : 'what the mint has signed does not verify';
    return { operation: await move(operation, { attempts, unverified }, event), next: 'later' };
  }

  async function stop(operation: MintingOperation, why: string): Promise<MintingOperation> {
    await incidents.needsAttention(operation, why);
    return move(operation, { state: 'needs_attention' }, why);
  }

  function move(
    operation: MintingOperation,
    changes: Changes<MintingOperation>,
    event: string,
  ): Promise<MintingOperation> {
    return operations.transition(operation, changes, event, now());
  }

  return {
    advance,
    waitMs(operation, at) {
      if (operation.state === 'issuing')
        return patientWaitMs(at.getTime() - enteredStateAt(operation).getTime());
      const sinceMs = at.getTime() - operation.createdAt.getTime();
      return growingWaitMs(sinceMs, { fraction: 0.1, minMs: 500, maxMs: 600_000 });
    },
    reread: (key) => operations.ofKind('minting', key),
  };
}

const unseen: MintingView = { quote: 'UNREACHABLE', outputs: 'UNREACHABLE' };

/** What stands between the payment and its ecash, by the latest look. */
function obstacle(decision: MintingDecision, view: MintingView, { operation }: Step): string {
  if (decision === 'wait') return `it calls the quote ${view.quote}, and our outputs ${view.outputs}`;
  return operation.timeline.at(-1)?.event ?? operation.state;
}
