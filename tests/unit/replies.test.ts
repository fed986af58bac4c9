import { describe, expect, it } from '@jest/globals';
import { readMelt, readSigned, refusalIn } from '../../src/services/mint/replies.ts';

const at = new Date(0);
const reply = (httpStatus: number, body: unknown) => ({
  httpStatus,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  at,
});
const point = `02${'ab'.repeat(32)}`;
const signature = { id: '01ab', amount: 8, C_: point };

describe('a reply to a melt', () => {
  it('says PAID, with preimage and change as they came', () => {
    const body = { quote: 'q1', state: 'PAID', payment_preimage: 'aa', change: [signature] };
    expect(readMelt(reply(200, body))).toEqual({
      kind: 'paid',
      quoteId: 'q1',
      preimage: 'aa',
      change: [{ keysetId: '01ab', amount: 8n, C_: point }],
    });
  });

  it('of an older mint says paid: true', () => {
    const old = { kind: 'paid', quoteId: null, preimage: null, change: null };
    expect(readMelt(reply(200, { paid: true }))).toEqual(old);
  });

  it('is PAID also where its change makes no sense', () => {
    const broken = reply(200, { state: 'PAID', change: [{ id: 1 }] });
    expect(readMelt(broken)).toMatchObject({ kind: 'paid', change: null });
  });

  it('says PENDING', () => {
    expect(readMelt(reply(200, { state: 'PENDING' }))).toEqual({ kind: 'pending' });
  });

  it.each([
    ['UNPAID in a 200', reply(200, { state: 'UNPAID' })],
    ['an unknown state', reply(200, { state: 'MAYBE' })],
    ['paid: false', reply(200, { paid: false })],
    ['an empty body', reply(200, '')],
    ['a list', reply(200, [])],
    ['null', reply(200, 'null')],
    ['HTML', reply(200, '<html></html>')],
    ['a truncated reply', reply(200, '{"state":"PAID","payment_pre')],
    ['a 201', reply(201, { state: 'PAID' })],
    ['a 500 with a definite code', reply(500, { code: 20004, detail: 'no route' })],
    ['a 502 page', reply(502, '<html></html>')],
    ['a 429 with a definite code', reply(429, { code: 20004 })],
    ['a 400 without a code', reply(400, { detail: 'no' })],
    ['a 400 with a code in words', reply(400, { code: '20004' })],
    ['a 400 with half a code', reply(400, { code: 20004.5 })],
    ['a 400 with an unlisted code', reply(400, { code: 31_337 })],
    ['Nutshell’s general 11000', reply(400, { code: 11000 })],
  ])('that is %s leaves the outcome unknown', (_story, given) => {
    expect(readMelt(given)).toEqual({ kind: 'unknown' });
    expect(readSigned(given)).toEqual({ kind: 'unknown' });
  });
});

describe('a refusal', () => {
  it.each([11001, 11002, 11003, 11004, 20002, 20005, 20006])(
    'with %p may mean that an earlier attempt of ours won: unknown',
    (code) => {
      expect(readMelt(reply(400, { code, detail: 'x' }))).toEqual({ kind: 'unknown' });
      expect(readSigned(reply(400, { code, detail: 'x' }))).toEqual({ kind: 'unknown' });
    },
  );

  it.each([20004, 20007, 11005, 11006, 12001, 12002])('with %p is about this very request', (code) => {
    const expected = { kind: 'rejected', code, detail: 'no' };
    expect(readMelt(reply(400, { code, detail: 'no' }))).toEqual(expected);
    expect(readSigned(reply(400, { code, detail: 'no' }))).toEqual(expected);
  });

  it('is shown in printable words of bounded length', () => {
    const refusal = refusalIn(reply(400, { code: 20004, detail: `a\u0000b\u001b[31m${'x'.repeat(500)}` }));
    expect(refusal?.detail).toMatch(/^[\x20-\x7e]{1,200}$/);
  });
});

describe('a reply to a swap', () => {
  it('carries signatures, with their proofs where they are whole', () => {
    const dleq = { e: 'ab'.repeat(32), s: 'cd'.repeat(32) };
    const given = reply(200, {
      signatures: [
        { ...signature, dleq },
        { ...signature, dleq: { e: 'x' } },
      ],
    });
    expect(readSigned(given)).toEqual({
      kind: 'signed',
      signatures: [
        { keysetId: '01ab', amount: 8n, C_: point, dleq },
        { keysetId: '01ab', amount: 8n, C_: point },
      ],
    });
  });

  it.each([
    ['negative', { ...signature, amount: -1 }],
    ['fractional', { ...signature, amount: 0.5 }],
    ['beyond exact numbers', { ...signature, amount: 2 ** 53 }],
    ['a point too short', { ...signature, C_: '02ab' }],
  ])('with an amount or point that is %s is not believed', (_story, bad) => {
    expect(readSigned(reply(200, { signatures: [signature, bad] }))).toEqual({ kind: 'unknown' });
  });
});
