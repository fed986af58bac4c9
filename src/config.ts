import { availableParallelism } from 'node:os';
import { heapLimitIn } from './models/heapLimit.ts';
import { isNetwork } from './models/networkAddress.ts';
import { type Secrets, secretFiles, secretsFrom } from './secrets.ts';
import { type Environment, readSettings, type Settings } from './settings.ts';

export { type Secrets, secretFiles } from './secrets.ts';
export { ConfigError } from './settings.ts';

export const networks = ['bitcoin', 'testnet', 'signet', 'regtest'] as const;
/** Which Lightning invoices are taken (BOLT-11 prefixes lnbc, lntb, lntbs, lnbcrt). */
export type Network = (typeof networks)[number];

/** Everything that the server may be told, checked and frozen. Secrets stand apart in `Secrets`. */
export type Config = {
  host: string;
  port: number;
  /** Scheme, host and port by which clients know this server, e.g. `https://api.example.com`; null = not told. */
  publicOrigin: string | null;
  mongoUri: string;
  /** So many transactions of one instance run at once; the others wait for their wallet's turn. */
  databaseTransactions: number;
  /** The mints that wallets may use; the first is the default. */
  mintUrls: readonly string[];
  /** Addresses and networks (CIDR) in which mints may be though they are private or reserved; else no such is called. */
  privateMintNetworks: readonly string[];
  network: Network;
  /** How long after the last melt attempt an untouched melt may be fenced off. */
  fenceDelayMs: number;
  /** How long a request waits for its payment before it answers 202. */
  answerWithinMs: number;
  /** How old an operation must be before a worker takes over what its creator left. */
  orphanAfterMs: number;
  leaseMs: number;
  workerIntervalMs: number;
  /** How often each instance looks for wallets whose ecash should be swapped into better; 0 = never. */
  upkeepIntervalMs: number;
  /** How often each wallet's books are held against its mint; 0 = never. */
  solvencyIntervalMs: number;
  /** How long ago a token must have been spent to be archived; 0 = none is. */
  archiveAfterMs: number;
  /** Highest fee (reserve + input fees) that a melt may cost: base + percent of the amount, in the wallet's unit. */
  feeCapBase: bigint;
  feeCapPercent: bigint;
  /** Share of the wallets whose payments take proofs that fit to the unit as they are; in the others they are swapped first. */
  directMeltPercent: number;
  /** Share of the wallets in which a payment compares up to 100 other proofs with the mint besides its own. */
  fullPreflightPercent: number;
  /** Until a mint must have taken up a connection, TLS included. */
  mintConnectTimeoutMs: number;
  /** Short mint calls: information and states; half as much again for quotes, twice as much for swapping and minting. */
  mintTimeoutMs: number;
  /** The melt call itself, which lasts as long as the Lightning payment. */
  meltTimeoutMs: number;
  /** So many payments may be on their way through one mint at once, each on a connection of its own. */
  paymentsPerMint: number;
  /** So many of a wallet's melts may be open at once; well below `paymentsPerMint`, so that no wallet takes all places. */
  openMeltsPerWallet: number;
  /** So many mint quotes of a wallet may be watched at once; an unpaid one is, until 30 days after it has expired. */
  openMintingsPerWallet: number;
  /** How many tokens of a wallet may be out, or being made, at a time: each is watched until it is claimed or reclaimed. */
  openSendsPerWallet: number;
  /** How many tokens a wallet may be receiving at a time. */
  openReceivesPerWallet: number;
  /** So many threads do curve arithmetic, beside the one that answers requests; 0 = that one does it. */
  curveThreads: number;
  /** So long reports are kept that are closed, or that a person has called resolved; 0 = for ever. */
  reportRetentionDays: number;
  /** Directory of the reports that wait for the database; instances of one deployment may share it. */
  spoolDirectory: string;
  /** Where heap snapshots may be written, which hold every secret; null = nowhere. */
  heapSnapshotDirectory: string | null;
  /** In bytes, as Node was told; null = it was not. */
  heapLimitBytes: number | null;
  /** `off` in the development profile alone. How much is allowed is stored in the database (`crucible limits`). */
  rateLimit: (typeof switchPositions)[number];
  /** Addresses, networks (CIDR) and Express' names of networks whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  /** Origins of pages whose programs may call from browsers. */
  corsOrigins: readonly string[];
  logLevel: LogLevel;
};

const switchPositions = ['on', 'off'] as const;

export const logLevels = ['error', 'warn', 'info', 'debug', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Reads the environment once, and the files that it names.
 * @throws ConfigError with a line for every setting that is wrong, missing or unknown
 */
export function loadConfig(environment: Environment = process.env): { config: Config; secrets: Secrets } {
  const settings = readSettings(environment, secretFiles);
  const loaded = { config: configFrom(settings), secrets: secretsFrom(settings) };
  settings.complete();
  return { config: Object.freeze(loaded.config), secrets: Object.freeze(loaded.secrets) };
}

/** Every variable that a server reads; those of `secretFiles` may have `_FILE` at their end. */
export function settingNames(): string[] {
  const settings = readSettings({}, secretFiles);
  configFrom(settings);
  secretsFrom(settings);
  return settings.names();
}

function configFrom(settings: Settings): Config {
  return {
    host: settings.text('HOST') ?? '127.0.0.1',
    port: settings.integer('PORT', 3000, 0, 65_535),
    publicOrigin: publicOrigin(settings),
    mongoUri: mongoUri(settings),
    databaseTransactions: settings.integer('CRUCIBLE_DATABASE_TRANSACTIONS', 8, 1, 40),
    mintUrls: mintUrls(settings),
    privateMintNetworks: privateMintNetworks(settings),
    network: settings.oneOf('CRUCIBLE_NETWORK', networks, 'bitcoin'),
    fenceDelayMs: settings.integer('CRUCIBLE_FENCE_DELAY_MS', 120_000, 0, 86_400_000),
    answerWithinMs: settings.integer('CRUCIBLE_ANSWER_WITHIN_MS', 30_000, 0, 300_000),
    orphanAfterMs: settings.integer('CRUCIBLE_ORPHAN_AFTER_MS', 60_000, 0, 3_600_000),
    leaseMs: settings.integer('CRUCIBLE_LEASE_MS', 2_000, 100, 600_000),
    workerIntervalMs: settings.integer('CRUCIBLE_WORKER_INTERVAL_MS', 500, 10, 60_000),
    upkeepIntervalMs: settings.integer('CRUCIBLE_UPKEEP_INTERVAL_MS', 60_000, 0, 86_400_000),
    solvencyIntervalMs: settings.integer('CRUCIBLE_SOLVENCY_INTERVAL_MS', 3_600_000, 0, 604_800_000),
    archiveAfterMs: settings.integer('CRUCIBLE_ARCHIVE_AFTER_MS', 86_400_000, 0, 31_536_000_000),
    feeCapBase: BigInt(settings.integer('CRUCIBLE_FEE_CAP_BASE', 100, 0, Number.MAX_SAFE_INTEGER)),
    feeCapPercent: BigInt(settings.integer('CRUCIBLE_FEE_CAP_PERCENT', 10, 0, 100)),
    directMeltPercent: settings.integer('CRUCIBLE_DIRECT_MELT_PERCENT', 100, 0, 100),
    fullPreflightPercent: settings.integer('CRUCIBLE_FULL_PREFLIGHT_PERCENT', 100, 0, 100),
    mintConnectTimeoutMs: settings.integer('CRUCIBLE_MINT_CONNECT_TIMEOUT_MS', 3_000, 100, 120_000),
    mintTimeoutMs: settings.integer('CRUCIBLE_MINT_TIMEOUT_MS', 10_000, 100, 120_000),
    meltTimeoutMs: settings.integer('CRUCIBLE_MELT_TIMEOUT_MS', 280_000, 100, 3_600_000),
    paymentsPerMint: settings.integer('CRUCIBLE_PAYMENTS_PER_MINT', 256, 1, 10_000),
    openMeltsPerWallet: settings.integer('CRUCIBLE_OPEN_MELTS_PER_WALLET', 100, 1, 10_000),
    openMintingsPerWallet: settings.integer('CRUCIBLE_OPEN_MINTINGS_PER_WALLET', 1_000, 1, 100_000),
    openSendsPerWallet: settings.integer('CRUCIBLE_OPEN_SENDS_PER_WALLET', 1_000, 1, 100_000),
    openReceivesPerWallet: settings.integer('CRUCIBLE_OPEN_RECEIVES_PER_WALLET', 100, 1, 10_000),
    curveThreads: settings.integer('CRUCIBLE_CURVE_THREADS', spareCores(), 0, 256),
    reportRetentionDays: settings.integer('CRUCIBLE_REPORT_RETENTION_DAYS', 400, 0, 36_500),
    spoolDirectory: settings.text('CRUCIBLE_SPOOL_DIR') ?? 'spool',
    heapSnapshotDirectory: settings.text('CRUCIBLE_HEAP_SNAPSHOT_DIR'),
    heapLimitBytes: heapLimitIn(settings.text('NODE_OPTIONS') ?? '', ...process.execArgv),
    rateLimit: settings.oneOf('CRUCIBLE_RATE_LIMIT', switchPositions, 'on'),
    trustedProxies: trustedProxies(settings),
    corsOrigins: corsOrigins(settings),
    logLevel: settings.oneOf('CRUCIBLE_LOG_LEVEL', logLevels, 'info'),
  };
}

/** One is kept for the thread that answers requests. */
const spareCores = (): number => Math.min(256, Math.max(1, availableParallelism() - 1));

/** Scheme, perhaps user and password, hosts, perhaps database and options; the driver has the last word. */
const mongoAddress = /^mongodb(\+srv)?:\/\/([^@/?#\s]+@)?[^@/?#\s]+(\/[^@/?#\s]*)?(\?\S*)?$/;

function mongoUri(settings: Settings): string {
  const name = 'MONGODB_URI';
  const address = 'mongodb://localhost:27017/crucible?replicaSet=rs0';
  const text = settings.required(name, `a MongoDB replica set, e.g. ${address}`);
  return mongoAddress.test(text)
    ? text
    : settings.refuse(
        name,
        `${name} must be an address of MongoDB, e.g. ${address}; in user and password, characters such as @ : / ? # % are written as %40 and the like.`,
        '',
      );
}

function publicOrigin(settings: Settings): string | null {
  const name = 'CRUCIBLE_PUBLIC_ORIGIN';
  const text = settings.text(name);
  if (text === null) return null;
  return originIn(text) ?? settings.refuse(name, `${name} must be ${anOrigin}`, null);
}

function corsOrigins(settings: Settings): readonly string[] {
  const name = 'CRUCIBLE_CORS_ORIGINS';
  const origins = settings.listed(name).map(originIn);
  const right = origins.filter((origin) => origin !== null);
  if (right.length < origins.length)
    return settings.refuse(name, `${name} must be, separated by commas, ${anOrigin}`, []);
  return Object.freeze(right);
}

const anOrigin = 'scheme, host and perhaps port, e.g. https://api.example.com.';

function originIn(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  // Compared with its own whole address, so that a path, a query or a password is noticed, and does not get lost.
  const isPlain = url !== null && url.href === `${url.origin}/` && !url.hostname.includes('*');
  return isPlain && /^https?:$/.test(url.protocol) ? url.origin : null;
}

/** Networks by the names that Express has for them. */
const namedNetworks = ['loopback', 'linklocal', 'uniquelocal'];

function trustedProxies(settings: Settings): readonly string[] {
  const name = 'CRUCIBLE_TRUSTED_PROXIES';
  const texts = settings.listed(name);
  if (texts.every((text) => namedNetworks.includes(text) || isNetwork(text))) return Object.freeze(texts);
  return settings.refuse(
    name,
    `${name} must hold addresses (10.0.0.7), networks (10.0.0.0/8) or ${namedNetworks.join(', ')}, separated by commas.`,
    [],
  );
}

function privateMintNetworks(settings: Settings): readonly string[] {
  const name = 'CRUCIBLE_PRIVATE_MINT_NETWORKS';
  const texts = settings.listed(name);
  if (texts.every(isNetwork)) return Object.freeze(texts);
  return settings.refuse(
    name,
    `${name} must hold addresses (10.0.0.7) or networks (10.0.0.0/8), separated by commas.`,
    [],
  );
}

function mintUrls(settings: Settings): readonly string[] {
  const name = 'MINT_URL';
  const raw = settings.required(name, 'the mint to use, or several separated by commas');
  const texts = raw.split(',').map((part) => part.trim().replace(/\/+$/, ''));
  if (!texts.every((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)))
    return settings.refuse(name, `${name} must hold http(s) addresses separated by commas.`, []);
  if (!texts.every(isPlain)) {
    return settings.refuse(
      name,
      `${name} must hold plain addresses: no user or password, no query (?) and no fragment (#). They are shown to clients.`,
      [],
    );
  }
  return Object.freeze(texts);
}

/** A mint's address is shown to everybody: in /readyz, and to each wallet. */
function isPlain(address: string): boolean {
  const { username, password } = new URL(address);
  return username === '' && password === '' && !/[?#]/.test(address);
}
