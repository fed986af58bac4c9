import { Amount, createDLEQProof, OutputData } from '@cashu/cashu-ts';
import { describe, expect, it } from '@jest/globals';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import type { BlindSignature, PlannedOutput } from '../../src/models/proof.ts';
import { createArithmeticJobs } from '../../src/services/ecash/arithmeticJobs.ts';
import type { Curve } from '../../src/services/ecash/curve.ts';
import { curves } from '../support/curves.ts';

const { Fn, BASE, fromHex } = secp256k1.Point;
const keysetId = '00ad268c4d1f5826';
const amount = 8n;

const scalar = fc.bigInt({ min: 1n, max: Fn.ORDER - 1n });
const seed = fc.uint8Array({ minLength: 64, maxLength: 64 });
type Signed = {
  output: PlannedOutput;
  signature: BlindSignature;
  keys: { id: string; keys: Record<string, string> };
};

/** One of our outputs, signed by a mint with the private key k, by cashu-ts' own arithmetic on both sides. */
const signed: fc.Arbitrary<Signed> = fc
  .tuple(seed, fc.nat({ max: 1_000 }), scalar)
  .map(([from, counter, k]) => {
    const { blindedMessage, blindingFactor, secret } = OutputData.createSingleDeterministicData(
      amount,
      from,
      counter,
      keysetId,
    );
    const B_ = fromHex(blindedMessage.B_);
    const { e, s } = createDLEQProof(B_, Fn.toBytes(k));
    return {
      output: {
        role: 'keep',
        amount,
        keysetId,
        counter,
        B_: blindedMessage.B_,
        secret: Buffer.from(secret).toString('utf8'),
        blindingFactor,
      },
      signature: {
        keysetId,
        amount,
        C_: B_.multiply(k).toHex(true),
        dleq: { e: Buffer.from(e).toString('hex'), s: Buffer.from(s).toString('hex') },
      },
      keys: { id: keysetId, keys: { [amount.toString()]: BASE.multiply(k).toHex(true) } },
    };
  });

/** What cashu-ts makes of the same signature; null where it refuses. */
function byCashuTs({ output, signature, keys }: Signed) {
  const { B_, blindingFactor, secret } = output;
  const data = new OutputData(
    { amount: Amount.from(amount), B_, id: keysetId },
    blindingFactor,
    Buffer.from(secret, 'utf8'),
  );
  try {
    const { C, dleq } = data.toProof({ ...signature, id: keysetId, amount: Amount.from(amount) }, keys);
    return { C, secret, ...(dleq === undefined ? {} : { dleq }) };
  } catch {
    return null;
  }
}

function byUs(curve: Curve, { output, signature, keys }: Signed) {
  const [proof] = createArithmeticJobs(curve).unblind({ keyset: keys, items: [{ output, signature }] });
  if (!proof) return null;
  const { C, secret, dleq } = proof;
  return { C, secret, ...(dleq === undefined ? {} : { dleq }) };
}

const flipped = (hex: string, at: number): string => {
  const bytes = Buffer.from(hex, 'hex');
  const index = at % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ (1 << (at % 8));
  return bytes.toString('hex');
};

type Tampering = (signed: Signed, at: number) => Signed;
const withSignature =
  (change: (signature: BlindSignature, at: number) => Partial<BlindSignature>): Tampering =>
  (of, at) => ({ ...of, signature: { ...of.signature, ...change(of.signature, at) } });
const dleqOf = ({ dleq }: BlindSignature) => dleq ?? { e: '', s: '' };

const zero = '0'.repeat(64);
const order = Fn.ORDER.toString(16);
const tamperings: Record<string, Tampering> = {
  'nothing at all': (of) => of,
  'no DLEQ': ({ signature: { dleq: _, ...signature }, ...of }) => ({ ...of, signature }),
  'hex in capitals': withSignature((of) => ({
    dleq: { e: dleqOf(of).e.toUpperCase(), s: dleqOf(of).s.toUpperCase() },
  })),
  'a bit of e': withSignature((of, at) => ({ dleq: { ...dleqOf(of), e: flipped(dleqOf(of).e, at) } })),
  'a bit of s': withSignature((of, at) => ({ dleq: { ...dleqOf(of), s: flipped(dleqOf(of).s, at) } })),
  'a bit of C_': withSignature(({ C_ }, at) => ({ C_: flipped(C_, at) })),
  'a bit of C_, no DLEQ': ({ signature: { dleq: _, ...signature }, ...of }, at) => ({
    ...of,
    signature: { ...signature, C_: flipped(signature.C_, at) },
  }),
  'e is zero': withSignature((of) => ({ dleq: { ...dleqOf(of), e: zero } })),
  's is zero': withSignature((of) => ({ dleq: { ...dleqOf(of), s: zero } })),
  's is the order of the curve': withSignature((of) => ({ dleq: { ...dleqOf(of), s: order } })),
  'e is too short': withSignature((of) => ({ dleq: { ...dleqOf(of), e: dleqOf(of).e.slice(2) } })),
  'the opposite of C_': withSignature(({ C_ }) => ({
    C_: `${C_.startsWith('02') ? '03' : '02'}${C_.slice(2)}`,
  })),
  'another key': (of) => ({ ...of, keys: { id: keysetId, keys: { [amount.toString()]: BASE.toHex(true) } } }),
  'no key for the amount': (of) => ({ ...of, keys: { id: keysetId, keys: {} } }),
};

describe.each(curves)('a signature is taken over exactly as cashu-ts would, in %s', (_backend, curve) => {
  it.each(Object.entries(tamperings))('with this changed: %s', (_what, tamper) => {
    fc.assert(
      fc.property(signed, fc.nat(), (honest, at) => {
        const told = tamper(honest, at);
        expect(byUs(curve, told)).toEqual(byCashuTs(told));
      }),
      { numRuns: 8 },
    );
  });

  it('and an honest one is never refused', () => {
    fc.assert(
      fc.property(signed, (honest) => {
        expect(byUs(curve, honest)).toMatchObject({
          secret: honest.output.secret,
          dleq: { e: expect.any(String) },
        });
      }),
      { numRuns: 20 },
    );
  });
});
