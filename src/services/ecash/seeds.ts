import { createHmac } from 'node:crypto';
import { entropyToMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import * as nip19 from 'nostr-tools/nip19';
import { invariant } from '../../models/errors.ts';
import { addressOf } from '../../models/mintUrl.ts';
import { createShortMemory } from '../../models/shortMemory.ts';
import type { WalletRepository } from '../../repositories/wallets.ts';
import { curve } from './curve.ts';
import { mnemonicToSeed } from './mnemonic.ts';

/** In hex: 32 bytes, and a compressed point. */
type KeyPair = { privateKey: string; publicKey: string };

/** Wallets' NUT-13 seeds, and keys that follow from the same words. */
export type Seeds = {
  /** 64 bytes; the same for all keysets of a wallet, and no other wallet's. @throws InvariantBroken for a wallet that is none */
  walletSeed(walletId: string): Promise<Uint8Array>;
  /** NUT-20 key that locks one mint quote to us. */
  quoteKey(walletId: string, operationId: string): Promise<KeyPair>;
  /** The key that others lock tokens for this wallet to (NUT-11). It never changes. */
  tokenKey(walletId: string): Promise<KeyPair>;
};

/** A seed costs 2,048 rounds of HMAC, once a minute for a wallet that is busy; after that it is in no memory any more. */
const remembered = { maxEntries: 1_000, keepMs: 60_000 };

/**
 * Every wallet's seed follows from the operator's words and from whose it is, at which mint and in which unit, so that a lost
 * database is rebuilt from these: HMAC-SHA512(operator seed, all of that) → 16 bytes → 12 BIP-39 words → seed (NUT-13). The
 * detour over 12 words lets a wallet's owner take its ecash to any other NUT-13 wallet.
 *
 * Each mint has a seed of its own: one that lists another's keysets, and asks that other what it has signed, could otherwise
 * pass an owner's ecash there for its own, and be handed it; and with one key for tokens, it could have the lock of another's
 * opened by a token of its own. The mint is known by its address, which the operator has chosen, and not by the public key,
 * which any mint may claim (ADR 33).
 */
export function createSeeds(operatorMnemonic: string, wallets: Pick<WalletRepository, 'byId'>): Seeds {
  const operatorSeed = mnemonicToSeed(operatorMnemonic);
  const known = createShortMemory<Uint8Array>(remembered);

  async function derive(walletId: string): Promise<Uint8Array> {
    const wallet = await wallets.byId(walletId);
    invariant(wallet !== null, 'a seed is asked for, and its wallet does not exist');
    const decoded = nip19.decode(wallet.npub);
    if (decoded.type !== 'npub') throw new TypeError('a seed is derived for an npub');
    const digest = createHmac('sha512', await operatorSeed)
      .update('crucible wallet v2')
      .update(Buffer.from(decoded.data, 'hex'))
      .update(JSON.stringify([addressOf(wallet.mintUrl), wallet.unit]))
      .digest();
    const words = entropyToMnemonic(digest.subarray(0, 16), wordlist);
    digest.fill(0);
    return mnemonicToSeed(words);
  }

  const walletSeed = (walletId: string): Promise<Uint8Array> =>
    known.recall(walletId, () => derive(walletId));

  async function keyOf(walletId: string, ...purpose: readonly string[]): Promise<KeyPair> {
    const hmac = createHmac('sha256', await walletSeed(walletId));
    for (const part of purpose) hmac.update(part);
    const privateKey = hmac.digest();
    const publicKey = curve.publicKeyOf(privateKey);
    const pair = { privateKey: privateKey.toString('hex'), publicKey };
    privateKey.fill(0);
    return pair;
  }

  return {
    walletSeed,
    quoteKey: (walletId, operationId) => keyOf(walletId, 'crucible quote key v1', operationId),
    tokenKey: (walletId) => keyOf(walletId, 'crucible token key v1'),
  };
}
