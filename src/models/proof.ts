/** NUT-12 proof that the mint signed with the key it published; `r` is our blinding factor, so this is a secret. */
export type Dleq = { e: string; s: string; r: string };

/**
 * One unit of ecash (NUT-00). Bearer money: whoever knows `secret` and `C` owns it.
 * `Y = hash_to_curve(secret)` names a proof without giving it away; look-ups and logs use Y alone.
 */
export type Proof = {
  Y: string;
  keysetId: string;
  amount: bigint;
  secret: string;
  C: string;
  dleq?: Dleq;
  /** What unlocks it, where it is locked (NUT-11). */
  witness?: string;
};

/** What a planned output is for: `send` feeds a melt, `token` is handed out, `keep` is change of a swap, `blank` waits for Lightning change (NUT-08). */
export type OutputRole = 'send' | 'keep' | 'blank' | 'issue' | 'release' | 'token';

/**
 * A blinded message that we derived (NUT-13) and persisted before any mint saw it, with all that is needed to unblind
 * what comes back. A blank has amount 0: the mint fills it in.
 */
export type PlannedOutput = {
  role: OutputRole;
  amount: bigint;
  keysetId: string;
  counter: number;
  B_: string;
  secret: string;
  blindingFactor: bigint;
};

/** A mint's signature on one of our outputs, as it stands in replies (NUT-00). */
export type BlindSignature = {
  keysetId: string;
  amount: bigint;
  C_: string;
  dleq?: { e: string; s: string };
};

/** The most that a wallet's sums may come to: what JSON says exactly. */
export const largestSum = BigInt(Number.MAX_SAFE_INTEGER);

/** Σ amounts. */
export function sumAmounts(items: readonly { amount: bigint }[]): bigint {
  return items.reduce((sum, item) => sum + item.amount, 0n);
}
