import type { Lag, Usage } from '../ipc.ts';
import type { Invoice, Load } from '../load.ts';

export const contestantNames = ['crucible', 'plain', 'coco'] as const;
export type ContestantName = (typeof contestantNames)[number];

/** Where wallets hold their ecash, and who writes the invoices that they pay. */
export type Mint = { mintUrl: string };

/** Somebody who pays invoices out of many wallets. */
export type Contestant = {
  name: ContestantName;
  /** Its processes by name, the one that holds the wallets first; several of one name as one. */
  usage(): Promise<Record<string, Usage>>;
  /** New wallets instead of the old ones: each is paid into in these parts, in sat. */
  fund(parts: readonly number[][]): Promise<void>;
  pay(invoices: readonly Invoice[][], limitMs: number): Promise<Load>;
  /** All wallets together, in sat. */
  heldSat(): Promise<number>;
  /** How long its transactions took that book a payment, as counts by upper bound in seconds; null = it has no database. */
  bookSeconds(): Promise<ReadonlyMap<number, number> | null>;
  end(): Promise<void>;
};

export type { Lag };
