import type { DomainError } from '../../models/errors.ts';
import type { SendOperation } from '../../models/exchange.ts';
import type { Proof } from '../../models/proof.ts';
import type { Wallet } from '../../models/wallet.ts';
import { type OperationRepository, StaleOperation } from '../../repositories/operations.ts';
import type { SendRepository } from '../../repositories/sends.ts';
import { duplicateKeyIndex } from '../../repositories/transaction.ts';
import type { WalletService } from '../contracts.ts';
import { lockOf, mayUnlock, witnessFor } from '../ecash/locks.ts';
import type { Seeds } from '../ecash/seeds.ts';
import { idempotencyConflict } from '../melt/refusals.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';
import type { Answering } from '../operations/answering.ts';
import type { Handler } from '../operations/driver.ts';
import { earlierOperation } from '../operations/earlier.ts';
import type { Detection } from '../restore/detection.ts';
import type { ReclaimRequest, SendService } from './contracts.ts';
import {
  exchangeStopped,
  movedOn,
  notOutYet,
  reclaimFailed,
  sendFailed,
  sendNotFound,
  stillLocked,
  tokenClaimed,
  tokenPending,
} from './refusals.ts';
import { maySee } from './sendService.ts';
import type { Swapping } from './swapping.ts';

/** So long the worker leaves a reclaim to the request that began it. */
const workerAfterMs = 2_000;

/** Brings a token that nobody has claimed home, unless its recipient is quicker. */
export function createReclaimService(parts: {
  wallets: Pick<WalletService, 'holding'>;
  operations: OperationRepository;
  sends: SendRepository;
  mints: MintDirectory;
  seeds: Pick<Seeds, 'tokenKey'>;
  swapping: Pick<Swapping<SendOperation>, 'firstAttempt'>;
  detection: Pick<Detection, 'demandCurrent'>;
  answering: Answering;
  handler: Handler<SendOperation>;
  answerWithinMs: number;
  now: () => Date;
}): Pick<SendService, 'reclaim'> {
  const { wallets, operations, sends, mints, seeds, swapping, detection, answering, handler, now } = parts;

  const reclaim: SendService['reclaim'] = async (request) => {
    const answerBy = new Date(now().getTime() + parts.answerWithinMs);
    const wallet = await wallets.holding(request.wallet, { transactionId: request.transactionId });
    const earlier = await earlierOperation(operations, wallet, request.idempotency);
    const found = earlier ?? (await operations.ofWallet(wallet.id, request.transactionId));
    if (found?.kind !== 'send' || !maySee(found, request.budget)) throw sendNotFound();
    if (found.state !== 'sent') return { operation: answerable(found, true), replayed: true };
    if (earlier !== null) throw stillOut(found, true);
    await detection.demandCurrent(wallet, request.requestId);
    const begun = await begin(wallet, found, request);
    const waiting = { ...request, answerBy, untilMs: answerBy.getTime() };
    const { known } = await answering.carry(begun, handler, waiting);
    if (known.state === 'sent') throw stillOut(known, false);
    return { operation: answerable(known, false), replayed: false };
  };

  /** The intent, with the exact request, before anything leaves. */
  async function begin(
    wallet: Wallet,
    found: SendOperation,
    request: ReclaimRequest,
  ): Promise<SendOperation> {
    const left = await unlocked(wallet, found, await unclaimed(found));
    const reclaiming = { ...found, reclaiming: left };
    const attempt = await swapping.firstAttempt(reclaiming, { purpose: 'reclaim', inputs: left });
    if (attempt === null) throw reclaimFailed(found, 'NOT_WORTH_ITS_FEE');
    try {
      return await sends.beginReclaim(
        found,
        {
          reclaiming: left,
          attempts: [...found.attempts, attempt],
          dueAt: new Date(now().getTime() + workerAfterMs),
        },
        request.idempotency,
      );
    } catch (error) {
      if (error instanceof StaleOperation) throw movedOn();
      if (duplicateKeyIndex(error) !== null) throw idempotencyConflict();
      throw error;
    }
  }

  /** What the mint does not call spent. @throws DomainError TOKEN_CLAIMED, TOKEN_PENDING, and the mint's troubles */
  async function unclaimed(operation: SendOperation): Promise<Proof[]> {
    const proofs = operation.token?.proofs ?? [];
    const { gateway } = mints.at(operation.mintUrl);
    const states = answered(await gateway.proofStates(proofs.map(({ Y }) => Y)), 'tell the states of proofs');
    if (proofs.some(({ Y }) => states.get(Y) === 'PENDING')) throw tokenPending();
    const spent = proofs.filter(({ Y }) => states.get(Y) === 'SPENT');
    if (spent.length === 0) return [...proofs];
    // One answer of a mint proves nothing: what it calls spent once only, the swap will tell.
    const again = answered(await gateway.proofStates(spent.map(({ Y }) => Y)), 'tell the states of proofs');
    const left = proofs.filter(({ Y }) => again.get(Y) !== 'SPENT');
    if (left.length === 0) throw tokenClaimed(operation);
    return left;
  }

  /** @throws DomainError TOKEN_LOCKED where this wallet's key opens them not, or not yet */
  async function unlocked(
    wallet: Wallet,
    operation: SendOperation,
    proofs: readonly Proof[],
  ): Promise<Proof[]> {
    if (operation.lock === null) return [...proofs];
    const { publicKey, privateKey } = await seeds.tokenKey(wallet.id);
    const isOurs = proofs.every(({ secret }) => mayUnlock(lockOf(secret), publicKey, now()));
    if (!isOurs) throw stillLocked(operation);
    return proofs.map((proof) => ({ ...proof, witness: witnessFor(proof.secret, privateKey) }));
  }

  return { reclaim };
}

/** Nothing came back: its mint calls all of it spent, or does not take it. */
function stillOut(operation: SendOperation, replayed: boolean): DomainError {
  return operation.gone === null
    ? reclaimFailed(operation, operation.failure?.cause ?? 'MINT_REFUSED', replayed)
    : tokenClaimed(operation);
}

/** A reclaim that may be shown as an answer. @throws DomainError where nothing came back, or nothing is out */
function answerable(operation: SendOperation, replayed: boolean): SendOperation {
  switch (operation.state) {
    case 'reclaimed':
    case 'partly_claimed':
    case 'reclaiming':
      return operation;
    case 'claimed':
      throw tokenClaimed(operation);
    case 'swapping':
    case 'sent':
      throw notOutYet();
    case 'released':
    case 'cancelled':
      throw sendFailed(operation, replayed);
    case 'needs_attention':
    case 'written_off':
      throw exchangeStopped(operation, replayed);
  }
}
