import type { Wallet } from '../../models/wallet.ts';
import type { BookedProofReads } from '../../repositories/bookedProofs.ts';
import type { OpenOutputReads } from '../../repositories/openOutputs.ts';
import type { TokenRepository } from '../../repositories/tokens.ts';
import { beliefIn, beliefsIn } from '../melt/books.ts';
import type { Comparison, Finding } from '../melt/comparison.ts';
import type { Belief } from '../melt/discrepancy.ts';
import type { ProofState } from '../mint/gateway.ts';
import { isMintTrouble } from '../mint/mintError.ts';

/** How many proofs were compared, and as what the mint has them. `isWhole`: none that is believed good was left out. */
export type Tally = { total: number; states: Record<ProofState, number>; isWhole: boolean };

export type Inventory = {
  /**
   * Compares what the books hold of a wallet with its mint, in portions: whatever a person or an operation has, what was
   * spent last, and outputs of open operations that nobody else should know. Calls `visit` with what differs in each.
   * @throws DomainError MINT_UNAVAILABLE, MINT_ERROR where the mint has told nothing at all
   */
  take(wallet: Wallet, visit: (found: readonly Finding[]) => Promise<void>): Promise<Tally>;
};

const maxProofs = 10_000;
const maxSpentTokens = 50;
const tokensAtOnce = 50;
/** A slow mint may be asked a hundred times: whoever waits for the answer hears then what is known. */
const patienceMs = 20_000;

export function createInventory(parts: {
  booked: BookedProofReads;
  tokens: Pick<TokenRepository, 'besides'>;
  openOutputs: Pick<OpenOutputReads, 'sample'>;
  comparison: Comparison;
}): Inventory {
  const { booked, tokens, openOutputs, comparison } = parts;

  async function take(wallet: Wallet, visit: (found: readonly Finding[]) => Promise<void>): Promise<Tally> {
    const giveUpAt = performance.now() + patienceMs;
    const tally: Tally = { total: 0, states: { UNSPENT: 0, PENDING: 0, SPENT: 0 }, isWhole: true };

    /** What counts as the wallet's, and what is looked at beside. */
    async function portion(mine: readonly Belief[], others: readonly Belief[] = []): Promise<void> {
      const { states, found } = await comparison.compare(wallet, [...mine, ...others]);
      count(states, mine);
      if (found.length > 0) await visit(found);
    }

    function count(states: ReadonlyMap<string, ProofState>, proofs: readonly { Y: string }[]): void {
      for (const { Y } of proofs) {
        const state = states.get(Y);
        if (state === undefined) continue;
        tally.total += 1;
        tally.states[state] += 1;
      }
    }

    const [good, { spent }, planned, held] = await Promise.all([
      booked.believedGood(wallet.id, maxProofs + 1),
      tokens.besides(wallet.id, maxSpentTokens),
      openOutputs.sample(wallet.id),
      booked.held(wallet.id, maxProofs),
    ]);
    await portion(spent.flatMap(beliefsIn), planned.map(beliefIn));
    try {
      count(
        await comparison.states(wallet, held),
        held.map((Y) => ({ Y })),
      );
      for (let start = 0; start < good.length && tally.isWhole; start += tokensAtOnce) {
        const outlines = await booked.stillGood(wallet.id, good.slice(start, start + tokensAtOnce));
        const proofs = outlines.flatMap(beliefsIn);
        const room = performance.now() < giveUpAt ? maxProofs - tally.total : 0;
        tally.isWhole = proofs.length <= room;
        await portion(proofs.slice(0, room));
      }
    } catch (error) {
      // What it has said so far has been acted on, perhaps.
      if (!isMintTrouble(error) || tally.total === 0) throw error;
      tally.isWhole = false;
    }
    return tally;
  }

  return { take };
}
