import { type DomainError, InvariantBroken, invariant } from '../../models/errors.ts';
import { attemptsFor, enteredStateAt, type MintingOperation, posted } from '../../models/operation.ts';
import type { Proof } from '../../models/proof.ts';
import type { ReportDraft } from '../../models/report.ts';
import type { MintingRepository } from '../../repositories/mintings.ts';
import {
  type Changes,
  type OperationRepository,
  StaleOperation,
  withAttempt,
  withReply,
} from '../../repositories/operations.ts';
import type { ReportService } from '../contracts.ts';
import type { OutputFactory } from '../ecash/outputs.ts';
import { redeem } from '../ecash/redemption.ts';
import type { Seeds } from '../ecash/seeds.ts';
import { signedView } from '../mint/gateway.ts';
import { isMintTrouble } from '../mint/mintError.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { hasSignatures, readSigned } from '../mint/replies.ts';
import { growingWaitMs, type Handler, patientWaitMs, type Role } from '../operations/driver.ts';
import { createOnsets } from '../operations/timing.ts';
import type { Detection } from '../restore/detection.ts';
import { createIssueAttempts } from './issueAttempts.ts';
import { decideMinting, type MintingDecision, type MintingView, oddForMs } from './mintingDecision.ts';
import { again, allOutputs, factsOf, onceAnswered, type Step } from './mintingFacts.ts';

/** So many operations are remembered. What is forgotten costs a question, or another hour. */
const maxRemembered = 10_000;

/** What people are told of a minting, without what follows from it. */
type Incident = Pick<ReportDraft, 'dedupeKey' | 'severity' | 'code' | 'summary'>;

/** Watches a mint quote and turns its payment into ecash (NUT-04, NUT-20): observe → decide → commit. */
export function createMintingHandler(parts: {
  operations: OperationRepository;
  mintings: MintingRepository;
  mints: MintDirectory;
  outputs: OutputFactory;
  seeds: Seeds;
  reports: ReportService;
  detection: Pick<Detection, 'demandUnsigned' | 'standing' | 'issuedUnknown'>;
  now: () => Date;
}): Handler<MintingOperation> {
  const { operations, mintings, mints, reports, detection, now } = parts;
  const issueAttempts = createIssueAttempts(parts);

  /** Issues signed in this process' life and not credited yet: nothing can have come in between. */
  const answeredHere = new Set<string>();

  /** By what the mint says of itself, a worker. */
  const heldUps = createOnsets(maxRemembered);
  /** Of the mint's signatures. Not told by `updatedAt`, which a mint that is asked again and again keeps fresh. */
  const doubts = createOnsets(maxRemembered);

  async function advance(operation: MintingOperation, role: Role): Promise<Step> {
    try {
      const facts = factsOf(operation, now());
      const view = facts.signed ? unseen : await observe(operation);
      const step = await carryOut(decideMinting(facts, view), operation);
      heldUps.over(operation.id);
      if (role === 'worker') await tellIfRefused(step);
      return step;
    } catch (error) {
      if (isMintTrouble(error) && role === 'worker') return heldUp(operation, error);
      if (!(error instanceof InvariantBroken)) throw error;
      return again(await stop(operation, error.message));
    }
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
        { attempts: withAttempt(sent.attempts, { ...sending, endedAt: now() }) },
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
    };
    if (hasSignatures(stored)) signedHere(operation.id);
    return move(
      sent,
      { attempts: withAttempt(sent.attempts, stored) },
      `issue reply stored (HTTP ${exchange.httpStatus})`,
    );
  }

  function signedHere(id: string): void {
    if (answeredHere.size >= maxRemembered) answeredHere.clear();
    answeredHere.add(id);
  }

  async function credit(operation: MintingOperation): Promise<Step> {
    const attempts = attemptsFor(operation, 'issue');
    const redemption = await redeem(attempts, mints.at(operation.mintUrl));
    switch (redemption.kind) {
      case 'proofs': {
        doubts.over(operation.id);
        const proofs = redemption.redeemed.map(({ proof }) => proof);
        const isFresh = answeredHere.delete(operation.id);
        if (!isFresh && (await standing(operation, proofs)) === 'unreachable')
          return { operation, next: 'later' };
        return again(await mintings.credit(operation, proofs));
      }
      case 'unreachable':
        return { operation, next: 'later' };
      case 'unsigned':
        return disbelieve(operation);
      case 'unverified':
        return doubt(operation);
    }
  }

  /** A quote that only we can claim was issued in a time that the books have lost: the recovery finds what is left of it. */
  async function isLost(operation: MintingOperation): Promise<boolean> {
    return operation.quotePubkey !== null && detection.issuedUnknown(operation, operation.createdAt);
  }

  /** What NUT-09 has brought back may have been credited, and spent, in a time that the books have lost. */
  function standing(operation: MintingOperation, proofs: readonly Proof[]) {
    return detection.standing(operation, proofs, async () => {
      const present = await operations.byId(operation.id);
      if (present?.version !== operation.version) throw new StaleOperation(operation.id);
    });
  }

  /** The mint is to issue, and what it says of itself makes that impossible: it is asked again, and after an hour reported. */
  async function heldUp(operation: MintingOperation, why: DomainError): Promise<Step> {
    const at = now().getTime();
    if (at - heldUps.since(operation.id, at) >= oddForMs)
      await tellHeldUp(operation, `no ecash could be asked for (${why.code})`);
    return { operation, next: 'later' };
  }

  /** The mint was asked to issue, and has been saying for an hour that it will not: that may have no end. */
  async function tellIfRefused({ operation, next }: Step): Promise<void> {
    const refusal = attemptsFor(operation, 'issue').at(-1)?.reply?.httpStatus;
    if (operation.state !== 'issuing' || next !== 'later' || refusal === undefined) return;
    if (now().getTime() - enteredStateAt(operation).getTime() < oddForMs) return;
    await tellHeldUp(operation, `it has issued nothing (HTTP ${refusal})`);
  }

  async function tellHeldUp(operation: MintingOperation, how: string): Promise<void> {
    await file(operation, {
      dedupeKey: `held-up:${operation.id}`,
      severity: 'HIGH',
      code: 'MINTING_HELD_UP',
      summary: `The mint was paid ${operation.amount} ${operation.unit}, and for an hour ${how}. It is asked again until that is possible.`,
    });
  }

  /** Its reply does not verify, and by NUT-09 it has signed nothing: the mint is asked again, and after an hour reported. */
  async function disbelieve(operation: MintingOperation): Promise<Step> {
    const at = now().getTime();
    if (at - doubts.since(operation.id, at) >= oddForMs)
      await tellHeldUp(operation, 'none of its signatures has verified');
    return setAside(operation);
  }

  /** A reply of the right shape whose signatures are not ours proves nothing. */
  async function setAside(operation: MintingOperation): Promise<Step> {
    const attempt = attemptsFor(operation, 'issue').at(-1);
    if (attempt === undefined || attempt.reply === null) return { operation, next: 'later' };
    const attempts = withAttempt(operation.attempts, { ...attempt, reply: null });
    return {
      operation: await move(operation, { attempts }, 'the issue reply does not verify and is set aside'),
      next: 'later',
    };
  }

  /** Signed, and not well. Reported at once; a person is called when it is still so after an hour. */
  async function doubt(operation: MintingOperation): Promise<Step> {
    const why = 'the mint’s signatures do not verify';
    const at = now().getTime();
    if (at - doubts.since(operation.id, at) >= oddForMs) return again(await stop(operation, why));
    await file(operation, {
      dedupeKey: `bad-signatures:${operation.id}`,
      severity: 'HIGH',
      code: 'SIGNATURES_DO_NOT_VERIFY',
      summary: `The mint was paid ${operation.amount} ${operation.unit}, and ${why}. Nothing is credited yet; it is asked again until they do.`,
    });
    return setAside(operation);
  }

  async function stop(operation: MintingOperation, why: string): Promise<MintingOperation> {
    await file(operation, {
      dedupeKey: `attention:${operation.id}`,
      severity: 'CRITICAL',
      code: 'CRITICAL_MINT_FAILURE',
      summary: `The minting was stopped: ${why}. ${operation.amount} ${operation.unit} were not credited; a person must ask the mint.`,
    });
    return move(operation, { state: 'needs_attention' }, why);
  }

  function file(operation: MintingOperation, draft: Incident): Promise<string> {
    const { id: transactionId, npub, walletId, quoteId } = operation;
    return reports.file({ ...draft, npub, walletId, transactionId, quoteId });
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
      return growingWaitMs(sinceMs, { fraction: 0.05, minMs: 400, maxMs: 600_000 });
    },
    async reread(id) {
      const operation = await operations.byId(id);
      invariant(operation?.kind === 'minting', `${id} is not a minting`);
      return operation;
    },
  };
}

const unseen: MintingView = { quote: 'UNREACHABLE', outputs: 'UNREACHABLE' };
