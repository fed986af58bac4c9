import { createHmac } from 'node:crypto';
import { getPubKeyFromPrivKey } from '@cashu/cashu-ts';
import { entropyToMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import * as nip19 from 'nostr-tools/nip19';
import { createShortMemory } from '../../models/shortMemory.ts';
import { mnemonicToSeed } from './mnemonic.ts';

/** A wallet's NUT-13 seed and the keys that follow from it. */
export type Seeds = {
  /** 64 bytes; the same for all keysets of an npub. */
  walletSeed(npub: string): Promise<Uint8Array>;
  /** NUT-20 key that locks one mint quote to us. */
  quoteKey(npub: string, operationId: string): Promise<{ privateKey: string; publicKey: string }>;
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

  async function quoteKey(
    npub: string,
    operationId: string,
  ): Promise<{ privateKey: string; publicKey: string }> {
    const seed = await walletSeed(npub);
    const privateKey = createHmac('sha256', seed)
      .update('crucible quote key v1')
      .update(operationId)
      .digest();
    const publicKey = Buffer.from(getPubKeyFromPrivKey(privateKey)).toString('hex');
    const pair = { privateKey: privateKey.toString('hex'), publicKey };
    privateKey.fill(0);
    return pair;
  }

  return { walletSeed, quoteKey };
}
