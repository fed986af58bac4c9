import { validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import type { Settings } from './settings.ts';

/** Kept out of `Config` so that nothing logs or serves them by accident. */
export type Secrets = {
  /** BIP-39 words from which every wallet's seed follows. */
  mnemonic: string;
  /** 32 bytes that seal the data keys, which seal proof secrets and blinding data at rest. */
  masterKey: Uint8Array;
  /** Master keys that seal nothing, and open what they have sealed: those before a rotation, or the one to come. */
  otherMasterKeys: readonly Uint8Array[];
  /** Opens /metrics; null = none is set. */
  metricsToken: string | null;
};

/** A container's secret cannot be left out; without other master keys it is an empty one. */
export const secretFiles: ReadonlyMap<string, { mayBeEmpty: boolean }> = new Map([
  ['MONGODB_URI', { mayBeEmpty: false }],
  ['CRUCIBLE_MNEMONIC', { mayBeEmpty: false }],
  ['CRUCIBLE_MASTER_KEY', { mayBeEmpty: false }],
  ['CRUCIBLE_MASTER_KEY_PREVIOUS', { mayBeEmpty: true }],
  ['CRUCIBLE_METRICS_TOKEN', { mayBeEmpty: true }],
]);

/** Reads them. What is wrong is told with all other settings that are. */
export function secretsFrom(settings: Settings): Secrets {
  const mnemonic = settings.required(
    'CRUCIBLE_MNEMONIC',
    'the 12 or 24 BIP-39 words that all wallets derive from',
  );
  const hex = settings.required(
    'CRUCIBLE_MASTER_KEY',
    '64 hexadecimal digits, e.g. from: openssl rand -hex 32',
  );
  if (!validateMnemonic(mnemonic, wordlist)) {
    settings.refuse(
      'CRUCIBLE_MNEMONIC',
      'CRUCIBLE_MNEMONIC is not a valid BIP-39 mnemonic (English words, right checksum).',
      null,
    );
  }
  if (!isKey(hex)) {
    settings.refuse(
      'CRUCIBLE_MASTER_KEY',
      'CRUCIBLE_MASTER_KEY must be 64 hexadecimal digits (32 bytes).',
      null,
    );
  }
  return {
    mnemonic,
    masterKey: Buffer.from(hex, 'hex'),
    otherMasterKeys: otherMasterKeys(settings, hex),
    metricsToken: metricsToken(settings),
  };
}

/** Whoever may read the metrics is not asked how often they try: a short one could be guessed. */
function metricsToken(settings: Settings): string | null {
  const name = 'CRUCIBLE_METRICS_TOKEN';
  const token = settings.text(name);
  if (token === null || /^[\x21-\x7e]{32,512}$/.test(token)) return token;
  return settings.refuse(
    name,
    `${name} must have 32 to 512 printable ASCII characters and no blank, e.g. from: openssl rand -hex 32`,
    null,
  );
}

const isKey = (text: string): boolean => /^[0-9a-f]{64}$/i.test(text);

function otherMasterKeys(settings: Settings, current: string): readonly Uint8Array[] {
  const name = 'CRUCIBLE_MASTER_KEY_PREVIOUS';
  const given = settings.listed(name);
  if (!given.every(isKey)) {
    return settings.refuse(
      name,
      `${name} must be 64 hexadecimal digits (32 bytes), or several such keys separated by commas.`,
      [],
    );
  }
  if (given.some((text) => text.toLowerCase() === current.toLowerCase())) {
    return settings.refuse(name, `${name} holds the same key as CRUCIBLE_MASTER_KEY.`, []);
  }
  return Object.freeze(given.map((text) => Buffer.from(text, 'hex')));
}
