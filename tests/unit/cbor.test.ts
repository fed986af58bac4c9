import { describe, expect, it } from '@jest/globals';
import { type CborValue, readCbor } from '../../src/services/ecash/cbor.ts';

const read = (hex: string, maxItems = 100) => readCbor(Buffer.from(hex, 'hex'), maxItems);
const map = (...members: [string, CborValue][]) => new Map<string, CborValue>(members);

describe('CBOR', () => {
  it.each<[string, CborValue]>([
    ['00', 0],
    ['17', 23],
    ['1818', 24],
    ['1903e8', 1_000],
    ['1a000f4240', 1_000_000],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['1b001fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['1b0020000000000000', 2n ** 53n],
    ['1bffffffffffffffff', 2n ** 64n - 1n],
    ['20', -1],
    ['3903e7', -1_000],
    ['3b001fffffffffffff', -(2n ** 53n)],
    ['3bffffffffffffffff', -(2n ** 64n)],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['f7', undefined],
    ['f0', undefined],
    ['f93c00', undefined],
    ['fa47c35000', undefined],
    ['fb3ff199999999999a', undefined],
    ['c11a514b67b0', 1_363_896_240],
    ['d818456449455446', { hex: '6449455446' }],
    ['40', { hex: '' }],
    ['4401020304', { hex: '01020304' }],
    ['60', ''],
    ['62225c', '"\\'],
    ['62c3bc', 'ü'],
    ['64f0908591', '\u{10151}'],
    ['63efbfbd', '\ufffd'],
    ['64efbbbf61', '\ufeffa'],
    ['8301820203820405', [1, [2, 3], [4, 5]]],
    ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
    ['9fff', []],
    ['a0', map()],
    ['a26161016162820203', map(['a', 1], ['b', [2, 3]])],
    ['bf61610161629f0203ffff', map(['a', 1], ['b', [2, 3]])],
    ['a201020304', map()],
  ])('of RFC 8949, Appendix A, and its like: %s', (hex, value) => {
    expect(read(hex)).toEqual({ value });
  });

  it.each([
    ['nothing', ''],
    ['two items', '0000'],
    ['half a number', '1a0001'],
    ['half a text', '6261'],
    ['half a list', '8201'],
    ['half a list without a length', '9f01'],
    ['a key without its value', 'a16161'],
    ['a break for itself', 'ff'],
    ['a break for a value', 'bf6161ff'],
    ['a length that is none', '1c'],
    ['bytes in pieces', '5f4101ff'],
    ['a text in pieces', '7f6161ff'],
    ['a text that is no UTF-8', '62c328'],
    ['a text with half a character', '63eda080'],
    ['a key twice', 'a2616101616102'],
    ['a length beyond everything', '9bffffffffffffffff'],
    ['a text as long as it would be', '7bffffffffffffffff'],
  ])('that is not whole is refused: %s', (_what, hex) => {
    expect(read(hex)).toBe(null);
  });

  it('has as many items as are allowed, keys and lists among them, and no more', () => {
    expect(read('a261610161628102', 6)).not.toBe(null);
    expect(read('a261610161628102', 5)).toBe(null);
    expect(read('c1c100', 3)).not.toBe(null);
    expect(read('c1c100', 2)).toBe(null);
  });

  it('is sixteen deep, and no deeper', () => {
    expect(read(`${'81'.repeat(16)}00`)).not.toBe(null);
    for (const open of ['81', 'c1', 'a100', '9f']) {
      const close = open === '9f' ? 'ff'.repeat(17) : '';
      expect([open, read(`${open.repeat(17)}00${close}`)]).toEqual([open, null]);
    }
  });
});
