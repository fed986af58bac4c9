import type { Config } from '../../config.ts';
import { databaseUnavailable } from '../../models/errors.ts';
import type { Attempt, MeltOperation, MeltQuote } from '../../models/operation.ts';
import type { PlannedOutput } from '../../models/proof.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { LedgerRepository } from '../../repositories/ledger.ts';
import type { MeltRepository } from '../../repositories/melts.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import { type TokenReservation, TokensTaken } from '../../repositories/tokenReads.ts';
import type { TokenRepository } from '../../repositories/tokens.ts';
import { pause } from '../../timing.ts';
import { isOutcomeUnknown } from '../databaseFaults.ts';
import type { Timed } from '../metrics/contracts.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { buryOrKeep } from '../operations/bury.ts';
import { recordFor } from '../operations/earlier.ts';
import type { OutputKeyset } from '../operations/swapRequests.ts';
import type { Detection } from '../restore/detection.ts';
import type { KeepUp } from '../upkeep/keepUp.ts';
import type { MeltAttempts } from './attempts.ts';
import type { Budgets } from './budget.ts';
import { demandListed } from './candidates.ts';
import { costOf } from './choosing.ts';
import { type Chosen, draftOperation, reservationsFor, type TimedRequest } from './drafting.ts';
import { feeLimit, feeTooHigh } from './feeLimit.ts';
import type { Invoice } from './invoice.ts';
import type { OutputKeysets } from './outputKeysets.ts';
import type { Preflight } from './preflight.ts';
import { duplicatePayment, idempotencyConflict, insufficientBalance, tooManyOpen } from './refusals.ts';
import { createSelecting, type Early, type Selecting } from './selecting.ts';
import type { Selection } from './selection.ts';

/** `busy`: others hold ecash that would be enough. `sight`: how it looked; null where they were quicker again and again. */
export type Reserved =
  | { kind: 'reserved'; operation: MeltOperation }
  | { kind: 'busy'; sight: string | null };

/** From a quote to a reserved operation: selection, fee cap, pre-flight, exact requests, transaction A. */
export type Preparation = {
  /** @throws DomainError every refusal before anything is at stake; nothing is reserved then. */
  reserve(
    wallet: Wallet,
    invoice: Invoice,
    quote: MeltQuote,
    request: TimedRequest,
    early: Early | null,
  ): Promise<Reserved>;
} & Pick<Selecting, 'lookEarly' | 'estimate' | 'reach'>;

const maxRounds = 8;

export function createPreparation(parts: {
  tokens: TokenRepository;
  operations: OperationRepository;
  melts: MeltRepository;
  ledger: LedgerRepository;
  mints: MintDirectory;
  keysets: OutputKeysets;
  attempts: MeltAttempts;
  preflight: Pick<Preflight, 'check' | 'lookEarly'>;
  budgets: Budgets;
  detection: Pick<Detection, 'demandUnsigned'>;
  keeping: KeepUp;
  timed: Timed;
  config: Pick<
    Config,
    | 'feeCapBase'
    | 'feeCapPercent'
    | 'leaseMs'
    | 'openMeltsPerWallet'
    | 'directMeltPercent'
    | 'fullPreflightPercent'
  >;
  owner: string;
  now: () => Date;
}): Preparation {
  const {
    tokens,
    operations,
    melts,
    ledger,
    attempts,
    preflight,
    budgets,
    detection,
    keeping,
    timed,
    config,
    owner,
    now,
  } = parts;

  const { select, looksAtOthers, lookEarly, estimate, reach } = createSelecting(parts);

  async function reserve(
    wallet: Wallet,
    invoice: Invoice,
    quote: MeltQuote,
    request: TimedRequest,
    early: Early | null,
  ): Promise<Reserved> {
    const limit = feeLimit(wallet, quote, request, config);
    if (quote.feeReserve > limit.amount) throw feeTooHigh(quote.feeReserve, quote.amount, limit, wallet.unit);
    const avoid = new Set<string>();
    const spare: PlannedOutput[] = [];
    for (let round = 1; round <= maxRounds; round += 1) {
      const { outlines, keyset, unlisted, chosen } = await timed('selection', () =>
        select(wallet, quote, request, { avoid, seen: round === 1 ? early : null }),
      );
      if (chosen.kind === 'insufficient') return tooLittle(wallet, chosen, unlisted);
      const cost = costOf(chosen, quote);
      if (cost > limit.amount) throw feeTooHigh(cost, quote.amount, limit, wallet.unit);
      const budget = await budgets.claim(wallet, request.budget, quote.amount + cost);
      const withOthers = round === 1 && looksAtOthers(wallet);
      const look = round === 1 ? (early?.look ?? null) : null;
      const selected = { proofs: chosen.inputs, tokens: outlines, withOthers, early: look };
      const reservations = reservationsFor(chosen.inputs, outlines);
      const [cleared, planned] = await Promise.allSettled([
        preflight.check(wallet, selected, request.requestId),
        plan(wallet, invoice, quote, request, chosen, reservations, keyset, spare),
      ]);
      if (cleared.status === 'rejected') throw cleared.reason;
      if (planned.status === 'rejected') throw planned.reason;
      const { pendingAtMint } = cleared.value;
      if (chosen.inputs.some(({ Y }) => pendingAtMint.has(Y))) {
        for (const Y of pendingAtMint) avoid.add(Y);
        spare.push(...plannedIn(planned.value));
        continue;
      }
      const draft = planned.value && { ...planned.value, budget };
      const operation = draft && (await tryReserve(wallet, invoice, draft, request, reservations));
      if (operation !== null) return { kind: 'reserved', operation };
      spare.push(...plannedIn(draft));
      await pause(Math.random() * 30 * round); // others were quicker: look again at what is left
    }
    return { kind: 'busy', sight: null };
  }

  /**
   * Everything that will be sent, with fresh outputs that the mint has never seen. Null where another request has taken an
   * input meanwhile. @throws DomainError MELT_BLOCKED_BY_RECONCILIATION where the mint has signed one of them already
   */
  async function plan(
    wallet: Wallet,
    invoice: Invoice,
    quote: MeltQuote,
    request: TimedRequest,
    chosen: Chosen,
    reservations: readonly TokenReservation[],
    keyset: OutputKeyset,
    spare: PlannedOutput[],
  ): Promise<MeltOperation | null> {
    const inputs = await tokens.open(wallet.id, reservations).catch(orTaken);
    if (inputs === null) return null;
    const draft = draftOperation({
      wallet,
      invoice,
      quote,
      request,
      chosen,
      reservations,
      inputs,
      keyset,
      feeCap: feeLimit(wallet, quote, request, config).amount,
      at: now(),
    });
    const planned = await firstAttempts(draft, keyset, spare).catch(orUnavailable);
    await detection.demandUnsigned(
      draft,
      planned.flatMap(({ outputs }) => outputs),
      request.requestId,
    );
    return { ...draft, attempts: planned };
  }

  /** Transaction A. Null when somebody else was in the way and it must be tried again. */
  async function tryReserve(
    wallet: Wallet,
    invoice: Invoice,
    operation: MeltOperation,
    request: TimedRequest,
    reservations: readonly TokenReservation[],
  ): Promise<MeltOperation | null> {
    const idempotency = recordFor(operation, request.idempotency);
    const result = await melts.reserve(
      operation,
      reservations,
      { owner, leaseMs: config.leaseMs },
      idempotency,
      config.openMeltsPerWallet,
    );
    switch (result) {
      case 'reserved':
        return operation;
      case 'too_many_open':
        throw tooManyOpen(config.openMeltsPerWallet);
      case 'tokens_taken':
      case 'over_budget':
        return null;
      case 'duplicate_payment': {
        const paying = await operations.claiming(wallet.id, invoice.paymentHash);
        if (paying === null) return null; // it has just ended without paying: the invoice is free again
        throw duplicatePayment(paying);
      }
      case 'idempotency_conflict':
        throw idempotencyConflict();
      case 'unknown':
        return buryOrKeep(operations, operation);
    }
  }

  /** The melt, or a swap and the blanks of the melt that follows, so that the mint is asked about all of them at once. */
  async function firstAttempts(
    draft: MeltOperation,
    keyset: OutputKeyset,
    spare: PlannedOutput[],
  ): Promise<Attempt[]> {
    if (draft.swap === null) return [await attempts.melt(draft, draft.inputs, keyset, spare)];
    return Promise.all([attempts.swap(draft, keyset, spare), attempts.meltAfterSwap(draft, keyset, spare)]);
  }

  /** Too little for now: others hold it, or it lies in too many proofs, and is being put together. @throws DomainError INSUFFICIENT_BALANCE where it is too little altogether */
  async function tooLittle(
    wallet: Wallet,
    selection: Extract<Selection, { kind: 'insufficient' }>,
    unlisted: bigint,
  ): Promise<Reserved> {
    demandListed(wallet, selection, unlisted);
    const { required, available } = selection;
    const isScattered = available >= required;
    if (isScattered && (await keeping.keepUp(wallet, true)) !== 'nothing')
      return { kind: 'busy', sight: null };
    const { unspent } = await ledger.holdings(wallet.id);
    if (unspent < required || unspent <= available + unlisted)
      throw insufficientBalance(required, available, wallet.unit);
    return { kind: 'busy', sight: `${available} of ${unspent}` };
  }

  return { reserve, lookEarly, estimate, reach };
}

/** Outputs of a melt that was not reserved after all: nobody but NUT-09 was ever shown them. */
const plannedIn = (draft: MeltOperation | null): PlannedOutput[] =>
  draft === null ? [] : draft.attempts.flatMap(({ outputs }) => outputs);

/** Whether indices were taken is not known, and does not matter: a gap costs nothing, and nothing was begun. */
function orUnavailable(error: unknown): never {
  throw isOutcomeUnknown(error) ? databaseUnavailable(error) : error;
}

function orTaken(error: unknown): null {
  if (error instanceof TokensTaken) return null;
  throw error;
}
