/** The networks that the toy Lightning network can write invoices for (lnbc, lntb, lntbs, lnbcrt). */
export const networkNames = ['bitcoin', 'testnet', 'signet', 'regtest'] as const;
export type NetworkName = (typeof networkNames)[number];

/** The first byte of a keyset id (NUT-02): "00" hashes the keys alone, "01" the unit and the fee too. */
export const keysetVersions = ['00', '01'] as const;
export type KeysetVersion = (typeof keysetVersions)[number];

/** What a simulator may be told. Everything has a default. */
export type SimulatorOptions = {
  host?: string;
  /** 0 = any free port. */
  port?: number;
  /** Every key follows from it: the same seed gives the same keysets after a restart. */
  seed?: string;
  network?: NetworkName;
  unit?: string;
  inputFeePpk?: number;
  keysetVersion?: KeysetVersion;
  feeReservePercent?: number;
  feeReserveMinSat?: number;
  /** An outside payer pays every mint quote this long after it was asked for. null = nobody does. */
  autoPayMintQuotesAfterMs?: number | null;
  mintQuoteExpirySeconds?: number;
  meltQuoteExpirySeconds?: number;
  /** Where the journal is kept. null = in memory only. */
  journalPath?: string | null;
  /** Milliseconds since 1970. Expiry and timestamps go by it; delays go by real time. */
  clock?: () => number;
};

export type Settings = {
  [Name in keyof SimulatorOptions]-?: Exclude<SimulatorOptions[Name], undefined>;
};

const defaults: Settings = {
  host: '127.0.0.1',
  port: 0,
  seed: 'crucible simulator',
  network: 'bitcoin',
  unit: 'sat',
  inputFeePpk: 0,
  keysetVersion: '01',
  feeReservePercent: 1,
  feeReserveMinSat: 2,
  autoPayMintQuotesAfterMs: null,
  mintQuoteExpirySeconds: 3600,
  meltQuoteExpirySeconds: 600,
  journalPath: null,
  clock: Date.now,
};

export function settingsFrom(options: SimulatorOptions): Settings {
  return { ...defaults, ...options };
}
