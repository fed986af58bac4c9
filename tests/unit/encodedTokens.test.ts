import { Amount, getDecodedToken } from '@cashu/cashu-ts';
import { describe, expect, it } from '@jest/globals';
import type { Proof } from '../../src/models/proof.ts';
import { fullKeysetId, readToken, writeToken } from '../../src/services/ecash/encodedTokens.ts';
import {
  bytesOf,
  mint,
  proofOfV3,
  v3,
  v3Of,
  v3With,
  v4Of,
  v4OfTwoKeysets,
  v4WithMemo,
} from '../support/encodedTokens.ts';

const limits = { maxProofs: 100 };

describe('The tokens of NUT-00', () => {
  it('of version 3 are read, with their padding and without', () => {
    const expected = {
      kind: 'token',
      mintUrl: 'https://8333.space:3338',
      unit: 'sat',
      memo: 'Thank you very much.',
      proofs: [
        { amount: 2n, keysetId: '009a1f293253e41e', secret: proofOfV3.secret, C: proofOfV3.C },
        {
          amount: 8n,
          keysetId: '009a1f293253e41e',
          secret: 'fe15109314e61d7756b0f8ee0f23a624acaa3f4e042f61433c728c7057b931be',
          C: '029e8e5050b890a7d6c0968db16bc1d5d5fa040ea1de284f6ec69d61299f671059',
        },
      ],
    };
    expect(readToken(v3, limits)).toEqual(expected);
    expect(readToken(`${v3}==`, limits)).toEqual(expected);
  });

  it('of version 4 are read, with a memo', () => {
    expect(readToken(v4WithMemo, limits)).toEqual({
      kind: 'token',
      mintUrl: 'http://localhost:3338',
      unit: 'sat',
      memo: 'Thank you',
      proofs: [
        {
          amount: 1n,
          keysetId: '00ad268c4d1f5826',
          secret: '9a6dbb847bd232ba76db0df197216b29d3b8cc14553cd27827fc1cc942fedb4e',
          C: '038618543ffb6b8695df4ad4babcde92a34a96bdcd97dcee0d7ccf98d472126792',
        },
      ],
    });
  });

  it.each(['', 'cashu:', 'cashu://', 'web+cashu://', ' \n'])(
    'of two keysets are read behind “%s”',
    (before) => {
      const read = readToken(`${before}${v4OfTwoKeysets}`, limits);
      expect(read).toMatchObject({ kind: 'token', memo: null });
      expect(read.kind === 'token' && read.proofs.map(({ keysetId, amount }) => [keysetId, amount])).toEqual([
        ['00ffd48b8f5ecf80', 1n],
        ['00ad268c4d1f5826', 2n],
        ['00ad268c4d1f5826', 1n],
      ]);
    },
  );

  it.each([
    ['with a wrong prefix', `casshu${v3.slice(5)}`],
    ['with none', v3.slice(6)],
    ['of a version to come', `cashuC${v3.slice(6)}`],
  ])('%s are refused', (_what, encoded) => {
    expect(readToken(encoded, limits)).toEqual({
      kind: 'malformed',
      why: 'it begins with neither cashuA nor cashuB',
    });
  });
});

describe('Reading', () => {
  it('takes entries of one mint together, however often it is named, and the unit to be sat', () => {
    const token = v3Of({
      token: [
        { mint: `${mint}/`, proofs: [proofOfV3] },
        { mint, proofs: [{ ...proofOfV3, secret: 'another', dleq: null, witness: null }] },
      ],
    });
    expect(readToken(token, limits)).toMatchObject({
      mintUrl: mint,
      unit: 'sat',
      memo: null,
      proofs: [{ amount: 2n }, { secret: 'another' }],
    });
  });

  it('takes what other libraries write: lists without a length, upper case, fields that nobody knows', () => {
    const endless = bytesOf(v4WithMemo).replace(/^a4/, 'bf').replace('617081a3', '61709fa3');
    const closed = endless.replace('64726792', '').replace(/(7212679)2/, '$12ff');
    expect(readToken(v4Of(`${closed}ff`), limits)).toEqual(readToken(v4WithMemo, limits));
    const unknownFields = bytesOf(v4WithMemo).replace(/^a4/, 'a6617afb3ff199999999999ac10500');
    expect(readToken(v4Of(unknownFields), limits)).toEqual(readToken(v4WithMemo, limits));
    const loud = { ...proofOfV3, C: proofOfV3.C.toUpperCase(), id: proofOfV3.id.toUpperCase() };
    expect(readToken(v3With(loud), limits)).toEqual(readToken(v3With(proofOfV3), limits));
  });

  it('takes brackets in a text for what they are', () => {
    const secret = `"[${'{['.repeat(20)}\\"${'['.repeat(20)}\\`;
    expect(readToken(v3With({ ...proofOfV3, secret }), limits)).toMatchObject({ proofs: [{ secret }] });
  });

  it('keeps a witness, which version 3 may write as an object', () => {
    const read = readToken(v3With({ ...proofOfV3, witness: { signatures: ['ab'] } }), limits);
    expect(read).toMatchObject({ proofs: [{ witness: '{"signatures":["ab"]}' }] });
  });
});

describe('Writing', () => {
  const proof: Proof = {
    Y: '',
    keysetId: `01${'ab'.repeat(32)}`,
    amount: 2n ** 40n,
    secret: '["P2PK",{"nonce":"ü"}]',
    C: proofOfV3.C,
    dleq: { e: '1'.repeat(64), s: '2'.repeat(64), r: '0'.repeat(64) },
  };
  const token = writeToken({
    mintUrl: mint,
    unit: 'sat',
    memo: 'ä',
    proofs: [proof, { ...proof, secret: 'x' }],
  });

  it('gives a token of version 4 that cashu-ts reads, DLEQ proofs and all', () => {
    expect(token).toMatch(/^cashuB[\w-]+$/);
    const read = getDecodedToken(token, [proof.keysetId]);
    expect(read).toMatchObject({ mint, unit: 'sat', memo: 'ä' });
    expect(read.proofs[0]).toEqual({
      id: proof.keysetId,
      amount: Amount.from(proof.amount),
      secret: proof.secret,
      C: proof.C,
      dleq: proof.dleq,
    });
  });

  it('names a keyset of version 2 by its first bytes, which its mint knows in full', () => {
    const read = readToken(token, limits);
    const short = read.kind === 'token' ? read.proofs.map(({ keysetId }) => keysetId) : [];
    expect(short).toEqual(Array(2).fill(proof.keysetId.slice(0, 16)));
    expect(fullKeysetId(short[0] ?? '', ['00ad268c4d1f5826', proof.keysetId])).toBe(proof.keysetId);
  });
});

describe('The keyset that a token names', () => {
  const [a, b] = [`01${'ab'.repeat(32)}`, `01${'ab'.repeat(31)}cd`];
  it.each<[string, string[], string | null]>([
    [a, [a, b], a],
    [a.slice(0, 16), [a], a],
    [a.slice(0, 16), [a, a], a],
    [a.slice(0, 16), [a, b], null],
    [a.slice(0, 16), ['00ad268c4d1f5826'], null],
    [a.slice(0, 18), [a], null],
    ['00ad268c4d1f5826', ['00ad268c4d1f5826'], '00ad268c4d1f5826'],
    ['00ad268c4d1f5826', [`00ad268c4d1f5826${'0'.repeat(50)}`], null],
    ['', [a], null],
  ])('%s among %j: %s', (named, known, meant) => {
    expect(fullKeysetId(named, known)).toBe(meant);
  });
});
