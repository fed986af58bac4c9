import { getDecodedToken, getEncodedToken, hashToCurve, type Proof } from '@cashu/cashu-ts';
import type { Reply } from '../world.ts';
import type { Owner, Town } from './town.ts';

/** A token that somebody was given to pass on. */
export type Handed = {
  owner: Owner;
  id: string;
  text: string;
  /** Its recipient, where it is locked; `stranger` is nobody here. */
  lock: Owner | 'stranger' | null;
  /** From when on its sender may have it back; null where nothing but its lock counts. */
  locktimeMs: number | null;
};

/** An invoice that somebody was asked to pay. */
export type Bill = {
  paymentHash: string;
  invoice: string;
  amount: number;
  /** The payee takes his time until somebody decides for him. */
  hangs: boolean;
  /** Decided before the payment had come to him: he is told when it has. */
  decision: 'paid' | 'failed' | null;
};

/** An invoice of the mint’s own, for a wallet that is to be funded. */
export type Quote = { owner: Owner; id: string; quoteId: string; invoice: string; isPaid: boolean };

/** What an owner was told is so, and stays so. */
export type Promised = {
  id: string;
  what: 'received' | 'sent' | 'reclaimed' | 'paid' | 'not paid';
  /** What the wallet has more or less by it in the end; null where the answer says nothing final. */
  movedSat: number | null;
  /** Of a payment: whose invoice. */
  paymentHash?: string;
};

/** The transaction that an answer names. */
export const transactionOf = ({ body }: Reply): string | null =>
  typeof body['transactionId'] === 'string' ? body['transactionId'] : null;

export async function proofsIn(town: Town, text: string): Promise<Proof[]> {
  const { keysets } = await town.world.sim.books();
  return getDecodedToken(
    text,
    keysets.map(({ id }) => id),
  ).proofs;
}

/** Some of a token’s proofs as a token of their own. */
export const tokenOf = (town: Town, proofs: Proof[]): string =>
  getEncodedToken({ mint: town.world.simulator.url, unit: 'sat', proofs });

export const nameOf = ({ secret }: Proof): string => hashToCurve(Buffer.from(secret, 'utf8')).toHex(true);

export const sumOf = (proofs: readonly Proof[]): number =>
  proofs.reduce((sum, { amount }) => sum + Number(amount), 0);

/** What of these proofs the mint would still take. */
export async function unspentOf(town: Town, proofs: Proof[]): Promise<number> {
  const spent = await spentNames(town);
  return sumOf(proofs.filter((proof) => !spent.has(nameOf(proof))));
}

export async function spentNames(town: Town): Promise<Set<string>> {
  const { proofs } = await town.world.sim.ledger();
  return new Set(proofs.filter(({ state }) => state === 'SPENT').map(({ Y }) => Y));
}
