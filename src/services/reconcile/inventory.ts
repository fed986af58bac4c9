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

/** `after`: the last token that was compared. */
export type Part = { isLast: true } | { isLast: false; after: string };

/** `missingIn`: tokens no later than `after`. */
type Walk = { after: string; missingIn: readonly string[] };

export type Inventory = {
  /**
   * Compares what the books hold of a wallet with its mint, in portions: whatever a person or an operation has, what was
   * spent last, and outputs of open operations that nobody else should know. Calls `visit` with what differs in each.
   * @throws DomainError MINT_UNAVAILABLE, MINT_ERROR where the mint has told nothing at all
   */
  take(wallet: Wallet, visit: Visit): Promise<Tally>;
  /**
   * The same of a part of the wallet, for whoever nobody waits for: some hundred proofs where a walk goes on (null: from the beginning),
   * and without what only operations hold. Tokens in which something was missing before are compared again: that may have been put right.
   * @throws DomainError MINT_UNAVAILABLE, MINT_ERROR where no token of the part was compared
   */
  takePart(wallet: Wallet, walk: Walk | null, visit: Visit): Promise<Part>;
};

type Visit = (found: readonly Finding[]) => Promise<void>;

const maxProofs = 10_000;
const maxSpentTokens = 50;
const tokensAtOnce = 50;
/** With so many, a part ends: a mint that is asked a hundred questions in a row has no time for payments. */
const proofsPerPart = 500;
/** A slow mint may be asked a hundred times: whoever waits for the answer hears then what is known. */
const patienceMs = 20_000;

export function createInventory(parts: {
  booked: BookedProofReads;
  tokens: Pick<TokenRepository, 'besides'>;
  openOutputs: Pick<OpenOutputReads, 'sample'>;
  comparison: Comparison;
}): Inventory {
  const { booked, tokens, openOutputs, comparison } = parts;

  async function take(wallet: Wallet, visit: Visit): Promise<Tally> {
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

    const [good, { spent, planned }, held] = await Promise.all([
      booked.believedGood(wallet.id, maxProofs + 1),
      besides(wallet),
      booked.held(wallet.id, maxProofs),
    ]);
    await portion(spent, planned);
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

  async function takePart(wallet: Wallet, walk: Walk | null, visit: Visit): Promise<Part> {
    const { after = null, missingIn = [] } = walk ?? {};
    const giveUpAt = performance.now() + patienceMs;
    const ids = await booked.believedGoodAfter(wallet.id, after, proofsPerPart);
    let last = after;
    let proofs = 0;

    async function portion(beliefs: readonly Belief[]): Promise<void> {
      const { found } = await comparison.compare(wallet, beliefs);
      if (found.length > 0) await visit(found);
    }

    /** @returns how many proofs of these tokens were compared */
    async function portionOf(tokenIds: readonly string[]): Promise<number> {
      const good = (await booked.stillGood(wallet.id, tokenIds)).flatMap(beliefsIn);
      await portion(good);
      return good.length;
    }

    for (let start = 0; start < missingIn.length; start += tokensAtOnce)
      await portionOf(missingIn.slice(start, start + tokensAtOnce));
    try {
      if (after === null) {
        const { spent, planned } = await besides(wallet);
        await portion([...spent, ...planned]);
      }
      for (let start = 0; start < ids.length; start += tokensAtOnce) {
        const isEnough = proofs >= proofsPerPart || performance.now() >= giveUpAt;
        if (start > 0 && isEnough) return partUntil(last, false);
        const some = ids.slice(start, start + tokensAtOnce);
        proofs += await portionOf(some);
        last = some.at(-1) ?? last;
      }
    } catch (error) {
      if (!isMintTrouble(error) || last === after) throw error;
      return partUntil(last, false);
    }
    return partUntil(last, ids.length < proofsPerPart);
  }

  /** What was spent last, and outputs that nobody else should know. */
  async function besides(wallet: Wallet): Promise<{ spent: Belief[]; planned: Belief[] }> {
    const [{ spent }, planned] = await Promise.all([
      tokens.besides(wallet.id, maxSpentTokens),
      openOutputs.sample(wallet.id),
    ]);
    return { spent: spent.flatMap(beliefsIn), planned: planned.map(beliefIn) };
  }

  return { take, takePart };
}

/** Where no token was compared and nothing was in the way, there is none. */
const partUntil = (last: string | null, isLast: boolean): Part =>
  isLast || last === null ? { isLast: true } : { isLast: false, after: last };
