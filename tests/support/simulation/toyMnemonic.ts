import { hash } from 'node:crypto';

/** Stands in for services/ecash/mnemonic.ts in the simulation alone (hooks.mjs): other threads keep a clock of their own. */
export async function mnemonicToSeed(words: string): Promise<Uint8Array> {
  return hash('sha512', words, 'buffer');
}
