import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';

const stretch = promisify(pbkdf2);

/** BIP-39's seed of checked words, without a passphrase; by OpenSSL, on another thread. */
export function mnemonicToSeed(words: string): Promise<Uint8Array> {
  return stretch(words.normalize('NFKD'), 'mnemonic', 2_048, 64, 'sha512');
}
