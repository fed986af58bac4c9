/** One wallet of an npub: one mint, one unit. */
export type Wallet = {
  id: string;
  npub: string;
  mintUrl: string;
  /** The mint's public key (NUT-06): a mint is known by this, its URL may move. Null where the mint publishes none. */
  mintId: string | null;
  unit: string;
  createdAt: Date;
};

/**
 * What a wallet holds, in its unit. `unspent` = everything not known spent, `reserved` = its part held by open
 * operations, `spendable` = the rest, `pending` = mint quotes not paid yet.
 */
export type Balance = {
  unspent: bigint;
  reserved: bigint;
  spendable: bigint;
  pending: bigint;
  spent: bigint;
};

export type WalletStatistics = {
  tokens: { pending: number; unspent: number; spent: number; failed: number };
  proofs: number;
  melts: { open: number; paid: number; failed: number };
};
