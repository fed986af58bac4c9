import { describe, expect, it } from '@jest/globals';
import { readToken } from '../../src/services/ecash/encodedTokens.ts';
import { bytesOf, mint, proofOfV3, v3Of, v3With, v4Of, v4WithMemo } from '../support/encodedTokens.ts';

const limits = { maxProofs: 100 };
const why = (encoded: string) => {
  const read = readToken(encoded, limits);
  return read.kind === 'malformed' ? read.why : read;
};

describe('The reader of tokens', () => {
  const dleq = { e: '1'.repeat(64), s: '2'.repeat(64), r: '3'.repeat(64) };
  it.each<[string, string, unknown[]]>([
    ['an amount of 0', 'an amount is 0', [{ ...proofOfV3, amount: 0 }]],
    ...[-1, 1.5, '2', 2 ** 53, null].map((amount): [string, string, unknown[]] => [
      `an amount of ${JSON.stringify(amount)}`,
      'an amount is not a whole number below 2^53',
      [{ ...proofOfV3, amount }],
    ]),
    [
      'a sum beyond what JSON says',
      'it is worth more than numbers can say',
      [
        { ...proofOfV3, amount: Number.MAX_SAFE_INTEGER },
        { ...proofOfV3, secret: 'another' },
      ],
    ],
    ['no secret', 'a secret is not a text of at most 1024 characters', [{ ...proofOfV3, secret: undefined }]],
    ['an empty secret', 'a secret is not a text of at most 1024 characters', [{ ...proofOfV3, secret: '' }]],
    [
      'a long secret',
      'a secret is not a text of at most 1024 characters',
      [{ ...proofOfV3, secret: 'x'.repeat(1_025) }],
    ],
    [
      'a secret with half a character',
      'a secret is not a text of at most 1024 characters',
      [{ ...proofOfV3, secret: 'x\ud800' }],
    ],
    ['a proof twice', 'a proof stands in it twice', [proofOfV3, { ...proofOfV3, amount: 8 }]],
    ['no point', 'a signature is not a point of the curve', [{ ...proofOfV3, C: `02${'0'.repeat(64)}` }]],
    [
      'an uncompressed point',
      'a signature is not a point of the curve',
      [{ ...proofOfV3, C: `04${'1'.repeat(128)}` }],
    ],
    [
      'a keyset id of the first mints',
      'a keyset is not named by 8 or 33 bytes',
      [{ ...proofOfV3, id: 'I2yN+iRYfkzT' }],
    ],
    [
      'a long keyset id of version 1',
      'a keyset is not named by 8 or 33 bytes',
      [{ ...proofOfV3, id: `00${'1'.repeat(64)}` }],
    ],
    [
      'a DLEQ proof that is too short',
      'a DLEQ proof is not three times 32 bytes',
      [{ ...proofOfV3, dleq: { ...dleq, e: '1' } }],
    ],
    [
      'a DLEQ proof without its factor',
      'a DLEQ proof is not three times 32 bytes',
      [{ ...proofOfV3, dleq: { ...dleq, r: undefined } }],
    ],
    ['a witness that is a number', 'a witness is not a text', [{ ...proofOfV3, witness: 5 }]],
    ['a proof that is a number', 'an amount is not a whole number below 2^53', [5]],
    ['no proofs', 'it holds no proofs', []],
    [
      'too many proofs',
      'it holds more than 100 proofs',
      Array.from({ length: 101 }, (_, at) => ({ ...proofOfV3, secret: `${at}` })),
    ],
  ])('refuses %s', (_what, because, proofs) => {
    expect(why(v3With(...proofs))).toBe(because);
  });

  it.each([
    [
      'of two mints',
      'it holds proofs of several mints',
      {
        token: [
          { mint, proofs: [proofOfV3] },
          { mint: `${mint}:1`, proofs: [] },
        ],
      },
    ],
    [
      'of a mint that is none',
      'its mint is not named by a web address',
      { token: [{ mint: 'ftp://x', proofs: [proofOfV3] }] },
    ],
    ['without a mint', 'its mint is not named by a web address', { token: [{ proofs: [proofOfV3] }] }],
    [
      'with a unit that is a number',
      'its unit is not a short text',
      { token: [{ mint, proofs: [proofOfV3] }], unit: 5 },
    ],
    [
      'with a memo that is a number',
      'its memo is not a text',
      { token: [{ mint, proofs: [proofOfV3] }], memo: 5 },
    ],
    ['without entries', 'a list is missing in it', { memo: 'x' }],
    ['that is a list', 'its content is not a JSON object', [5]],
    [
      'with too many proofs in all its entries together',
      'it holds more than 100 proofs',
      { token: Array(2).fill({ mint, proofs: Array(51).fill(proofOfV3) }) },
    ],
    [
      'with something deep in it',
      'its content is not a JSON object',
      { token: [{ mint, proofs: [proofOfV3] }], x: JSON.parse(`${'['.repeat(16)}${']'.repeat(16)}`) },
    ],
    [
      'with too many entries',
      'it holds more than 100 proofs',
      { token: Array(101).fill({ mint, proofs: [] }) },
    ],
  ])('refuses a token %s', (_what, because, content) => {
    expect(why(v3Of(content))).toBe(because);
  });

  it.each([
    ['cut off', bytesOf(v4WithMemo).slice(0, -2)],
    ['with a byte too many', `${bytesOf(v4WithMemo)}00`],
    ['with a key twice', bytesOf(v4WithMemo).replace('617563736174', '617463736174')],
    ['with bytes that are no UTF-8', bytesOf(v4WithMemo).replace('5468616e6b', '54ff616e6b')],
    ['that says it is longer than anything', '9bffffffffffffffff'],
    ['that ends where it should go on', '9f'],
    ['that breaks where nothing is open', 'ff'],
    ['that nests', '81'.repeat(100)],
    ['that nests tags', 'c1'.repeat(100)],
    ['of nothing', ''],
  ])('refuses CBOR %s', (_what, hex) => {
    expect(why(v4Of(hex))).toMatch(/CBOR|base64/);
  });

  it('refuses an amount in CBOR that no number can say', () => {
    const huge = bytesOf(v4WithMemo).replace('616101', '61611bffffffffffffffff');
    expect(why(v4Of(huge))).toBe('an amount is not a whole number below 2^53');
  });

  it('refuses what is too long, or no base64', () => {
    expect(why(`cashuA${'A'.repeat(200_000)}`)).toBe('it is longer than 200000 characters');
    expect(why('cashuA{"token":[]}')).toBe('what follows its version is not base64');
  });
});

describe('What is made to keep the reader busy', () => {
  const room = 148_000;
  const json = (text: string) => `cashuA${Buffer.from(text).toString('base64url')}`;
  const repeated = (part: string) => part.repeat(room / part.length);
  const items = (first: string, item: string) => v4Of(first + item.repeat(room));
  it.each([
    ['lists in lists', json(repeated('['))],
    ['a text that never ends', json(`"${repeated('\\"')}`)],
    ['texts', json(`[${repeated('"",')}""]`)],
    ['quotes', json(repeated('"'))],
    ['empty proofs', v3With(...Array(40_000).fill({}))],
    ['empty entries', v3Of({ token: Array(40_000).fill({}) })],
    [
      'addresses that are all slashes',
      v3Of({ token: Array(60).fill({ mint: `http://a${'/'.repeat(2_000)}a`, proofs: [proofOfV3] }) }),
    ],
    ['CBOR lists in lists', items('', '81')],
    ['CBOR lists in lists without a length', items('', '9f')],
    ['empty CBOR texts', items('9a00024220', '60')],
    ['empty CBOR bytes', items('9a00024220', '40')],
    ['empty CBOR maps', items('9a00024220', 'a0')],
    ['one CBOR map', items('ba00012110', '00')],
    ['padding', `cashuA${'='.repeat(190_000)}`],
    ['blanks', ' '.repeat(199_000)],
  ])('%s: is refused within 50 ms', (_what, encoded) => {
    expect(encoded.length).toBeLessThanOrEqual(200_000);
    // A busy machine may take its time now and then, but not every time.
    const refusal = (): number => {
      const begun = performance.now();
      expect(readToken(encoded, { maxProofs: 1_000 }).kind).toBe('malformed');
      return performance.now() - begun;
    };
    let quickest = refusal();
    for (let tries = 1; tries < 20 && quickest >= 50; tries += 1) quickest = Math.min(quickest, refusal());
    expect(quickest).toBeLessThan(50);
  });
});
