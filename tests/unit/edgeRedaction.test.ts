import { describe, expect, it } from '@jest/globals';
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
