import { createHmac } from 'node:crypto';
import { getPubKeyFromPrivKey } from '@cashu/cashu-ts';
import { entropyToMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import * as nip19 from 'nostr-tools/nip19';
import { createShortMemory } from '../../models/shortMemory.ts';
import { mnemonicToSeed } from './mnemonic.ts';

/** In hex: 32 bytes, and a compressed point. */
type KeyPair = { privateKey: string; publicKey: string };

/** A wallet's NUT-13 seed and the keys that follow from it. */
export type Seeds = {
  /** 64 bytes; the same for all keysets of an npub. */
  walletSeed(npub: string): Promise<Uint8Array>;
  /** NUT-20 key that locks one mint quote to us. */
  quoteKey(npub: string, operationId: string): Promise<KeyPair>;
  /** The key that others lock tokens for this npub to (NUT-11). It never changes. */
  tokenKey(npub: string): Promise<KeyPair>;
};

/** A seed costs 2,048 rounds of HMAC, once a minute for a wallet that is busy; after that it is in no memory any more. */
const remembered = { maxEntries: 1_000, keepMs: 60_000 };

/**
 * Every wallet's seed follows from the operator's words and the npub, so a lost database is rebuilt from the two:
 * HMAC-SHA512(operator seed, "crucible wallet v1" | public key) → 16 bytes → 12 BIP-39 words → seed (NUT-13).
 * The detour over 12 words lets a wallet's owner take its ecash to any other NUT-13 wallet.
 */
export function createSeeds(operatorMnemonic: string): Seeds {
  const operatorSeed = mnemonicToSeed(operatorMnemonic);
  const known = createShortMemory<Uint8Array>(remembered);

  async function derive(npub: string): Promise<Uint8Array> {
    const decoded = nip19.decode(npub);
    if (decoded.type !== 'npub') throw new TypeError('a seed is derived for an npub');
    const digest = createHmac('sha512', await operatorSeed)
      .update('crucible wallet v1')
      .update(Buffer.from(decoded.data, 'hex'))
      .digest();
    const words = entropyToMnemonic(digest.subarray(0, 16), wordlist);
    digest.fill(0);
    return mnemonicToSeed(words);
  }

  const walletSeed = (npub: string): Promise<Uint8Array> => known.recall(npub, () => derive(npub));

  async function keyOf(npub: string, purpose: string, ...of: readonly string[]): Promise<KeyPair> {
    const hmac = createHmac('sha256', await walletSeed(npub)).update(purpose);
    for (const part of of) hmac.update(part);
    const privateKey = hmac.digest();
    const publicKey = Buffer.from(getPubKeyFromPrivKey(privateKey)).toString('hex');
    const pair = { privateKey: privateKey.toString('hex'), publicKey };
    privateKey.fill(0);
    return pair;
  }

  return {
    walletSeed,
    quoteKey: (npub, operationId) => keyOf(npub, 'crucible quote key v1', operationId),
    tokenKey: (npub) => keyOf(npub, 'crucible token key v1'),
  };
}
