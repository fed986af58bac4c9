import { validationError } from '../../models/errors.ts';
import type { ReceiveOperation } from '../../models/exchange.ts';
import { largestSum } from '../../models/proof.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { LedgerRepository } from '../../repositories/ledger.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { ReceiveRepository } from '../../repositories/receives.ts';
import type { TokenRepository } from '../../repositories/tokens.ts';
import type { Outcome, WalletService } from '../contracts.ts';
import { type ReadToken, readToken } from '../ecash/encodedTokens.ts';
import type { OutputKeysets } from '../melt/outputKeysets.ts';
import { idempotencyConflict } from '../melt/refusals.ts';
import { maxInputs } from '../melt/selection.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';
import type { Answering } from '../operations/answering.ts';
import { buryOrKeep } from '../operations/bury.ts';
import type { Driver, Handler } from '../operations/driver.ts';
import { earlierOperation, recordFor } from '../operations/earlier.ts';
import { freshId, freshOperation } from '../operations/fresh.ts';
import type { Detection } from '../restore/detection.ts';
import type { ReceiveRequest, ReceiveService } from './contracts.ts';
import type { createForeignTokens, ForeignToken } from './foreignTokens.ts';
import {
  alreadyHeld,
  exchangeStopped,
  receiveRefused,
  tokenInvalid,
  tokenPartlySpent,
  tokenPending,
  tokenSpent,
  tooManyUnderWay,
} from './refusals.ts';
import { isAwaited } from './sendService.ts';
import type { Swapping } from './swapping.ts';

/** The front of a receive: what a token must be, and what its giver is answered. The handler does the rest. */
export function createReceiveService(parts: {
  wallets: Pick<WalletService, 'get' | 'forToken'>;
  operations: OperationRepository;
  receives: ReceiveRepository;
  tokens: Pick<TokenRepository, 'holding'>;
  ledger: Pick<LedgerRepository, 'holdings'>;
  mints: MintDirectory;
  keysets: Pick<OutputKeysets, 'feeOf'>;
  foreignTokens: ReturnType<typeof createForeignTokens>;
  swapping: Pick<Swapping<ReceiveOperation>, 'firstAttempt'>;
  detection: Pick<Detection, 'demandCurrent'>;
  answering: Answering;
  driver: Pick<Driver, 'owner'>;
  handler: Handler<ReceiveOperation>;
  leaseMs: number;
  openReceivesPerWallet: number;
  answerWithinMs: number;
  now: () => Date;
}): ReceiveService {
  const { wallets, operations, receives, tokens, ledger, mints, keysets, foreignTokens } = parts;
  const { swapping, detection, answering, handler, answerWithinMs, now } = parts;
  const lease = { owner: parts.driver.owner, leaseMs: parts.leaseMs };

  const receive: ReceiveService['receive'] = async (request) => {
    const answerBy = new Date(now().getTime() + answerWithinMs);
    const given = readToken(request.encodedToken, { maxProofs: maxInputs });
    const wallet = await walletFor(request, given);
    const earlier = await earlierOutcome(wallet, request);
    if (earlier !== null) return earlier;
    await detection.demandCurrent(wallet, request.requestId);
    await demandPlace(wallet);
    const token = await foreignTokens.check(wallet, given);
    const known = await outcomeOf(wallet, token);
    if (known !== null) return known;
    await demandReceivable(wallet, token);
    const operation = await open(wallet, token, request, answerBy);
    if ('operation' in operation) return operation;
    const waiting = { ...request, answerBy, untilMs: answerBy.getTime() };
    // Where the run breaks off, the worker goes on: the ecash is in hand, and its request stands.
    const { known: latest } = await answering.carry(operation, handler, waiting);
    return { operation: answerable(latest, false), replayed: false };
  };

  /** What cannot be read goes to the wallet that is named, or the first: there it is refused, or was received before. */
  function walletFor({ wallet }: ReceiveRequest, token: ReadToken): Promise<Wallet> {
    return token.kind === 'token' ? wallets.forToken(wallet, token) : wallets.get(wallet);
  }

  async function earlierOutcome(
    wallet: Wallet,
    { idempotency }: ReceiveRequest,
  ): Promise<Outcome<ReceiveOperation> | null> {
    const operation = await earlierOperation(operations, wallet, idempotency);
    if (operation?.kind !== 'receive') return null;
    if (isAwaited(operation, now())) throw idempotencyConflict();
    return { operation: answerable(operation, true), replayed: true };
  }

  /** The same ecash again, under whatever key: it is received once, and that is told again. */
  async function outcomeOf(
    wallet: Wallet,
    { hash }: ForeignToken,
  ): Promise<Outcome<ReceiveOperation> | null> {
    const id = await receives.ofToken(wallet.id, hash);
    const operation = id === null ? null : await operations.ofWallet(wallet.id, id);
    if (operation?.kind !== 'receive') return null;
    return { operation: answerable(operation, true), replayed: true };
  }

  async function demandPlace({ id }: Wallet): Promise<void> {
    const most = parts.openReceivesPerWallet;
    if ((await receives.openCount(id, most)) >= most) throw tooManyUnderWay(most, 'tokens being received');
  }

  /** @throws DomainError where the mint, or the books, say that it is not to be had */
  async function demandReceivable(wallet: Wallet, { proofs, amount }: ForeignToken): Promise<void> {
    const Ys = proofs.map(({ Y }) => Y);
    const holding = await tokens.holding(wallet, Ys);
    if (holding.some(({ status }) => status === 'unspent')) throw alreadyHeld();
    const { gateway } = mints.at(wallet.mintUrl);
    const states = answered(await gateway.proofStates(Ys), 'tell the states of proofs');
    if (Ys.some((Y) => states.get(Y) === 'PENDING')) throw tokenPending();
    const spent = proofs.reduce((sum, { Y, amount }) => sum + (states.get(Y) === 'SPENT' ? amount : 0n), 0n);
    if (spent === amount) throw tokenSpent(amount);
    if (spent > 0n) throw tokenPartlySpent(spent, amount, wallet.unit);
    const { unspent, pending } = await ledger.holdings(wallet.id);
    if (unspent + pending + amount <= largestSum) return;
    const message = `is too much: with what the wallet holds and awaits it must come to at most ${largestSum}`;
    throw validationError([{ field: 'encodedToken', message }]);
  }

  /** What was given, and the exact request that swaps it, before that leaves. */
  async function open(
    wallet: Wallet,
    token: ForeignToken,
    request: ReceiveRequest,
    answerBy: Date,
  ): Promise<ReceiveOperation | Outcome<ReceiveOperation>> {
    const fee = await keysets.feeOf(wallet.mintUrl, token.proofs);
    if (fee >= token.amount) throw tokenInvalid('it is worth no more than the mint’s fee for exchanging it');
    const draft = draftReceive(wallet, token, fee, request, answerBy, now());
    const attempt = await swapping.firstAttempt(draft, { purpose: 'redeem', inputs: draft.inputs });
    if (attempt === null) throw tokenInvalid('it is worth no more than the mint’s fee for exchanging it');
    const operation = { ...draft, attempts: [attempt] };
    switch (await receives.open(operation, lease, recordFor(operation, request.idempotency))) {
      case 'opened':
        return operation;
      case 'unknown':
        return buryOrKeep(operations, operation);
      case 'idempotency_conflict':
        throw idempotencyConflict();
      case 'known_token': {
        const known = await outcomeOf(wallet, token);
        if (known === null) throw idempotencyConflict();
        return known;
      }
    }
  }

  return { receive };
}

function draftReceive(
  wallet: Wallet,
  token: ForeignToken,
  fee: bigint,
  request: ReceiveRequest,
  answerBy: Date,
  at: Date,
): ReceiveOperation {
  const id = freshId('receive', at);
  return {
    ...freshOperation({
      kind: 'receive',
      id,
      wallet,
      state: 'redeeming',
      event: 'token taken in',
      request,
      at,
    }),
    tokenHash: token.hash,
    amount: token.amount,
    fee,
    tokenId: null,
    spentAmount: 0n,
    gone: null,
    unverified: null,
    refused: null,
    failure: null,
    answerBy: request.respondAsync ? null : answerBy,
    idempotencyId: request.idempotency === undefined ? null : `idem_${id}`,
    finishedAt: null,
    inputs: token.proofs,
  };
}

/** A receive that may be shown as an answer. @throws DomainError for those that brought nothing */
function answerable(operation: ReceiveOperation, replayed: boolean): ReceiveOperation {
  switch (operation.state) {
    case 'refused':
      throw receiveRefused(operation, replayed);
    case 'needs_attention':
    case 'written_off':
      throw exchangeStopped(operation, replayed);
    case 'redeeming':
    case 'received':
      return operation;
  }
}
