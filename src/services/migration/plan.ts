import { invariant } from '../../models/errors.ts';
import { type LegacyToken, originName, type Verdict } from '../../models/legacy.ts';
import type { TokenStatus, TransactionType } from '../../models/token.ts';
import type { Wallet } from '../../models/wallet.ts';
import { copiesByPiece, judge, type Naming } from './ownership.ts';
import { type Circumstances, isConsumedCopy, statusHere, typeHere } from './standing.ts';

/** A token to be made: which proofs of which document, and as what. */
export type TokenDraft = {
  id: string;
  wallet: Wallet;
  status: TokenStatus;
  transactionType: TransactionType;
  transactionId: string;
  positions: number[];
};

/** What becomes of one token of the earlier design. `token` is as it will stand in the archive. */
export type TokenDecision = { token: LegacyToken; draft: TokenDraft | null; isChanged: boolean };

/**
 * Decides on every token at once: a pure function of the whole inventory, so that a run that was cut short, and two runs
 * side by side, come to the same end. What was taken over stays as it was decided then.
 */
export function planTokens(tokens: readonly LegacyToken[], known: Circumstances): TokenDecision[] {
  const naming = namesFor(tokens);
  const verdicts = new Map(tokens.map((token) => [token, token.proofs.map(({ verdict }) => verdict)]));
  for (const copies of copiesByPiece(tokens, known).values()) {
    for (const { copy, verdict } of judge(copies, naming)) {
      const ofToken = verdicts.get(copy.token);
      if (ofToken !== undefined) ofToken[copy.position] = verdict;
    }
  }
  return tokens.map((token) => decisionFor(token, verdicts.get(token) ?? [], naming, known));
}

function decisionFor(
  token: LegacyToken,
  verdicts: readonly (Verdict | null)[],
  naming: Naming,
  known: Circumstances,
): TokenDecision {
  const isNewlyMigrated = (position: number): boolean =>
    verdicts[position]?.fate === 'migrated' && token.proofs[position]?.verdict?.fate !== 'migrated';
  const positions = token.proofs.map((_proof, position) => position).filter(isNewlyMigrated);
  const draft = positions.length === 0 ? null : draftOf(token, positions, naming, known);
  return {
    token: {
      ...token,
      proofs: token.proofs.map((proof, position) => ({ ...proof, verdict: verdicts[position] ?? null })),
      madeTokenIds: draft === null ? token.madeTokenIds : [...token.madeTokenIds, draft.id],
    },
    draft,
    isChanged: token.proofs.some(({ verdict }, position) => verdict?.fate !== verdicts[position]?.fate),
  };
}

function draftOf(token: LegacyToken, positions: number[], naming: Naming, known: Circumstances): TokenDraft {
  const wallet = token.npub === null ? undefined : known.walletOf.get(token.npub);
  const status = statusHere(token);
  const transactionType = typeHere(token);
  invariant(
    wallet !== undefined && status !== null && transactionType !== null,
    `${originName(token.origin)}: proofs would be migrated to nowhere`,
  );
  const { tokenId: id, transactionId } = naming(token);
  return { id, wallet, status, transactionType, transactionId, positions };
}

/**
 * Names for new tokens. Ids are kept; a transaction id is kept where the npub has it once, else the document's id makes it
 * the only one. A document from which a token was made before, of which something was resolved since, counts on.
 */
function namesFor(tokens: readonly LegacyToken[]): Naming {
  const ids = countBy(tokens, ({ origin }) => origin.id);
  const purposeOf = ({ npub, transactionId }: LegacyToken): string => `${npub} ${transactionId}`;
  const purposes = countBy(
    tokens.filter((token) => token.proofs.length > 0 && !isConsumedCopy(token)),
    purposeOf,
  );
  return (token) => {
    const { origin, transactionId, madeTokenIds } = token;
    const isOnly = ids.get(origin.id) === 1;
    const late = madeTokenIds.length === 0 ? '' : `_late${madeTokenIds.length}`;
    const tokenId = `${isOnly ? origin.id : `${origin.id}_${origin.collection}`}${late}`;
    const kept = transactionId !== null && purposes.get(purposeOf(token)) === 1 && late === '';
    return { tokenId, transactionId: kept ? transactionId : `${transactionId ?? 'legacy'}_${tokenId}` };
  };
}

function countBy<T>(items: readonly T[], name: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(name(item), (counts.get(name(item)) ?? 0) + 1);
  return counts;
}
