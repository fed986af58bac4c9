/**
 * A wallet whose books have fallen behind its mint, as after a restore of an old backup. `required` and `running`: nothing
 * new is started with it. `watching`: recovered, but for ecash that the mint still holds in payments.
 */
export type RecoveryState = 'required' | 'running' | 'watching';

/** Which wallet a request is about. `walletId` null: nobody has said which, and an npub's first will do. */
export type WalletName = { npub: string; walletId: string | null };

/** Of new wallets and of those that were migrated. */
export const walletIdPattern = /^[\w.:-]{1,100}$/;

/** One wallet of an npub, which may have several: one for each mint and unit. */
export type Wallet = {
  id: string;
  npub: string;
  mintUrl: string;
  /** The mint's public key (NUT-06): a mint is known by this, its URL may move. Null where the mint publishes none. */
  mintId: string | null;
  unit: string;
  createdAt: Date;
  /** Absent where the books are believed to be up to date. */
  recovery?: RecoveryState;
  /** Why there is a recovery; absent where there is none. */
  recoveryReason?: RecoveryReason;
};

/**
 * What shows that books are behind, from the weakest to the strongest; `asked`: an operator said so. `requested` shows nothing:
 * somebody wants everything looked for, and no counter is moved unless something is found that shows it.
 */
export type RecoveryReason = 'requested' | 'quote_issued' | 'asked' | 'spent_proofs' | 'signed_outputs';

/**
 * How far the signatures of one keyset have been looked through. `next`: the first index not asked about yet. `counter`: that
 * of the keyset when the recovery began, for a pass that is made again to move it no further than the first. `isMoved`: that
 * has been done, with all signatures known.
 */
export type ScanProgress = {
  next: number;
  lastSigned: number | null;
  done: boolean;
  counter: number;
  isMoved: boolean;
};

/** A scan at its beginning, of a keyset whose counter is yet to be told. */
export const unscanned: Omit<ScanProgress, 'counter'> = {
  next: 0,
  lastSigned: null,
  done: false,
  isMoved: false,
};

/** An output that the mint has signed and that was not ours to take when it was looked at. */
export type OutputPlace = { keysetId: string; counter: number };

/** A recovery under way. Sums are in the wallet's unit. */
export type Recovery = {
  walletId: string;
  state: RecoveryState;
  reason: RecoveryReason;
  since: Date;
  /** Grows whenever the books are found behind again, so that no pass ends what it has not looked at. */
  generation: number;
  /** Signatures that verify, on outputs which these books took for new, have shown that they are behind: it stays so. */
  isProven: boolean;
  scans: Record<string, ScanProgress>;
  again: OutputPlace[];
  /** When an operation was first seen without a way to its end, by id. */
  stuckSince: Record<string, Date>;
  /** Payments of the lost time were under way at the mint: it may sign their change where the scans have passed already. */
  rescanDue: boolean;
  restored: bigint;
  restoredProofs: number;
  writtenOff: bigint;
};

/** What a wallet's last recovery came to, in the wallet's unit. */
export type EndedRecovery = Pick<Recovery, 'since' | 'restored' | 'restoredProofs' | 'writtenOff'> & {
  endedAt: Date;
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
