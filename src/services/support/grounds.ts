import {
  attemptsFor,
  type MeltOperation,
  type MintingOperation,
  meltInputs,
  type Operation,
} from '../../models/operation.ts';
import type { Proof } from '../../models/proof.ts';
import { fencedRest } from '../../repositories/decisions.ts';
import type { RecoveryRepository } from '../../repositories/recoveries.ts';
import type { TokenRepository } from '../../repositories/tokens.ts';
import { proofName } from '../ecash/outputs.ts';
import type { MintView } from '../melt/decision.ts';
import { inputsView } from '../melt/observe.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { Decision } from './contracts.ts';
import { hasLeft } from './deciding.ts';

/** Why a decision cannot be made about an operation, by what others know of it than it itself; null where it can. */
export type Grounds = (operation: Operation, decision: Decision) => Promise<string | null>;

export function createGrounds(parts: {
  tokens: Pick<TokenRepository, 'holding'>;
  recoveries: Pick<RecoveryRepository, 'byId'>;
  mints: Pick<MintDirectory, 'urls' | 'at'>;
}): Grounds {
  const { tokens, recoveries, mints } = parts;

  const whyNotNow: Grounds = (operation, decision) =>
    decision === 'fence' ? againstFence(operation) : againstWriteOff(operation);

  /** What was given up may have been found by a restore since: it is in a token then, and must not be taken back twice. */
  async function againstFence(operation: Operation): Promise<string | null> {
    if (operation.kind !== 'melt' || operation.state !== 'written_off') return null;
    const { walletId } = operation;
    if (((await recoveries.byId(walletId))?.recovery ?? null) !== null) return whileRecovered;
    const inputs = meltInputs(operation).map(({ Y }) => Y);
    if (await isFound(operation, inputs))
      return 'A restore has brought its ecash back, and whatever the wallet has done with it since stands.';
    const given = [...attemptsFor(operation, 'melt'), ...attemptsFor(operation, 'fence')];
    const outputs = given.flatMap((attempt) => attempt.outputs.map(({ secret }) => proofName(secret)));
    if (await isFound(operation, outputs))
      return 'A restore has found what the mint gave for its ecash, so that is spent there: nothing is left to take back.';
    return null;
  }

  /** Whether any of these is in a token that is none of its sources, whatever has become of that: only a restore makes one. */
  async function isFound(
    { walletId, mintUrl, sourceTokenIds }: MeltOperation,
    Ys: readonly string[],
  ): Promise<boolean> {
    const holding = await tokens.holding({ id: walletId, mintUrl }, Ys);
    return holding.some(({ id }) => !sourceTokenIds.includes(id));
  }

  /** What is the wallet's by its mint is not given up: where no fence could take it up again, it must be gone for certain. */
  async function againstWriteOff(operation: Operation): Promise<string | null> {
    switch (operation.kind) {
      case 'minting':
        return againstUnissued(operation);
      case 'receive':
        return null; // the token is with whoever has handed it in, and can be handed in again
      case 'send':
        return unlessSpent(operation, operation.token?.proofs ?? operation.inputs);
      case 'upkeep':
        return unlessSpent(operation, operation.inputs);
      case 'melt':
        if (fencedRest(operation).length > 0) return null;
        return hasLeft(operation)
          ? whereUnspent(operation)
          : unlessSpent(operation, operation.held?.send ?? operation.inputs);
    }
  }

  /** Whatever becomes of a payment request that has left, a fence can still take up what was given up. */
  async function whereUnspent(operation: MeltOperation): Promise<string | null> {
    const inputs = await inputsNow(operation, meltInputs(operation));
    return inputs === 'UNSPENT' ? `The mint calls its ecash unspent. ${fenceInstead}` : null;
  }

  /** Spent, it is with others, or our own request has taken it and a restore finds what was signed. */
  async function unlessSpent(operation: Operation, proofs: readonly Proof[]): Promise<string | null> {
    const first = await inputsNow(operation, proofs);
    // One answer of a mint proves nothing.
    const inputs = first === 'SPENT' ? await inputsNow(operation, proofs) : first;
    switch (inputs) {
      case 'SPENT':
        return null;
      case 'UNSPENT':
        return `The mint calls its ecash unspent, so it is the wallet’s. ${insteadOf(operation)}`;
      case 'PARTLY_SPENT':
        return `The mint calls a part of its ecash unspent, and that part is the wallet’s. ${insteadOf(operation)}`;
      case 'PENDING':
        return `The mint has its ecash in hand just now. ${insteadOf(operation)}`;
      case 'UNREACHABLE':
        return `Its mint does not say whether its ecash is spent, and what is not spent is the wallet’s. Try again when the mint answers. ${insteadOf(operation)}`;
    }
  }

  async function inputsNow({ mintUrl }: Operation, proofs: readonly Proof[]): Promise<MintView['inputs']> {
    if (!mints.urls.includes(mintUrl)) return 'UNREACHABLE';
    const states = await mints.at(mintUrl).gateway.proofStates(proofs.map(({ Y }) => Y));
    return states.kind === 'answer' ? inputsView(proofs, states.value) : 'UNREACHABLE';
  }

  async function againstUnissued(operation: MintingOperation): Promise<string | null> {
    if (await isSurelyIssued(operation)) return null;
    return `Its mint does not say that the quote is issued: if it was paid, the mint owes the ecash to this wallet, and what is given up could not be credited any more. ${insteadOf(operation)}`;
  }

  /** Then a restore finds what was signed to this wallet. One answer of a mint proves nothing. */
  const isSurelyIssued = async (operation: MintingOperation): Promise<boolean> =>
    (await isIssued(operation)) && (await isIssued(operation));

  async function isIssued({ mintUrl, quoteId }: MintingOperation): Promise<boolean> {
    if (!mints.urls.includes(mintUrl)) return false;
    const quote = await mints.at(mintUrl).gateway.mintQuote(quoteId);
    return quote.kind === 'answer' && quote.value.state === 'ISSUED';
  }

  return whyNotNow;
}

export const whileRecovered = 'Its wallet is being restored; decide when that is over.';

const fenceInstead =
  'Decide “fence”: then it is swapped into ecash that no payment can take, or booked as paid where it was.';

const insteadOf = ({ state }: Operation): string =>
  state === 'needs_attention'
    ? 'Decide “fence” to have it go on from where it was stopped.'
    : 'The server goes on with it by itself, for as long as it takes.';
