import type { Discrepancy } from '../../models/discrepancy.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { ProofState } from '../mint/gateway.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';
import type { Books } from './books.ts';
import { type Belief, classify, confirm, type Place, type Sighting } from './discrepancy.ts';

/** A difference that was seen twice, and where the proof stands. */
export type Finding = { discrepancy: Discrepancy; place: Place };

/** `states`: what the mint said first, by Y. `suspicious`: how many proofs differed then; `found`: those that still did. */
export type Compared = { states: ReadonlyMap<string, ProofState>; suspicious: number; found: Finding[] };

export type Comparison = {
  /**
   * Holds what our books say of proofs against the mint (NUT-07). A difference counts if it is there when both are asked
   * again; one of a proof that an operation has reserved is that operation's. Changes nothing.
   * @throws DomainError MINT_UNAVAILABLE, MINT_ERROR
   */
  compare(wallet: Wallet, beliefs: readonly Belief[]): Promise<Compared>;
  /** What the mint says of proofs, by Y. @throws DomainError MINT_UNAVAILABLE, MINT_ERROR */
  states(wallet: Wallet, Ys: readonly string[]): Promise<ReadonlyMap<string, ProofState>>;
};

export function createComparison(parts: { books: Pick<Books, 'again'>; mints: MintDirectory }): Comparison {
  const { books, mints } = parts;

  async function compare(wallet: Wallet, beliefs: readonly Belief[]): Promise<Compared> {
    const states = await ask(wallet, beliefs);
    const seen = beliefs.flatMap((belief): Sighting[] => {
      const mint = states.get(belief.Y);
      return mint === undefined ? [] : [{ belief, mint }];
    });
    const suspicious = seen.filter(
      (sighting) => isFree(sighting.belief.place) && classify(sighting) !== null,
    );
    const found = suspicious.length === 0 ? [] : await lookAgain(wallet, suspicious);
    return { states, suspicious: suspicious.length, found };
  }

  /** The mint first, then our books: whatever of ours spent a proof before the mint answered is in them by then. */
  async function lookAgain(wallet: Wallet, suspicious: readonly Sighting[]): Promise<Finding[]> {
    const beliefs = suspicious.map(({ belief }) => belief);
    const states = await ask(wallet, beliefs);
    const present = new Map((await books.again(wallet, beliefs)).map((belief) => [belief.Y, belief]));
    return suspicious.flatMap((first) => {
      const [belief, mint] = [present.get(first.belief.Y), states.get(first.belief.Y)];
      if (belief === undefined || mint === undefined) return [];
      const discrepancy = confirm(first, { belief, mint });
      return discrepancy === null ? [] : [{ discrepancy, place: belief.place }];
    });
  }

  const ask = (wallet: Wallet, beliefs: readonly Belief[]) =>
    states(
      wallet,
      beliefs.map(({ Y }) => Y),
    );

  async function states(wallet: Wallet, Ys: readonly string[]): Promise<ReadonlyMap<string, ProofState>> {
    return answered(await mints.at(wallet.mintUrl).gateway.proofStates(Ys), 'tell the states of proofs');
  }

  return { compare, states };
}

const isFree = (place: Place): boolean => place.in !== 'token' || place.reservedBy === null;
