import {
  attemptsFor,
  isFinished,
  type MeltOperation,
  type MintingOperation,
  type Operation,
} from '../../models/operation.ts';
import type { PlannedOutput } from '../../models/proof.ts';
import type { Recovery } from '../../models/wallet.ts';
import { StaleOperation } from '../../repositories/operations.ts';
import type { RecoveredEcashRepository } from '../../repositories/recoveredEcash.ts';
import { paymentFrom } from '../melt/change.ts';
import { observe } from '../melt/observe.ts';
import type { MintGateway } from '../mint/gateway.ts';
import type { MintDirectory } from '../mint/mints.ts';

/** How an operation can end only by what others than these books have done. */
type Ending = { kind: 'paid'; preimage: string | null } | { kind: 'unpaid' } | { kind: 'issued' };

/** Ends operations of a store that has fallen behind which their own rules would leave waiting for ever. */
export type StuckOperations = {
  /**
   * Ends those that have been without a way to their end for as long as a melt that was cut off may still arrive.
   * @returns since when the others have been so, by id
   */
  close(recovery: Recovery, operations: readonly Operation[]): Promise<Recovery['stuckSince']>;
};

export function createStuckOperations(parts: {
  ecash: RecoveredEcashRepository;
  mints: MintDirectory;
  fenceDelayMs: number;
  now: () => Date;
}): StuckOperations {
  const { ecash, mints, fenceDelayMs, now } = parts;

  async function close(
    recovery: Recovery,
    operations: readonly Operation[],
  ): Promise<Recovery['stuckSince']> {
    const stillStuck: Recovery['stuckSince'] = {};
    if (!isProven(recovery)) return stillStuck;
    for (const operation of operations.filter(({ createdAt }) => createdAt < recovery.since)) {
      const { gateway } = mints.at(operation.mintUrl);
      const ending =
        operation.kind === 'melt'
          ? await endingOfMelt(operation, gateway)
          : await endingOfMinting(operation, gateway);
      if (ending === null) continue;
      const since = recovery.stuckSince[operation.id] ?? now();
      const isOver = now().getTime() - since.getTime() >= fenceDelayMs && operation.id in recovery.stuckSince;
      if (!isOver || !(await end(operation, ending))) stillStuck[operation.id] = since;
    }
    return stillStuck;
  }

  async function end(operation: Operation, ending: Ending): Promise<boolean> {
    try {
      if (operation.kind === 'minting') await ecash.closeMinting(operation);
      else if (ending.kind === 'paid')
        await ecash.closeMelt(operation, paymentFrom(operation, ending.preimage, now()));
      else await ecash.closeMelt(operation, null);
      return true;
    } catch (error) {
      if (error instanceof StaleOperation) return false;
      throw error;
    }
  }

  return { close };
}

/**
 * A melt whose inputs are spent although nothing that it has planned was signed for them: a request that the books have
 * lost took them. That was its own, where the mint has paid; else these funds can pay nothing any more.
 */
async function endingOfMelt(operation: MeltOperation, gateway: MintGateway): Promise<Ending | null> {
  if (operation.state !== 'swapping' && operation.state !== 'pending' && operation.state !== 'releasing')
    return null;
  const [seen, quote, blanks] = await Promise.all([
    observe(operation, gateway),
    gateway.meltQuote(operation.quote.id),
    isAnySigned(outputsFor(operation, 'melt'), gateway),
  ]);
  const isGone =
    seen.view.inputs === 'SPENT' || (operation.state === 'swapping' && seen.view.inputs === 'PARTLY_SPENT');
  if (!isGone || seen.view.outputs !== 'UNSIGNED' || quote.kind !== 'answer' || blanks === null) return null;
  if (quote.value.state === 'PAID' || blanks) {
    // Where the state has a rule of its own for this, it books more than could be booked here.
    const isOwnRule = operation.state !== 'swapping' || seen.view.inputs !== 'SPENT';
    return isOwnRule ? null : { kind: 'paid', preimage: quote.value.preimage };
  }
  return quote.value.state === 'UNPAID' ? { kind: 'unpaid' } : null;
}

/** A minting whose quote is issued, to outputs that the books have lost. Only we could: the quote is locked (NUT-20). */
async function endingOfMinting(operation: MintingOperation, gateway: MintGateway): Promise<Ending | null> {
  if (isFinished(operation.state) || operation.quotePubkey === null) return null;
  const quote = await gateway.mintQuote(operation.quoteId);
  if (quote.kind !== 'answer' || quote.value.state !== 'ISSUED') return null;
  return (await isAnySigned(outputsFor(operation, 'issue'), gateway)) === false ? { kind: 'issued' } : null;
}

/** Whether it is certain that the books are behind: an issued quote alone may be a mint's mistake. */
function isProven({ reason, scans }: Recovery): boolean {
  if (reason === 'signed_outputs' || reason === 'spent_proofs') return true;
  return Object.values(scans).some(({ isBehind }) => isBehind);
}

function outputsFor(operation: Operation, purpose: 'melt' | 'issue'): PlannedOutput[] {
  return attemptsFor(operation, purpose).flatMap(({ outputs }) => outputs);
}

async function isAnySigned(outputs: readonly PlannedOutput[], gateway: MintGateway): Promise<boolean | null> {
  if (outputs.length === 0) return false;
  const restored = await gateway.restore(outputs);
  return restored.kind === 'answer' ? restored.value.length > 0 : null;
}
