import type { Config } from '../../config.ts';
import type { SendOperation } from '../../models/exchange.ts';
import { type Proof, sumAmounts } from '../../models/proof.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { LedgerRepository } from '../../repositories/ledger.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { SendRepository } from '../../repositories/sends.ts';
import { type TokenReservation, TokensTaken } from '../../repositories/tokenReads.ts';
import type { TokenRepository } from '../../repositories/tokens.ts';
import { pause } from '../../timing.ts';
import { denominations, inputFee } from '../ecash/amounts.ts';
import type { Budgets } from '../melt/budget.ts';
import { candidatesIn, demandListed } from '../melt/candidates.ts';
import { reservationsFor } from '../melt/drafting.ts';
import type { OutputKeysets } from '../melt/outputKeysets.ts';
import type { Preflight } from '../melt/preflight.ts';
import { idempotencyConflict } from '../melt/refusals.ts';
import { type Candidate, type Selection, selectProofs } from '../melt/selection.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { buryOrKeep } from '../operations/bury.ts';
import { recordFor } from '../operations/earlier.ts';
import { freshId, freshOperation } from '../operations/fresh.ts';
import type { KeepUp } from '../upkeep/keepUp.ts';
import { heldByOthers, tooLittleToSend } from './refusals.ts';
import type { TimedSend } from './sendService.ts';
import type { Swapping } from './swapping.ts';

/** From a wish to a reserved send: selection, pre-flight, exact request, transaction A. */
export type SendReserving = {
  /** @throws DomainError every refusal before anything is at stake; nothing is reserved then. */
  reserve(wallet: Wallet, request: TimedSend): Promise<SendOperation>;
};

const maxRounds = 8;

export function createSendReserving(parts: {
  tokens: TokenRepository;
  operations: OperationRepository;
  sends: SendRepository;
  ledger: LedgerRepository;
  mints: MintDirectory;
  keysets: OutputKeysets;
  preflight: Pick<Preflight, 'check'>;
  budgets: Budgets;
  keeping: KeepUp;
  swapping: Pick<Swapping<SendOperation>, 'firstAttempt'>;
  config: Pick<Config, 'leaseMs'>;
  owner: string;
  now: () => Date;
}): SendReserving {
  const { tokens, operations, sends, ledger, mints, keysets, preflight, budgets, keeping, swapping, now } =
    parts;
  const lease = { owner: parts.owner, leaseMs: parts.config.leaseMs };

  async function reserve(wallet: Wallet, request: TimedSend): Promise<SendOperation> {
    const avoid = new Set<string>();
    for (let round = 1; round <= maxRounds; round += 1) {
      await request.stillAllowed();
      const outlines = await tokens.spendable(wallet.id);
      const inputs = await choose(wallet, request.amount, outlines, avoid);
      const fee = inputFee(inputs.map(({ feePpk }) => feePpk));
      const budget = await budgets.claim(wallet, request.budget, request.amount + fee);
      const selected = { proofs: inputs, tokens: outlines, withOthers: round === 1, early: null };
      const { pendingAtMint } = await preflight.check(wallet, selected, request.requestId);
      if (inputs.some(({ Y }) => pendingAtMint.has(Y))) {
        for (const Y of pendingAtMint) avoid.add(Y);
        continue;
      }
      const reservations = reservationsFor(inputs, outlines);
      const operation = await planned(wallet, request, reservations, { fee, budget });
      if (operation !== null && (await isReserved(operation, reservations, request))) return operation;
      await pause(Math.random() * 30 * round); // others were quicker: look again at what is left
    }
    throw heldByOthers();
  }

  /** With the exact request for its swap. Null where another request has an input by now, or the mint takes more than it did. */
  async function planned(
    wallet: Wallet,
    request: TimedSend,
    reservations: readonly TokenReservation[],
    { fee, budget }: Pick<SendOperation, 'fee' | 'budget'>,
  ): Promise<SendOperation | null> {
    const inputs = await tokens.open(wallet.id, reservations).catch(orTaken);
    if (inputs === null) return null;
    const sourceTokenIds = reservations.map(({ tokenId }) => tokenId);
    const draft = { ...draftSend(wallet, request, inputs, fee, now()), sourceTokenIds, budget };
    const attempt = await swapping.firstAttempt(draft, { purpose: 'swap', inputs });
    return attempt === null ? null : { ...draft, attempts: [attempt] };
  }

  /** Transaction A. False when somebody else was in the way and it must be tried again. */
  async function isReserved(
    operation: SendOperation,
    reservations: readonly TokenReservation[],
    { idempotency }: TimedSend,
  ): Promise<boolean> {
    switch (await sends.reserve(operation, reservations, lease, recordFor(operation, idempotency))) {
      case 'reserved':
        return true;
      case 'unknown':
        await buryOrKeep(operations, operation);
        return true;
      case 'idempotency_conflict':
        throw idempotencyConflict();
      case 'tokens_taken':
      case 'over_budget':
        return false;
    }
  }

  /** The cheapest proofs whose swap leaves the amount. @throws DomainError where there are not enough */
  async function choose(
    wallet: Wallet,
    amount: bigint,
    outlines: Awaited<ReturnType<TokenRepository['spendable']>>,
    avoid: ReadonlySet<string>,
  ): Promise<Candidate[]> {
    const keyset = await keysets.forOutputs(wallet.mintUrl, wallet.unit);
    const { usable, unlisted } = await candidatesIn(wallet, outlines, mints);
    const among = usable.filter(({ Y }) => !avoid.has(Y));
    // What the token will cost its recipient is theirs: it is worth what was asked for.
    const terms = { feePpk: 0n, denominations: denominations(keyset.keys) };
    const selection = selectProofs(among, amount, terms);
    if (selection.kind !== 'insufficient') return selection.inputs;
    return tooLittle(wallet, selection, unlisted);
  }

  async function tooLittle(
    wallet: Wallet,
    selection: Extract<Selection, { kind: 'insufficient' }>,
    unlisted: bigint,
  ): Promise<never> {
    demandListed(wallet, selection, unlisted);
    const { required, available } = selection;
    const isScattered = available >= required;
    if (isScattered && (await keeping.keepUp(wallet, true)) !== 'nothing') throw heldByOthers();
    const { unspent } = await ledger.holdings(wallet.id);
    if (unspent < required || unspent <= available + unlisted)
      throw tooLittleToSend(required, available, wallet.unit);
    throw heldByOthers();
  }

  return { reserve };
}

function draftSend(
  wallet: Wallet,
  request: TimedSend,
  inputs: Proof[],
  fee: bigint,
  at: Date,
): SendOperation {
  const id = freshId('send', at);
  const sourceAmount = sumAmounts(inputs);
  return {
    ...freshOperation({ kind: 'send', id, wallet, state: 'swapping', event: 'inputs reserved', request, at }),
    amount: request.amount,
    sourceTokenIds: [],
    sourceAmount,
    keepAmount: sourceAmount - fee - request.amount,
    fee,
    lock: request.lock,
    booked: false,
    tokenId: null,
    keepTokenId: null,
    spentAmount: 0n,
    reclaimedAmount: null,
    reclaimTokenId: null,
    gone: null,
    unverified: null,
    refused: null,
    failure: null,
    answerBy: request.respondAsync ? null : request.answerBy,
    idempotencyId: request.idempotency === undefined ? null : `idem_${id}`,
    budget: null,
    finishedAt: null,
    inputs,
    token: null,
    reclaiming: [],
  };
}

function orTaken(error: unknown): null {
  if (error instanceof TokensTaken) return null;
  throw error;
}
