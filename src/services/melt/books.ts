import { takeInTurn } from '../../models/takeInTurn.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { OpenOutputReads, PlannedProof } from '../../repositories/openOutputs.ts';
import type { TokenOutline } from '../../repositories/tokenReads.ts';
import type { TokenRepository } from '../../repositories/tokens.ts';
import type { Belief } from './discrepancy.ts';

/** What our books say of a wallet's proofs. */
export type Books = {
  /** Proofs that nobody has selected and that may still have gone wrong: at most 100. */
  others(wallet: Wallet): Promise<Belief[]>;
  /** Where these proofs are now, in the order given. */
  again(wallet: Wallet, beliefs: readonly Belief[]): Promise<Belief[]>;
};

const maxOthers = 100;
const nowhere = { in: 'nothing' } as const;

export function createBooks(parts: { tokens: TokenRepository; openOutputs: OpenOutputReads }): Books {
  const { tokens, openOutputs } = parts;
  return {
    async others(wallet) {
      const [{ waiting, spent }, planned] = await Promise.all([
        tokens.besides(wallet.id, maxOthers),
        openOutputs.sample(wallet.id),
      ]);
      const groups = [waiting.flatMap(beliefsIn), planned.map(beliefIn), spent.flatMap(beliefsIn)];
      return takeInTurn(groups, maxOthers);
    },

    async again(wallet, beliefs) {
      const operationIds = beliefs.flatMap(({ place }) =>
        place.in === 'operation' ? [place.operationId] : [],
      );
      const [holding, planned] = await Promise.all([
        tokens.holding(
          wallet,
          beliefs.map(({ Y }) => Y),
        ),
        openOutputs.of(wallet.id, [...new Set(operationIds)]),
      ]);
      // An output that a token holds by now is the token's.
      const now = [...planned.map(beliefIn), ...holding.flatMap(beliefsIn)];
      const byY = new Map(now.map((belief) => [belief.Y, belief]));
      return beliefs.map((belief) => byY.get(belief.Y) ?? { ...belief, place: nowhere });
    },
  };
}

/** What a token says of its proofs. */
export function beliefsIn({ id, version, status, reservedBy, proofs }: TokenOutline): Belief[] {
  const place = { in: 'token', tokenId: id, version, status, reservedBy } as const;
  return proofs.map(({ Y, amount }) => ({ Y, amount, place }));
}

/** What an open operation says of an output. */
export function beliefIn({ operationId, Y, amount }: PlannedProof): Belief {
  return { Y, amount, place: { in: 'operation', operationId } };
}
