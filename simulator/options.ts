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
  /** What one unit is worth on Lightning. Needed for a unit that is none of sat, msat, usd and eur. */
  msatPerUnit?: bigint;
  inputFeePpk?: number;
  keysetVersion?: KeysetVersion;
  feeReservePercent?: number;
  /** In the mint's unit, whatever the name says. */
  feeReserveMinSat?: number;
  /** An outside payer pays every mint quote this long after it was asked for. null = nobody does. */
  autoPayMintQuotesAfterMs?: number | null;
  mintQuoteExpirySeconds?: number;
  meltQuoteExpirySeconds?: number;
  /** How long a connection may be idle: a proxy in front of a mint often keeps it for longer than Node does. */
  keepAliveSeconds?: number;
  /** Where the journal is kept. null = in memory only. */
  journalPath?: string | null;
  /** Milliseconds since 1970. Expiry and timestamps go by it; delays go by real time. */
  clock?: () => number;
};

export type Settings = {
  [Name in keyof SimulatorOptions]-?: Exclude<SimulatorOptions[Name], undefined>;
};

const defaults: Omit<Settings, 'msatPerUnit'> = {
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
  keepAliveSeconds: 5,
  journalPath: null,
  clock: Date.now,
};

/** Whole units as NUT-01 has them: of usd and eur that is a cent, at ten sat by a rate of this toy alone. */
const usualMsatPerUnit: ReadonlyMap<string, bigint> = new Map([
  ['sat', 1_000n],
  ['msat', 1n],
  ['usd', 10_000n],
  ['eur', 10_000n],
]);

/** Throws one clear sentence where nobody says what the unit is worth. */
export function settingsFrom(options: SimulatorOptions): Settings {
  const settings = { ...defaults, ...options };
  const msatPerUnit = options.msatPerUnit ?? usualMsatPerUnit.get(settings.unit);
  if (msatPerUnit === undefined) {
    throw new Error(`what a ${settings.unit} is worth must be said: msatPerUnit, or SIM_MSAT_PER_UNIT`);
  }
  if (msatPerUnit < 1n)
    throw new Error(`a ${settings.unit} must be worth 1 msat or more, not ${msatPerUnit}`);
  return { ...settings, msatPerUnit };
}
