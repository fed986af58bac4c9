import { createHmac } from 'node:crypto';
import { getPubKeyFromPrivKey } from '@cashu/cashu-ts';
import { entropyToMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import * as nip19 from 'nostr-tools/nip19';
import { invariant } from '../../models/errors.ts';
import { addressOf } from '../../models/mintUrl.ts';
import { createShortMemory } from '../../models/shortMemory.ts';
import type { WalletRepository } from '../../repositories/wallets.ts';
import { mnemonicToSeed } from './mnemonic.ts';

/** In hex: 32 bytes, and a compressed point. */
type KeyPair = { privateKey: string; publicKey: string };

/** Wallets' NUT-13 seeds, and keys that follow from the same words. */
export type Seeds = {
  /** 64 bytes; the same for all keysets of a wallet, and no other wallet's. @throws InvariantBroken for a wallet that is none */
  walletSeed(walletId: string): Promise<Uint8Array>;
  /** NUT-20 key that locks one mint quote to us. */
  quoteKey(walletId: string, operationId: string): Promise<KeyPair>;
  /** The key that others lock tokens for this npub to (NUT-11), for all of its wallets. It never changes. */
  tokenKey(npub: string): Promise<KeyPair>;
};

/** A seed costs 2,048 rounds of HMAC, once a minute for a wallet that is busy; after that it is in no memory any more. */
const remembered = { maxEntries: 1_000, keepMs: 60_000 };

/**
 * Every seed follows from the operator's words and from whose wallet it is, at which mint and in which unit, so that a lost
 * database is rebuilt from these: HMAC-SHA512(operator seed, purpose) → 16 bytes → 12 BIP-39 words → seed (NUT-13). The detour
 * over 12 words lets a wallet's owner take its ecash to any other NUT-13 wallet.
 *
 * Each mint has outputs of a seed of its own: one that lists another's keysets, and asks that other what it has signed, could
 * otherwise pass an owner's ecash there for its own, and be handed it. So the mint is known by its address, which the operator
 * has chosen, and not by the public key, which any mint may claim (ADR 33).
 */
export function createSeeds(operatorMnemonic: string, wallets: Pick<WalletRepository, 'byId'>): Seeds {
  const operatorSeed = mnemonicToSeed(operatorMnemonic);
  const ofWallets = createShortMemory<Uint8Array>(remembered);
  const ofOwners = createShortMemory<Uint8Array>(remembered);

  async function derive(purpose: string, npub: string, rest: string): Promise<Uint8Array> {
    const decoded = nip19.decode(npub);
    if (decoded.type !== 'npub') throw new TypeError('a seed is derived for an npub');
    const digest = createHmac('sha512', await operatorSeed)
      .update(purpose)
      .update(Buffer.from(decoded.data, 'hex'))
      .update(rest)
      .digest();
    const words = entropyToMnemonic(digest.subarray(0, 16), wordlist);
    digest.fill(0);
    return mnemonicToSeed(words);
  }

  const walletSeed = (walletId: string): Promise<Uint8Array> =>
    ofWallets.recall(walletId, async () => {
      const wallet = await wallets.byId(walletId);
      invariant(wallet !== null, 'a seed is asked for, and its wallet does not exist');
      const { npub, mintUrl, unit } = wallet;
      return derive('crucible wallet v2', npub, JSON.stringify([addressOf(mintUrl), unit]));
    });

  const ownerSeed = (npub: string): Promise<Uint8Array> =>
    ofOwners.recall(npub, () => derive('crucible wallet v1', npub, ''));

  return {
    walletSeed,
    quoteKey: async (walletId, operationId) =>
      keyOf(await walletSeed(walletId), 'crucible quote key v1', operationId),
    tokenKey: async (npub) => keyOf(await ownerSeed(npub), 'crucible token key v1'),
  };
}

function keyOf(seed: Uint8Array, ...purpose: readonly string[]): KeyPair {
  const hmac = createHmac('sha256', seed);
  for (const part of purpose) hmac.update(part);
  const privateKey = hmac.digest();
  const publicKey = Buffer.from(getPubKeyFromPrivKey(privateKey)).toString('hex');
  const pair = { privateKey: privateKey.toString('hex'), publicKey };
  privateKey.fill(0);
  return pair;
}
