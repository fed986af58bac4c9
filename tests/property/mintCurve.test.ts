import { hashToCurve as hashToCurveOfLibrary } from '@cashu/cashu-ts';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isPrivate } from 'tiny-secp256k1';
import { inMachineCode, inWebAssembly } from '../../simulator/mint/arithmetic.ts';
import { compressedHex, hashToCurve, pointFromHex } from '../../simulator/mint/curve.ts';

it('the simulated mint hashes every message to the point that cashu-ts hashes it to', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
      expect(compressedHex(hashToCurve(message))).toBe(hashToCurveOfLibrary(message).toHex(true));
    }),
    { numRuns: 200 },
  );
});

it('and so it does where the first hashes are no points', () => {
  // The third of the test vectors in NUT-00 takes more than one hash.
  const message = new Uint8Array(Buffer.from(`${'0'.repeat(63)}2`, 'hex'));
  expect(compressedHex(hashToCurve(message))).toBe(
    '026cdbe15362df59cd1dd3c9c11de8aedac2106eca69236ecd9fbe117af897be4f',
  );
});

it('reads a point that it wrote, and nothing that is no point of the curve', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
      const hex = compressedHex(hashToCurve(seed));
      expect(compressedHex(pointFromHex(hex) ?? new Uint8Array())).toBe(hex);
    }),
  );
  const notOnCurve = `02${'0'.repeat(63)}5`;
  expect(['', '02', notOnCurve, `04${'0'.repeat(128)}`].map(pointFromHex)).toEqual([null, null, null, null]);
});

it('computes the same in machine code, where there is any, as in WebAssembly', () => {
  const native = inMachineCode;
  if (native === null) return;
  const scalar = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter(isPrivate);
  fc.assert(
    fc.property(scalar, scalar, (one, other) => {
      const point = native.baseTimes(one);
      expect(point).toEqual(inWebAssembly.baseTimes(one));
      expect(native.multiply(point, other)).toEqual(inWebAssembly.multiply(point, other));
      expect(native.convert(point, true)).toEqual(inWebAssembly.convert(point, true));
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 66 }), (bytes) => {
      expect(native.isPoint(bytes)).toBe(inWebAssembly.isPoint(bytes));
    }),
  );
});
