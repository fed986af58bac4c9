import { getDecodedToken } from '@cashu/cashu-ts';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pointFromScalar } from 'tiny-secp256k1';
import type { Proof } from '../../src/models/proof.ts';
import { fullKeysetId, readToken, writeToken } from '../../src/services/ecash/encodedTokens.ts';
import { lockOf } from '../../src/services/ecash/locks.ts';
import { v3, v3Of, v4OfTwoKeysets, v4WithMemo } from '../support/encodedTokens.ts';

const limits = { maxProofs: 50 };
const bytes32 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const point = fc
  .integer({ min: 1, max: 2 ** 31 })
  .map((scalar) =>
    Buffer.from(
      pointFromScalar(Buffer.alloc(32, scalar.toString(16).padStart(64, '0'), 'hex'), true) ?? [],
    ).toString('hex'),
  );
const keysetId = fc.constantFrom(
  '00ad268c4d1f5826',
  '00ffd48b8f5ecf80',
  `01${'ab'.repeat(32)}`,
  `01${'cd'.repeat(32)}`,
);
/** Not with a byte order mark in front, which cashu-ts drops. */
const text = (maxLength: number) =>
  fc.string({ unit: 'binary', minLength: 1, maxLength }).filter((value) => !value.startsWith('\ufeff'));
const proof: fc.Arbitrary<Proof> = fc.record(
  {
    Y: fc.constant(''),
    keysetId,
    amount: fc.bigInt({ min: 1n, max: 2n ** 47n }),
    secret: text(200),
    C: point,
    dleq: fc.record({ e: bytes32, s: bytes32, r: bytes32 }),
  },
  { requiredKeys: ['Y', 'keysetId', 'amount', 'secret', 'C'] },
);
const given = fc.record({
  mintUrl: fc.webUrl().map((url) => url.replace(/\/+$/, '')),
  unit: fc.constantFrom('sat', 'msat', 'usd'),
  memo: fc.option(text(40)),
  proofs: fc.uniqueArray(proof, { minLength: 1, maxLength: 20, selector: ({ secret }) => secret }),
});

const byName = (a: { secret: string }, b: { secret: string }) => (a.secret < b.secret ? -1 : 1);
const known = ['00ad268c4d1f5826', '00ffd48b8f5ecf80', `01${'ab'.repeat(32)}`, `01${'cd'.repeat(32)}`];

it('what is written is read as it was, by us and by cashu-ts', () => {
  fc.assert(
    fc.property(given, (token) => {
      const encoded = writeToken(token);
      const read = readToken(encoded, limits);
      if (read.kind === 'malformed') throw new Error(read.why);
      const proofs = read.proofs.map(({ keysetId: named, ...rest }) => ({
        Y: '',
        keysetId: fullKeysetId(named, known),
        ...rest,
      }));
      expect({ ...read, proofs: proofs.sort(byName) }).toEqual({
        kind: 'token',
        ...token,
        proofs: token.proofs.toSorted(byName),
      });
      const theirs = getDecodedToken(encoded, known).proofs.map(({ amount, ...rest }) => ({
        ...rest,
        amount: amount.toBigInt(),
      }));
      expect(theirs.sort(byName)).toEqual(
        proofs.map(({ keysetId: id, Y: _Y, ...rest }) => ({ id, ...rest })).sort(byName),
      );
    }),
  );
});

it('what others write in version 3 is read as it was', () => {
  fc.assert(
    fc.property(given, ({ mintUrl, unit, memo, proofs }) => {
      const wire = proofs.map(({ keysetId: id, amount, secret, C, dleq }) => ({
        amount: Number(amount),
        id,
        secret,
        C,
        dleq,
      }));
      const half = Math.ceil(wire.length / 2);
      const entries = [wire.slice(0, half), wire.slice(half)].map((part) => ({
        mint: mintUrl,
        proofs: part,
      }));
      expect(readToken(v3Of({ token: entries, unit, memo: memo ?? undefined }), limits)).toEqual({
        kind: 'token',
        mintUrl,
        unit,
        memo,
        proofs: proofs.map(({ Y: _Y, ...rest }) => rest),
      });
    }),
  );
});

it('whatever comes in, the reader answers, and tells nothing of what stands in it', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.string().map((rest) => `cashuA${Buffer.from(rest).toString('base64url')}`),
    fc.json().map((json) => `cashuA${Buffer.from(json).toString('base64url')}`),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => `cashuB${Buffer.from(bytes).toString('base64url')}`),
  );
  fc.assert(
    fc.property(anything, (encoded) => {
      const read = readToken(encoded, limits);
      expect(read).toEqual({ kind: 'malformed', why: expect.stringMatching(/^[\w ,^-]{10,80}$/) });
    }),
    { numRuns: 500 },
  );
});

it('a token with one byte changed is read or refused, and never thrown at us', () => {
  const change = fc.tuple(
    fc.constantFrom(v3, v4WithMemo, v4OfTwoKeysets),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
  );
  fc.assert(
    fc.property(change, ([token, place, by]) => {
      const bytes = Buffer.from(token.slice(6), 'base64url');
      bytes.writeUInt8((bytes[place % bytes.length] ?? 0) ^ by, place % bytes.length);
      const read = readToken(token.slice(0, 6) + bytes.toString('base64url'), limits);
      if (read.kind === 'token') for (const { secret } of read.proofs) lockOf(secret);
    }),
    { numRuns: 500 },
  );
});

it('whatever secret comes in, its lock is told', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .tuple(
        fc.constantFrom('P2PK', 'HTLC', 'x'),
        fc.record(
          { nonce: fc.string(), data: fc.oneof(fc.string(), point), tags: fc.jsonValue() },
          { requiredKeys: [] },
        ),
      )
      .map((secret) => JSON.stringify(secret)),
  );
  fc.assert(
    fc.property(anything, (secret) => expect(['none', 'p2pk', 'unknown']).toContain(lockOf(secret).kind)),
    { numRuns: 500 },
  );
});
