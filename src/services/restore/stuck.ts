import type { SendOperation } from '../../models/exchange.ts';
import {
  attemptsFor,
  isFinished,
  type MeltOperation,
  type MintingOperation,
  meltInputs,
  type Operation,
} from '../../models/operation.ts';
import type { PlannedOutput, Proof } from '../../models/proof.ts';
import type { UpkeepOperation } from '../../models/upkeep.ts';
import type { Recovery } from '../../models/wallet.ts';
import { StaleOperation } from '../../repositories/operations.ts';
import type { RecoveredEcashRepository } from '../../repositories/recoveredEcash.ts';
import { paymentFrom } from '../melt/change.ts';
import { observe } from '../melt/observe.ts';
import type { MintGateway } from '../mint/gateway.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';

/** How an operation can end only by what others than these books have done. */
type Ending =
  | { kind: 'paid'; preimage: string | null }
  | { kind: 'unpaid'; untouched: Proof[] }
  | { kind: 'issued' }
  | { kind: 'unsent' };

/** Ends operations of a store that has fallen behind which their own rules would leave waiting for ever. */
export type StuckOperations = {
  /**
   * Ends those older than the recovery that have been without a way to their end for as long as a melt that was cut off may
   * still arrive. @returns since when the others have been so, by id
   * @throws DomainError where the mint does not answer; the signal's reason once it is aborted
   */
  close(recovery: Recovery, signal: AbortSignal): Promise<Recovery['stuckSince']>;
};

export function createStuckOperations(parts: {
  ecash: RecoveredEcashRepository;
  mints: MintDirectory;
  fenceDelayMs: number;
  now: () => Date;
}): StuckOperations {
  const { ecash, mints, fenceDelayMs, now } = parts;

  async function close(recovery: Recovery, signal: AbortSignal): Promise<Recovery['stuckSince']> {
    const stillStuck: Recovery['stuckSince'] = {};
    // What a mint says of quotes and proofs may be a mistake of a moment, and where it is, these operations end by their own rules.
    if (!recovery.isProven) return stillStuck;
    for await (const operation of ecash.openBefore(recovery.walletId, recovery.since)) {
      signal.throwIfAborted();
      const { gateway } = mints.at(operation.mintUrl);
      const ending = await endingOf(operation, gateway);
      if (ending === null) continue;
      const since = recovery.stuckSince[operation.id] ?? now();
      const isOver = now().getTime() - since.getTime() >= fenceDelayMs && operation.id in recovery.stuckSince;
      if (!isOver || !(await end(operation, ending))) stillStuck[operation.id] = since;
    }
    return stillStuck;
  }

  async function end(operation: Operation, ending: Ending): Promise<boolean> {
    try {
      switch (operation.kind) {
        case 'minting':
          await ecash.closeMinting(operation);
          break;
        case 'send':
        case 'upkeep':
          await ecash.closeSwap(operation);
          break;
        case 'melt':
          if (ending.kind === 'paid')
            await ecash.closePaidMelt(operation, paymentFrom(operation, ending.preimage, now()));
          else await ecash.closeUnpaidMelt(operation, ending.kind === 'unpaid' ? ending.untouched : []);
          break;
        case 'receive':
          break;
      }
      return true;
    } catch (error) {
      if (error instanceof StaleOperation) return false;
      throw error;
    }
  }

  return { close };
}

async function endingOf(operation: Operation, gateway: MintGateway): Promise<Ending | null> {
  switch (operation.kind) {
    case 'melt':
      return endingOfMelt(operation, gateway);
    case 'minting':
      return endingOfMinting(operation, gateway);
    case 'send':
    case 'upkeep':
      return endingOfSwap(operation, gateway);
    case 'receive':
      return null; // what others have spent ends it by its own rule
  }
}

/** A send or upkeep whose sources are spent although no swap of it was signed: a request that the books have lost took them. */
async function endingOfSwap(
  operation: SendOperation | UpkeepOperation,
  gateway: MintGateway,
): Promise<Ending | null> {
  if (operation.state !== 'swapping') return null;
  const [states, signed] = await Promise.all([
    gateway.proofStates(operation.inputs.map(({ Y }) => Y)),
    isAnySigned(outputsFor(operation, 'swap'), gateway),
  ]);
  if (states.kind !== 'answer' || signed !== false) return null;
  const isGone = [...states.value.values()].includes('SPENT');
  return isGone ? { kind: 'unsent' } : null;
}

/**
 * A melt whose inputs are spent although nothing that it has planned was signed for them: a request that the books have
 * lost took them. That was its own, where the mint has paid; else these funds can pay nothing any more, not even if only
 * some are spent: every request of the melt names them all.
 */
async function endingOfMelt(operation: MeltOperation, gateway: MintGateway): Promise<Ending | null> {
  if (operation.state !== 'swapping' && operation.state !== 'pending' && operation.state !== 'releasing')
    return null;
  const [seen, quote, blanks] = await Promise.all([
    observe(operation, gateway),
    gateway.meltQuote(operation.quote.id),
    isAnySigned(outputsFor(operation, 'melt'), gateway),
  ]);
  const isGone = seen.view.inputs === 'SPENT' || seen.view.inputs === 'PARTLY_SPENT';
  if (!isGone || seen.view.outputs !== 'UNSIGNED' || quote.kind !== 'answer' || blanks === null) return null;
  if (quote.value.state === 'PAID' || blanks) {
    // Where the state has a rule of its own for this, it books more than could be booked here.
    const isOwnRule = operation.state !== 'swapping' || seen.view.inputs !== 'SPENT';
    return isOwnRule ? null : { kind: 'paid', preimage: quote.value.preimage };
  }
  if (quote.value.state !== 'UNPAID') return null;
  // What a swap gave is in no token yet; sources still are in theirs.
  const inHand = operation.held === null ? [] : meltInputs(operation);
  return { kind: 'unpaid', untouched: inHand.filter(({ Y }) => !seen.spentYs.has(Y)) };
}

/** A minting whose quote is issued, to outputs that the books have lost. Only we could: the quote is locked (NUT-20). */
async function endingOfMinting(operation: MintingOperation, gateway: MintGateway): Promise<Ending | null> {
  if (isFinished(operation.state) || operation.quotePubkey === null) return null;
  const quote = await gateway.mintQuote(operation.quoteId);
  // There may be very many, and each that is asked about in vain takes long.
  if (quote.kind === 'unreachable') answered(quote, 'tell the state of a mint quote');
  if (quote.kind !== 'answer' || quote.value.state !== 'ISSUED') return null;
  return (await isAnySigned(outputsFor(operation, 'issue'), gateway)) === false ? { kind: 'issued' } : null;
}

function outputsFor(operation: Operation, purpose: 'melt' | 'issue' | 'swap'): PlannedOutput[] {
  return attemptsFor(operation, purpose).flatMap(({ outputs }) => outputs);
}

async function isAnySigned(outputs: readonly PlannedOutput[], gateway: MintGateway): Promise<boolean | null> {
  if (outputs.length === 0) return false;
  const restored = await gateway.restore(outputs);
  return restored.kind === 'answer' ? restored.value.length > 0 : null;
}
