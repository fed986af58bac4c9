import {
  type MeltOperation,
  type MintingOperation,
  meltInputs,
  type Operation,
} from '../../models/operation.ts';
import type { Proof } from '../../models/proof.ts';
import { fencedRest, leftOut } from '../../repositories/decisions.ts';
import type { MintView } from '../melt/decision.ts';
import { inputsView } from '../melt/observe.ts';
import type { ProofState } from '../mint/gateway.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { hasLeft } from './deciding.ts';

/**
 * Why an operation cannot be given up, by what its mint says of it; `why` null where it can. `unspent`: what a fence had left out
 * and the mint calls unspent by now, so that it is not given up with the rest.
 */
export type Grounds = (operation: Operation) => Promise<Ground>;
type Ground = { why: string | null; unspent: Proof[] };

export function createGrounds({ mints }: { mints: Pick<MintDirectory, 'urls' | 'at'> }): Grounds {
  const groundsNow: Grounds = async (operation) => {
    if (operation.kind === 'melt' && fencedRest(operation).length > 0) return ofLeftOut(operation);
    return { why: await againstWriteOff(operation), unspent: [] };
  };

  /** Others have spent it, or it is the wallet's after all. One answer of a mint proves nothing. */
  async function ofLeftOut(operation: MeltOperation): Promise<Ground> {
    const proofs = leftOut(operation);
    const [first, second] = [await statesNow(operation, proofs), await statesNow(operation, proofs)];
    const inBoth = (state: ProofState) =>
      proofs.filter(({ Y }) => first?.get(Y) === state && second?.get(Y) === state);
    const unspent = inBoth('UNSPENT');
    const isClear = unspent.length + inBoth('SPENT').length === proofs.length;
    return { why: isClear ? null : unclear, unspent };
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

  async function inputsNow(operation: Operation, proofs: readonly Proof[]): Promise<MintView['inputs']> {
    const states = await statesNow(operation, proofs);
    return states === null ? 'UNREACHABLE' : inputsView(proofs, states);
  }

  /** What the mint says of proofs (NUT-07), by Y; null where it says nothing. */
  async function statesNow(
    { mintUrl }: Operation,
    proofs: readonly Proof[],
  ): Promise<ReadonlyMap<string, ProofState> | null> {
    if (!mints.urls.includes(mintUrl)) return null;
    const states = await mints.at(mintUrl).gateway.proofStates(proofs.map(({ Y }) => Y));
    return states.kind === 'answer' ? states.value : null;
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

  return groundsNow;
}

const unclear =
  'What is left of its ecash was taken back already, and its mint does not say, twice alike, whether the part that was missing is spent: what is not is the wallet’s. Try again when the mint answers.';

const fenceInstead =
  'Decide “fence”: then it is swapped into ecash that no payment can take, or booked as paid where it was.';

const insteadOf = ({ state }: Operation): string =>
  state === 'needs_attention'
    ? 'Decide “fence” to have it go on from where it was stopped.'
    : 'The server goes on with it by itself, for as long as it takes.';
