import { readFileSync } from 'node:fs';
import { validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { isNetwork } from './models/networkAddress.ts';

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
  /** Highest fee (reserve + input fees) that a melt may cost: base + percent of the amount, in the wallet's unit. */
  feeCapBase: bigint;
  feeCapPercent: bigint;
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
  /** Directory of the reports that wait for the database; instances of one deployment may share it. */
  spoolDirectory: string;
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

/** Kept out of `Config` so that nothing logs or serves them by accident. */
export type Secrets = {
  /** BIP-39 words from which every wallet's seed follows. */
  mnemonic: string;
  /** 32 bytes that seal the data keys, which seal proof secrets and blinding data at rest. */
  masterKey: Uint8Array;
  /** Master keys that seal nothing, and open what they have sealed: those before a rotation, or the one to come. */
  otherMasterKeys: readonly Uint8Array[];
};

/** A setting is missing or wrong. The message names the variable, never a secret's value. */
export class ConfigError extends Error {}

type Environment = Record<string, string | undefined>;

/**
 * Reads the environment once, and the files that it names.
 * @throws ConfigError naming the variable and what it should be.
 */
export function loadConfig(environment: Environment = process.env): { config: Config; secrets: Secrets } {
  const env = withSecretsFromFiles(environment);
  const config: Config = {
    host: env['HOST']?.trim() || '127.0.0.1',
    port: integer(env, 'PORT', 3000, 0, 65_535),
    publicOrigin: publicOrigin(env),
    mongoUri: required(
      env,
      'MONGODB_URI',
      'a MongoDB replica set, e.g. mongodb://localhost:27017/crucible?replicaSet=rs0',
    ),
    mintUrls: mintUrls(env),
    privateMintNetworks: privateMintNetworks(env),
    network: oneOf(env, 'CRUCIBLE_NETWORK', networks, 'bitcoin'),
    fenceDelayMs: integer(env, 'CRUCIBLE_FENCE_DELAY_MS', 120_000, 0, 86_400_000),
    answerWithinMs: integer(env, 'CRUCIBLE_ANSWER_WITHIN_MS', 30_000, 0, 300_000),
    orphanAfterMs: integer(env, 'CRUCIBLE_ORPHAN_AFTER_MS', 60_000, 0, 3_600_000),
    leaseMs: integer(env, 'CRUCIBLE_LEASE_MS', 2_000, 100, 600_000),
    workerIntervalMs: integer(env, 'CRUCIBLE_WORKER_INTERVAL_MS', 500, 10, 60_000),
    upkeepIntervalMs: integer(env, 'CRUCIBLE_UPKEEP_INTERVAL_MS', 60_000, 0, 86_400_000),
    feeCapBase: BigInt(integer(env, 'CRUCIBLE_FEE_CAP_BASE', 100, 0, Number.MAX_SAFE_INTEGER)),
    feeCapPercent: BigInt(integer(env, 'CRUCIBLE_FEE_CAP_PERCENT', 10, 0, 100)),
    mintConnectTimeoutMs: integer(env, 'CRUCIBLE_MINT_CONNECT_TIMEOUT_MS', 3_000, 100, 120_000),
    mintTimeoutMs: integer(env, 'CRUCIBLE_MINT_TIMEOUT_MS', 10_000, 100, 120_000),
    meltTimeoutMs: integer(env, 'CRUCIBLE_MELT_TIMEOUT_MS', 280_000, 100, 3_600_000),
    paymentsPerMint: integer(env, 'CRUCIBLE_PAYMENTS_PER_MINT', 256, 1, 10_000),
    openMeltsPerWallet: integer(env, 'CRUCIBLE_OPEN_MELTS_PER_WALLET', 100, 1, 10_000),
    openMintingsPerWallet: integer(env, 'CRUCIBLE_OPEN_MINTINGS_PER_WALLET', 1_000, 1, 100_000),
    openSendsPerWallet: integer(env, 'CRUCIBLE_OPEN_SENDS_PER_WALLET', 1_000, 1, 100_000),
    openReceivesPerWallet: integer(env, 'CRUCIBLE_OPEN_RECEIVES_PER_WALLET', 100, 1, 10_000),
    spoolDirectory: env['CRUCIBLE_SPOOL_DIR']?.trim() || 'spool',
    rateLimit: oneOf(env, 'CRUCIBLE_RATE_LIMIT', switchPositions, 'on'),
    trustedProxies: trustedProxies(env),
    corsOrigins: corsOrigins(env),
    logLevel: oneOf(env, 'CRUCIBLE_LOG_LEVEL', logLevels, 'info'),
  };
  return { config: Object.freeze(config), secrets: Object.freeze(secretsFrom(env)) };
}

const secretNames = [
  'MONGODB_URI',
  'CRUCIBLE_MNEMONIC',
  'CRUCIBLE_MASTER_KEY',
  'CRUCIBLE_MASTER_KEY_PREVIOUS',
] as const;

/** `NAME_FILE` names a file that holds NAME, as container secrets do: an environment is easily shown by accident. */
function withSecretsFromFiles(env: Environment): Environment {
  const merged = { ...env };
  for (const name of secretNames) {
    const path = env[`${name}_FILE`]?.trim();
    if (!path) continue;
    if (env[name]?.trim())
      throw new ConfigError(`${name} and ${name}_FILE are both set; leave one of them out.`);
    merged[name] = contentOf(path, `${name}_FILE`);
  }
  return merged;
}

function contentOf(path: string, name: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    const hasCode = typeof error === 'object' && error !== null && 'code' in error;
    const reason = hasCode ? String(error.code) : 'unreadable';
    throw new ConfigError(`${name} names ${path}, which cannot be read (${reason}).`);
  }
  // A container's secret cannot be left out; without other master keys it is an empty one.
  if (text === '' && name !== 'CRUCIBLE_MASTER_KEY_PREVIOUS_FILE')
    throw new ConfigError(`${name} names ${path}, which is empty.`);
  return text;
}

function secretsFrom(env: Environment): Secrets {
  const mnemonic = required(
    env,
    'CRUCIBLE_MNEMONIC',
    'the 12 or 24 BIP-39 words that all wallets derive from',
  );
  if (!validateMnemonic(mnemonic, wordlist)) {
    throw new ConfigError(
      'CRUCIBLE_MNEMONIC is not a valid BIP-39 mnemonic (English words, right checksum).',
    );
  }
  const hex = required(env, 'CRUCIBLE_MASTER_KEY', '64 hexadecimal digits, e.g. from: openssl rand -hex 32');
  if (!/^[0-9a-f]{64}$/i.test(hex)) {
    throw new ConfigError('CRUCIBLE_MASTER_KEY must be 64 hexadecimal digits (32 bytes).');
  }
  return { mnemonic, masterKey: Buffer.from(hex, 'hex'), otherMasterKeys: otherMasterKeys(env, hex) };
}

function otherMasterKeys(env: Environment, current: string): readonly Uint8Array[] {
  const texts = (env['CRUCIBLE_MASTER_KEY_PREVIOUS'] ?? '').split(',').map((text) => text.trim());
  const given = texts.filter((text) => text !== '');
  if (!given.every((text) => /^[0-9a-f]{64}$/i.test(text))) {
    throw new ConfigError(
      'CRUCIBLE_MASTER_KEY_PREVIOUS must be 64 hexadecimal digits (32 bytes), or several such keys separated by commas.',
    );
  }
  if (given.some((text) => text.toLowerCase() === current.toLowerCase())) {
    throw new ConfigError('CRUCIBLE_MASTER_KEY_PREVIOUS holds the same key as CRUCIBLE_MASTER_KEY.');
  }
  return Object.freeze(given.map((text) => Buffer.from(text, 'hex')));
}

function publicOrigin(env: Environment): string | null {
  const text = env['CRUCIBLE_PUBLIC_ORIGIN']?.trim();
  return text ? originFrom(text, 'CRUCIBLE_PUBLIC_ORIGIN must be') : null;
}

function corsOrigins(env: Environment): readonly string[] {
  const texts = listed(env, 'CRUCIBLE_CORS_ORIGINS');
  return Object.freeze(
    texts.map((text) => originFrom(text, 'CRUCIBLE_CORS_ORIGINS must be, separated by commas,')),
  );
}

function originFrom(text: string, mustBe: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  // Compared with its own whole address, so that a path, a query or a password is noticed, and does not get lost.
  const isPlain = url !== null && url.href === `${url.origin}/` && !url.hostname.includes('*');
  if (!isPlain || !/^https?:$/.test(url.protocol))
    throw new ConfigError(`${mustBe} scheme, host and perhaps port, e.g. https://api.example.com.`);
  return url.origin;
}

/** Networks by the names that Express has for them. */
const namedNetworks = ['loopback', 'linklocal', 'uniquelocal'];

function trustedProxies(env: Environment): readonly string[] {
  const texts = listed(env, 'CRUCIBLE_TRUSTED_PROXIES');
  if (!texts.every((text) => namedNetworks.includes(text) || isNetwork(text))) {
    throw new ConfigError(
      `CRUCIBLE_TRUSTED_PROXIES must hold addresses (10.0.0.7), networks (10.0.0.0/8) or ${namedNetworks.join(', ')}, separated by commas.`,
    );
  }
  return Object.freeze(texts);
}

function privateMintNetworks(env: Environment): readonly string[] {
  const texts = listed(env, 'CRUCIBLE_PRIVATE_MINT_NETWORKS');
  if (!texts.every(isNetwork)) {
    throw new ConfigError(
      'CRUCIBLE_PRIVATE_MINT_NETWORKS must hold addresses (10.0.0.7) or networks (10.0.0.0/8), separated by commas.',
    );
  }
  return Object.freeze(texts);
}

const listed = (env: Environment, name: string): string[] =>
  (env[name] ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');

function mintUrls(env: Environment): readonly string[] {
  const raw = required(env, 'MINT_URL', 'the mint to use, or several separated by commas');
  return Object.freeze(
    raw.split(',').map((part) => {
      const text = part.trim().replace(/\/+$/, '');
      if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
        throw new ConfigError('MINT_URL must hold http(s) addresses separated by commas.');
      }
      const { username, password } = new URL(text);
      // It is shown to everybody: in /readyz, and to each wallet.
      if (username !== '' || password !== '' || /[?#]/.test(text)) {
        throw new ConfigError(
          'MINT_URL must hold plain addresses: no user or password, no query (?) and no fragment (#). They are shown to clients.',
        );
      }
      return text;
    }),
  );
}

function required(env: Environment, name: string, meaning: string): string {
  const value = env[name]?.trim();
  if (!value) throw new ConfigError(`${name} is not set; it should be ${meaning}.`);
  return value;
}

function integer(env: Environment, name: string, fallback: number, min: number, max: number): number {
  const raw = env[name];
  if (raw === undefined || raw.trim() === '') return fallback;
  const value = Number(raw);
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new ConfigError(`${name} must be a whole number from ${min} to ${max}.`);
  }
  return value;
}

function oneOf<T extends string>(env: Environment, name: string, allowed: readonly T[], fallback: T): T {
  const raw = env[name];
  if (raw === undefined || raw.trim() === '') return fallback;
  const found = allowed.find((value) => value === raw);
  if (found === undefined) throw new ConfigError(`${name} must be one of ${allowed.join(', ')}.`);
  return found;
}
