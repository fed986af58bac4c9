import { type MintingOperation, meltInputs, type Operation } from '../../models/operation.ts';
import type { RecoveryRepository } from '../../repositories/recoveries.ts';
import type { TokenRepository } from '../../repositories/tokens.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { Decision } from './contracts.ts';

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
    if (((await recoveries.byId(walletId))?.recovery ?? null) !== null)
      return 'Its wallet is being restored; look at it again when that is over.';
    const inputs = meltInputs(operation).map(({ Y }) => Y);
    if (await isFound(operation, inputs))
      return 'A restore has brought its ecash back, and whatever the wallet has done with it since stands.';
    return null;
  }

  /** Whether a token has any of these that is none of its sources, whatever has become of that token: only a restore makes one. */
  async function isFound(
    { walletId, mintUrl, sourceTokenIds }: Extract<Operation, { kind: 'melt' }>,
    Ys: readonly string[],
  ): Promise<boolean> {
    const holding = await tokens.holding({ id: walletId, mintUrl }, Ys);
    return holding.some(({ id }) => !sourceTokenIds.includes(id));
  }

  /** What is the wallet's by its mint is not given up: nothing else could bring it home any more. */
  async function againstWriteOff(operation: Operation): Promise<string | null> {
    if (operation.kind !== 'minting' || (await isSurelyIssued(operation))) return null;
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

const insteadOf = ({ state }: Operation): string =>
  state === 'needs_attention'
    ? 'Decide “fence” to have it go on from where it was stopped.'
    : 'The server goes on with it by itself, for as long as it takes.';
