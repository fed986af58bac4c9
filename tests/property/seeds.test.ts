import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { entropyToMnemonic, mnemonicToSeed as referenceSeed } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { mnemonicToSeed } from '../../src/services/ecash/mnemonic.ts';

it.each([16, 32])('words of %i random bytes give the seed that the reference library gives', async (size) => {
  for (let round = 0; round < 10; round += 1) {
    const words = entropyToMnemonic(randomBytes(size), wordlist);
    const [ours, theirs] = await Promise.all([mnemonicToSeed(words), referenceSeed(words)]);
    expect([words, Buffer.from(ours).toString('hex')]).toEqual([words, Buffer.from(theirs).toString('hex')]);
  }
});
