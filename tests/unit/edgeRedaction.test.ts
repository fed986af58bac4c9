import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { mongo } from 'mongoose';
import { formatLine } from '../../src/logger.ts';
import { redact } from '../../src/redaction.ts';

describe('What is written down for people', () => {
  it.each([
    'secret',
    'C',
    'C_',
    'dleq',
    'blindingFactor',
    'blinding_factor',
    'seed',
    'mnemonic',
    'authorization',
    'Authorization',
    'token',
    'encodedToken',
    'preimage',
    'sealed',
    'masterKey',
    'secretHash',
    'requestBody',
    'mongoUri',
  ])('never has the property %s, however deep it sits', (name) => {
    const line = formatLine({ message: 'x', a: [{ b: { [name]: 'hush', kept: 'told' } }] });
    expect(line).not.toMatch(/hush/);
    expect(line).toMatch(/told/);
  });

  it('leaves whole proofs and outputs out, but tells how many or how much', () => {
    const proof = { amount: 8n, Y: '02aa', secret: 'hush' };
    expect(redact({ proofs: [proof], inputs: [proof], held: { send: [proof] } })).toEqual({});
    expect(redact({ proofs: 3, change: 12n })).toEqual({ proofs: 3, change: '12' });
  });

  it('finds tokens, keys and passwords inside a text', () => {
    const text =
      'got cashuBo2FteBtodHRw and crk_0011223344556677_abc for nsec1qqq at mongodb://root:hunter2@db/x';
    expect(redact(text)).toBe('got [redacted] and [redacted] for [redacted] at mongodb://[redacted]@db/x');
  });

  it.each([
    ['a proof’s secret', `no proof ${'4a'.repeat(32)} here`, 'no proof [redacted] here'],
    ['half of JSON', `{\\"secret\\":\\"${'4a'.repeat(32)}\\"`, '{\\"secret\\":\\"[redacted]\\"'],
    ['a scalar in decimal', `expected n < p, got ${'7'.repeat(77)}`, 'expected n < p, got [redacted]'],
    ['a locked secret', 'got ["P2PK",{"nonce":"aa","data":"bb"}]', 'got [redacted]'],
    ['a header', 'sent Authorization: Nostr eyJpZCI6IjAw now', 'sent Authorization: [redacted] now'],
    ['a seed', `of ${'4a'.repeat(64)} made`, 'of [redacted] made'],
    ['a key with a prefix', `0x${'4a'.repeat(32)}, key_${'4a'.repeat(32)}`, '0x[redacted], key_[redacted]'],
    ['a sealed text', `it is 0a1b2c3d.${'Ab/+'.repeat(12)}== there`, 'it is [redacted] there'],
    ['a bearer token', 'crt_0011223344556677_abc was sent', '[redacted] was sent'],
  ])('finds %s by its look', (_what, text, redacted) => {
    expect(redact(text)).toBe(redacted);
  });

  it.each<[string, (words: string[]) => string]>([
    ['in a line', (words) => words.join(' ')],
    ['in capitals, with commas', (words) => words.join(', ').toUpperCase()],
    ['numbered', (words) => words.map((word, index) => `${index + 1}. ${word}`).join(' ')],
    ['as JSON', (words) => JSON.stringify(words).slice(2, -2)],
  ])('finds a mnemonic %s, of 12 words as of 24, and tells what stands around it', (_how, write) => {
    for (const strength of [128, 160, 192, 224, 256]) {
      const words = generateMnemonic(wordlist, strength).split(' ');
      const told = redact(`She said “${write(words)}”, and ${write(words)} to them.`);
      expect(told).toMatch(/^She said “(1\. )?\[redacted\]”, and (1\. )?\[redacted\] to them\.$/);
    }
  });

  it('leaves sentences alone, also those with eleven words of the list in a row', () => {
    const eleven = 'you will already have better advice before they use this local';
    expect(eleven.split(' ').filter((word) => wordlist.includes(word))).toHaveLength(11);
    for (const text of [
      `${eleven} wallet`,
      `${eleven} and ${eleven}`,
      'The customer called again and will send the payment that you have already made before this week is over.',
      'Please wait until the mint has answered; all coins are safe, nothing can be lost, and support will call you.',
    ])
      expect(redact(text)).toBe(text);
  });

  it('takes no longer for what a mint has laid out to make it slow', () => {
    const startedAt = performance.now();
    redact(`Bearer${' '.repeat(60_000)}!`);
    redact(`Bearer${' '.repeat(9)}`.repeat(4_000));
    redact(' '.repeat(60_000));
    redact('cash '.repeat(11).concat('the ').repeat(1_000));
    redact('cash '.repeat(12_000));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('leaves alone what support needs: points, keyset ids, ids of requests and transactions, amounts', () => {
    const text = `Y 02${'4a'.repeat(32)} of keyset 01${'4a'.repeat(32)} or 009a1f293253e41e in tx_melt_1795229787123_0123456789abcdef, sup_${'1'.repeat(20)}, 21000000 sat, urn:crucible:request:b4b26543-a7e1-4676-b8a1-3c8921c47ff9`;
    expect(redact(text)).toBe(text);
    expect(redact({ paid: 2n ** 64n - 1n })).toEqual({ paid: '18446744073709551615' });
  });

  it('knows scalars and keys by their type, whatever they are called', () => {
    const told = redact({
      x: 2n ** 200n,
      k: createSecretKey(randomBytes(32)),
      b: randomBytes(32),
      a: new ArrayBuffer(32),
    });
    expect(told).toEqual({ x: '[scalar]', k: '[key]', b: '[bytes]', a: '[bytes]' });
  });

  it('tells an error by its name and place; a driver’s words and documents stay out', () => {
    const cause = new mongo.MongoServerError({ message: 'E11000 dup key: { secret: "hush" }', code: 11_000 });
    const told = JSON.stringify(redact({ error: new Error('hush', { cause }) }));
    expect(told).not.toMatch(/hush/);
    expect(told).toMatch(/MongoServerError/);
    expect(told).toMatch(/edgeRedaction\.test/);
  });

  it('shows bytes as bytes and survives what points at itself', () => {
    const loop: Record<string, unknown> = { key: new Uint8Array([1, 2, 3]) };
    loop['self'] = loop;
    expect(formatLine(loop)).toMatch(/\[bytes\].*\[too deep\]/);
  });
});
