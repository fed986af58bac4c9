import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createSealer, sealingKey } from '../../src/repositories/sealing.ts';

describe('a sealed text', () => {
  const key = randomBytes(32);
  const of = (bytes: Uint8Array) => createSealer(sealingKey(bytes, 'master'));
  const sealer = of(key);
  const sealed = sealer.seal('a secret', 'attempt:tx_1:melt:1');

  it('opens with the same key, for the same purpose', () => {
    expect(sealer.open(sealed, 'attempt:tx_1:melt:1')).toBe('a secret');
    expect(of(key).open(sealed, 'attempt:tx_1:melt:1')).toBe('a secret');
  });

  it('opens nowhere but where it belongs', () => {
    for (const purpose of ['attempt:tx_2:melt:1', 'attempt:tx_1:melt:2', 'operation:tx_1', ''])
      expect(() => sealer.open(sealed, purpose)).toThrow('changed or moved');
  });

  it('does not open when any of it was changed', () => {
    const [keyId, text = ''] = sealed.split('.');
    const bytes = Buffer.from(text, 'base64');
    for (const position of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed[position] = (changed[position] ?? 0) ^ 1;
      const forged = `${keyId}.${changed.toString('base64')}`;
      expect(() => sealer.open(forged, 'attempt:tx_1:melt:1')).toThrow('changed or moved');
    }
  });

  it('says so when another key has sealed it', () => {
    const other = of(randomBytes(32));
    expect(() => other.open(sealed, 'attempt:tx_1:melt:1')).toThrow('names another key');
  });

  it('is never the same twice, and shows nothing of what is in it', () => {
    expect(sealer.seal('a secret', 'here')).not.toBe(sealer.seal('a secret', 'here'));
    expect(Buffer.from(sealed.split('.')[1] ?? '', 'base64').toString('latin1')).not.toContain('secret');
  });

  it.each([0, 16, 31, 33])('is not made with a key of %d bytes', (length) => {
    expect(() => of(randomBytes(length))).toThrow('32 bytes');
  });
});
