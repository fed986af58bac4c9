import { isIP } from 'node:net';
import { mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { type Config, ConfigError, type Secrets } from './config.ts';
import { addressFilter } from './models/networkAddress.ts';

type Mints = Pick<Config, 'mintUrls' | 'privateMintNetworks'>;

/**
 * Refuses settings that are fit for trying things out and for nothing else: secrets that everybody knows, and mints
 * that anybody on the way could impersonate.
 * @throws ConfigError with a line for each, naming the variable, never a secret's value
 */
export function refuseUnfitForProduction(mints: Mints, secrets: Secrets): void {
  refuse([...commonSecrets(secrets), ...exposedMints(mints), ...uncallableMints(mints)]);
}

/** The same, and a server that anybody may reach counts their requests. @throws ConfigError */
export function refuseUnfitServer(config: Mints & Pick<Config, 'rateLimit'>, secrets: Secrets): void {
  refuse([
    ...commonSecrets(secrets),
    ...exposedMints(config),
    ...uncallableMints(config),
    ...unlimited(config),
  ]);
}

/**
 * A mint that no connection would be made to, as far as its address tells by itself. Names are resolved for each connection,
 * and checked then.
 * @throws ConfigError
 */
export function refuseUncallableMints(mints: Mints): void {
  refuse(uncallableMints(mints));
}

function refuse(sentences: readonly string[]): void {
  if (sentences.length > 0) throw new ConfigError(sentences.join('\n'));
}

function commonSecrets({ mnemonic, masterKey }: Secrets): string[] {
  const sentences: string[] = [];
  if (isWellKnownMnemonic(mnemonic)) {
    sentences.push(
      'CRUCIBLE_MNEMONIC is a phrase from documentation or test vectors, which everybody knows; production needs one of its own.',
    );
  }
  if (isPattern(masterKey)) {
    sentences.push(
      'CRUCIBLE_MASTER_KEY is a pattern and not random; production needs one of its own, e.g. from: openssl rand -hex 32',
    );
  }
  return sentences;
}

function exposedMints({ mintUrls }: Mints): string[] {
  return mintUrls
    .map((text) => new URL(text))
    .filter(isExposed)
    .map(
      ({ hostname }) =>
        `MINT_URL has plain http for ${hostname}: ecash is bearer money, so a mint that is not in a private network needs https.`,
    );
}

function uncallableMints({ mintUrls, privateMintNetworks }: Mints): string[] {
  const admits = addressFilter(privateMintNetworks);
  return mintUrls.map(hostOf).flatMap((host) => {
    const isLocalName = /(^|\.)localhost\.?$/.test(host);
    const addresses = isLocalName ? ['127.0.0.1', '::1'] : isIP(host) === 0 ? [] : [host];
    if (addresses.length === 0 || addresses.some(admits)) return [];
    return `MINT_URL names ${host}, which is in a private or reserved network, and such are not called unless CRUCIBLE_PRIVATE_MINT_NETWORKS allows it. If the mint is meant to be there: CRUCIBLE_PRIVATE_MINT_NETWORKS=${addresses.join(',')}`;
  });
}

function unlimited({ rateLimit }: Pick<Config, 'rateLimit'>): string[] {
  if (rateLimit === 'on') return [];
  return [
    'CRUCIBLE_RATE_LIMIT=off works in the development profile alone. Leave it out here, and raise the limits that are too low: crucible limits set',
  ];
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
