import { isIP } from 'node:net';
import { mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { type Config, ConfigError, type Secrets } from './config.ts';
import { addressFilter } from './models/networkAddress.ts';

/**
 * Refuses settings that are fit for trying things out and for nothing else: secrets that everybody knows, and mints
 * that anybody on the way could impersonate.
 * @throws ConfigError naming the variable, never a secret's value
 */
export function refuseUnfitForProduction(
  { mintUrls, privateMintNetworks }: Pick<Config, 'mintUrls' | 'privateMintNetworks'>,
  { mnemonic, masterKey }: Secrets,
): void {
  if (isWellKnownMnemonic(mnemonic)) {
    throw new ConfigError(
      'CRUCIBLE_MNEMONIC is a phrase from documentation or test vectors, which everybody knows; production needs one of its own.',
    );
  }
  if (isPattern(masterKey)) {
    throw new ConfigError(
      'CRUCIBLE_MASTER_KEY is a pattern and not random; production needs one of its own, e.g. from: openssl rand -hex 32',
    );
  }
  const exposed = mintUrls.map((text) => new URL(text)).find((url) => isExposed(url));
  if (exposed !== undefined) {
    throw new ConfigError(
      `MINT_URL has plain http for ${exposed.hostname}: ecash is bearer money, so a mint that is not in a private network needs https.`,
    );
  }
  refuseUncallableMints({ mintUrls, privateMintNetworks });
}

/**
 * A mint that no connection would be made to, as far as its address tells by itself. Names are resolved for each connection,
 * and checked then.
 * @throws ConfigError
 */
export function refuseUncallableMints({
  mintUrls,
  privateMintNetworks,
}: Pick<Config, 'mintUrls' | 'privateMintNetworks'>): void {
  const admits = addressFilter(privateMintNetworks);
  for (const host of mintUrls.map(hostOf)) {
    const isLocalName = /(^|\.)localhost\.?$/.test(host);
    const addresses = isLocalName ? ['127.0.0.1', '::1'] : isIP(host) === 0 ? [] : [host];
    if (addresses.length === 0 || addresses.some(admits)) continue;
    throw new ConfigError(
      `MINT_URL names ${host}, which is in a private or reserved network, and such are not called unless CRUCIBLE_PRIVATE_MINT_NETWORKS allows it. If the mint is meant to be there: CRUCIBLE_PRIVATE_MINT_NETWORKS=${addresses.join(',')}`,
    );
  }
}

/** A server that anybody may reach counts their requests. @throws ConfigError */
export function refuseUnlimited({ rateLimit }: Pick<Config, 'rateLimit'>): void {
  if (rateLimit === 'on') return;
  throw new ConfigError(
    'CRUCIBLE_RATE_LIMIT=off works in the development profile alone. Leave it out here, and raise the limits that are too low: crucible limits set',
  );
}

/** What a Cashu or Nostr developer may have at hand: the phrases of NUT-13 and NIP-06. */
const publishedMnemonics = [
  'half depart obvious quality work element tank gorilla view sugar picture humble',
  'leader monkey parrot ring guide accident before fence cannon height naive bean',
  'what bleak badge arrange retreat wolf trade produce cricket blur garlic valid proud rude strong choose busy staff weather area salt hollow arm fade',
];

/** Published, or made of repetitions, as most of BIP-39's vectors ("legal winner …") and the usual "test … junk" are. */
function isWellKnownMnemonic(mnemonic: string): boolean {
  const words = mnemonic.split(' ');
  const isRepetitive = new Set(words).size <= words.length / 2;
  return (
    isRepetitive || isPattern(mnemonicToEntropy(mnemonic, wordlist)) || publishedMnemonics.includes(mnemonic)
  );
}

/** A few bytes over and over, or a count; chance makes neither. */
function isPattern(bytes: Uint8Array): boolean {
  const steps = bytes.slice(1).map((byte, index) => byte - (bytes[index] ?? 0));
  return new Set(bytes).size <= bytes.length / 4 || new Set(steps).size <= 2;
}

/** Without the brackets of IPv6. */
const hostOf = (url: string | URL): string => new URL(url).hostname.replace(/^\[|\]$/g, '');

function isExposed(url: URL): boolean {
  return url.protocol === 'http:' && !isPrivate(hostOf(url));
}

/** Loopback, private and link-local addresses, names that only a local network knows, and Tor, which encrypts itself. */
function isPrivate(host: string): boolean {
  switch (isIP(host)) {
    case 4:
      return /^(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\./.test(host);
    case 6:
      return host === '::1' || /^f[cd]|^fe[89ab]/.test(host);
    default:
      return !host.includes('.') || /\.(localhost|local|internal|onion)$/.test(host);
  }
}
