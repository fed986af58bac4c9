import { createHash } from 'node:crypto';
import {
  createDLEQProof,
  getPubKeyFromPrivKey,
  hashToCurve,
  OutputData,
  schnorrSignMessage,
  schnorrVerifyMessage,
} from '@cashu/cashu-ts';
import { describe, expect, it } from '@jest/globals';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { createArithmeticJobs } from '../../src/services/ecash/arithmeticJobs.ts';
import { scalarOf } from '../../src/services/ecash/libsecpSecrets.ts';
import { curves } from '../support/curves.ts';

const { Fn, BASE, fromHex } = secp256k1.Point;
const toHex = (of: Uint8Array): string => Buffer.from(of).toString('hex');

const seed = fc.uint8Array({ minLength: 64, maxLength: 64 });
const scalar = fc.bigInt({ min: 1n, max: Fn.ORDER - 1n }).map((number) => toHex(Fn.toBytes(number)));
const digits = (length: number) => fc.uint8Array({ minLength: length / 2, maxLength: length / 2 }).map(toHex);

/** Ids at the borders of what is understood, and past them. */
const oddIds = [
  '',
  '00',
  '01',
  '0',
  '1',
  '02ff',
  '00FF',
  '01FF',
  'ff',
  'Zz',
  'A===',
  'AAA==',
  'AB==',
  '00ad268c4d1f582',
  '01abc',
  '00ff\n',
  '01ff\n',
  '0x00ff',
  'A+B_',
];

/** Of NUT-02's version 00, of 01, and of the time before, in both alphabets of base64. */
const keysetId = fc.oneof(
  digits(14).map((rest) => `00${rest}`),
  digits(64).map((rest) => `01${rest}`),
  fc
    .uint8Array({ minLength: 9, maxLength: 9 })
    .map((id) => `${Buffer.from(id).toString('base64').slice(0, -1)}/`),
  fc
    .uint8Array({ minLength: 9, maxLength: 9 })
    .map((id) => `_${Buffer.from(id).toString('base64url').slice(1)}`),
  fc.uint8Array({ minLength: 8, maxLength: 8 }).map((id) => `${Buffer.from(id).toString('base64')}`),
  fc.string({ maxLength: 20 }),
  fc.constantFrom(...oddIds),
);
const counter = fc.oneof(
  fc.nat({ max: 1_000 }),
  fc.constantFrom(0, 2 ** 31 - 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER, -1, 0.5, Number.NaN, 2 ** 53),
);

/** What a computation gives, or that it throws: in words of its own, whoever it is. */
const outcome = <T>(compute: () => T): T | 'refused' => {
  try {
    return compute();
  } catch {
    return 'refused';
  }
};

const byCashuTs = (from: Uint8Array, id: string, at: number) =>
  outcome(() => {
    const output = OutputData.createSingleDeterministicData(8n, from, at, id);
    const { blindedMessage, secret, blindingFactor } = output;
    return [{ B_: blindedMessage.B_, secret: Buffer.from(secret).toString('utf8'), blindingFactor }];
  });

describe.each(curves)('in %s, bit for bit as by cashu-ts', (backend, curve) => {
  const numRuns = backend === 'javascript' ? 15 : 60;

  it('a message leads to its point', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
        expect(curve.hashToCurve(message)).toBe(hashToCurve(message).toHex(true));
      }),
      { numRuns },
    );
  });

  const byUs = (from: Uint8Array, id: string, at: number) =>
    outcome(() => {
      const items = [{ counter: at, role: 'keep' as const, amount: 8n }];
      const outputs = createArithmeticJobs(curve).derive({ seed: from, keysetId: id, items });
      return outputs.map(({ B_, secret, blindingFactor }) => ({ B_, secret, blindingFactor }));
    });

  it.each(oddIds)('the keyset %j leads to an output, or to none', (id) => {
    const from = new Uint8Array(64).fill(7);
    expect(byUs(from, id, 3)).toEqual(byCashuTs(from, id, 3));
  });

  it('a wallet, a keyset and an index lead to an output, or to none', () => {
    fc.assert(
      fc.property(seed, keysetId, counter, (from, id, at) => {
        expect(byUs(from, id, at)).toEqual(byCashuTs(from, id, at));
      }),
      { numRuns: numRuns * 2 },
    );
  });

  it('outputs that are derived together are those that are derived one by one', () => {
    const { derive } = createArithmeticJobs(curve);
    fc.assert(
      fc.property(seed, fc.constantFrom('00ad268c4d1f5826', `01${'5a'.repeat(32)}`), (from, id) => {
        const items = [5, 6, 1_000, 2].map((at) => ({ counter: at, role: 'blank' as const, amount: 0n }));
        const alone = items.flatMap((item) => derive({ seed: from, keysetId: id, items: [item] }));
        expect(derive({ seed: from, keysetId: id, items })).toEqual(alone);
      }),
      { numRuns: 4 },
    );
  });

  it('a private key has its public one, and signs what cashu-ts finds signed', () => {
    fc.assert(
      fc.property(scalar, fc.string(), (key, text) => {
        const privateKey = Buffer.from(key, 'hex');
        const publicKey = curve.publicKeyOf(privateKey);
        expect(publicKey).toBe(toHex(getPubKeyFromPrivKey(privateKey)));
        expect(schnorrVerifyMessage(curve.schnorrSignature(text, privateKey), text, publicKey)).toBe(true);
        const digest = createHash('sha256').update(text, 'utf8').digest('hex');
        const theirs = schnorrSignMessage(text, key);
        const x = publicKey.slice(2);
        expect(curve.isSchnorrGood(theirs, digest, x)).toBe(true);
        expect(
          curve.isSchnorrGood(
            theirs,
            digest.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
            x,
          ),
        ).toBe(false);
      }),
      { numRuns: numRuns / 5 },
    );
  });

  it('a proof that is handed over shows who has signed it, and nothing shows that of another', () => {
    const { check } = createArithmeticJobs(curve);
    fc.assert(
      fc.property(scalar, scalar, fc.string(), (k, r, secret) => {
        fc.pre(k !== r);
        const Y = hashToCurve(Buffer.from(secret, 'utf8'));
        const [key, factor] = [Fn.fromBytes(Buffer.from(k, 'hex')), Fn.fromBytes(Buffer.from(r, 'hex'))];
        const proof = createDLEQProof(Y.add(BASE.multiply(factor)), Buffer.from(k, 'hex'));
        const dleq = { e: toHex(proof.e), s: toHex(proof.s), r };
        const C = Y.multiply(key).toHex(true);
        const K = BASE.multiply(key).toHex(true);
        const items = [
          { secret, C, K, dleq },
          { secret: `${secret}.`, C, K, dleq },
          { secret, C: K, K, dleq },
          { secret, C, K: C, dleq },
          { secret, C, K, dleq: { ...dleq, r: k } },
          { secret, C, K, dleq: { ...dleq, r: '00'.repeat(32) } },
          { secret, C: 'no point', K, dleq },
        ];
        const name = Y.toHex(true);
        const told = check({ items });
        expect(told.map(({ dleq: verdict }) => verdict)).toEqual(['holds', ...Array(6).fill('fails')]);
        expect(told.filter((one) => one.Y === name)).toHaveLength(6);
      }),
      { numRuns: numRuns / 5 },
    );
  });

  it('a text is a point of the curve, or is not', () => {
    fc.assert(
      fc.property(fc.constantFrom('02', '03', '04', '00'), digits(64), (sign, x) => {
        const isPoint = outcome(() => fromHex(sign + x).toHex(true)) !== 'refused';
        expect(curve.isCompressedPoint(sign + x)).toBe(isPoint);
        expect(curve.isCompressedPoint((sign + x).toUpperCase())).toBe(isPoint);
        expect(curve.isCompressedPoint(`${sign}${x} `)).toBe(false);
      }),
      { numRuns },
    );
  });
});

describe('a digest becomes a blinding factor', () => {
  const bytesOf = (number: bigint) => Buffer.from(number.toString(16).padStart(64, '0'), 'hex');

  it('as it is below the order of the curve, and less the order from there on', () => {
    const largest = 2n ** 256n - 1n;
    expect(scalarOf(bytesOf(Fn.ORDER - 1n))).toBe((Fn.ORDER - 1n).toString(16));
    expect(scalarOf(bytesOf(Fn.ORDER + 1n))).toBe('1'.padStart(64, '0'));
    expect(scalarOf(bytesOf(largest))).toBe((largest - Fn.ORDER).toString(16).padStart(64, '0'));
  });

  it('unless that is 0', () => {
    for (const none of [0n, Fn.ORDER]) expect(() => scalarOf(bytesOf(none))).toThrow();
  });
});
