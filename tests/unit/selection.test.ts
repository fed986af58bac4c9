import { describe, expect, it } from '@jest/globals';
import {
  type Candidate,
  exactSubset,
  maxInputs,
  type OutputTerms,
  type Selection,
  selectProofs,
} from '../../src/services/melt/selection.ts';

const powers = Array.from({ length: 20 }, (_, exponent) => 2n ** BigInt(exponent)).reverse();
const free: OutputTerms = { feePpk: 0n, denominations: powers };

type Draft = { amount: number; ppk?: number; retiring?: boolean };

/** Proofs named 00, 01, … in the order given. */
function proofs(...drafts: (number | Draft)[]): Candidate[] {
  return drafts
    .map((draft) => (typeof draft === 'number' ? { amount: draft } : draft))
    .map(({ amount, ppk = 0, retiring = false }: Draft, index) => ({
      tokenId: 'tok',
      Y: String(index).padStart(2, '0'),
      keysetId: `keyset_${ppk}`,
      amount: BigInt(amount),
      feePpk: BigInt(ppk),
      retiring,
    }));
}

const many = (count: number, draft: Draft): Draft[] => Array.from({ length: count }, () => draft);

/** The names of what was chosen, sorted, or what was said instead. */
function chosen(selection: Selection): string | string[] {
  return selection.kind === 'insufficient' ? selection.kind : selection.inputs.map(({ Y }) => Y).sort();
}

describe('an exact subset', () => {
  it('is paid with directly, from as few proofs as will do', () => {
    const selection = selectProofs(proofs(1, 1, 2, 4, 4, 8), 8n, free);
    expect(selection).toMatchObject({ kind: 'direct', meltFee: 0n });
    expect(chosen(selection)).toEqual(['05']);
  });

  it('is swapped first where the wallet is to pay so, if there is enough for that', () => {
    const candidates = proofs(1, 1, 2, 4, 4, 8);
    expect(selectProofs(candidates, 8n, free, false)).toMatchObject({ kind: 'swap', sendAmount: 8n });
    // 8 - 1 = 7 and no more: a swap would need 2 of fees.
    const dear = { feePpk: 1000n, denominations: powers };
    const one = proofs({ amount: 8, ppk: 1000 });
    expect(selectProofs(one, 7n, dear, false)).toMatchObject({ kind: 'direct', meltFee: 1n });
    expect(selectProofs(one, 8n, dear, false)).toEqual(selectProofs(one, 8n, dear, true));
  });

  it('also covers its own fee, rounded up once over all inputs', () => {
    // 8 + 4 - ⌈200 / 1000⌉ = 11
    const selection = selectProofs(proofs({ amount: 8, ppk: 100 }, { amount: 4, ppk: 100 }), 11n, free);
    expect(selection).toMatchObject({ kind: 'direct', meltFee: 1n });
    expect(chosen(selection)).toEqual(['00', '01']);
  });

  it.each<[string, Candidate[], bigint, string[]]>([
    ['of a retiring keyset first', proofs(8, { amount: 8, retiring: true }), 8n, ['01']],
    ['cheaper ones first', proofs({ amount: 8, ppk: 1 }, { amount: 8, ppk: 0 }), 8n, ['01']],
    ['of the most worth first, whatever their amount', proofs({ amount: 10, ppk: 5000 }, 4, 9), 9n, ['02']],
    ['then by name', proofs(8, 8, 8).reverse(), 16n, ['00', '01']],
    ['passing over a large one that leads nowhere', proofs(6, 4, 4, 1), 8n, ['01', '02']],
    ['passing over two large ones', proofs(7, 7, 5, 5, 5), 15n, ['02', '03', '04']],
  ])('takes proofs %s', (_story, candidates, need, expected) => {
    const selection = selectProofs(candidates, need, free);
    expect(selection.kind).toBe('direct');
    expect(chosen(selection)).toEqual(expected);
  });

  it('is not there for nothing, nor in an empty wallet', () => {
    expect(exactSubset(proofs(1, 2), 0n)).toBeNull();
    expect(exactSubset(proofs(1, 2), -1n)).toBeNull();
    expect(exactSubset([], 1n)).toBeNull();
  });

  it('is everything, where everything is needed', () => {
    expect(exactSubset(proofs(4, 2, 1), 7n)).toHaveLength(3);
    expect(exactSubset(proofs(4, 2, 1), 8n)).toBeNull();
  });

  it('makes no use of proofs that cost what they are worth, or more', () => {
    const worthless = [
      { amount: 1, ppk: 1000 },
      { amount: 1, ppk: 2000 },
    ];
    expect(selectProofs(proofs(...worthless, 4), 4n, free).kind).toBe('direct');
    expect(chosen(selectProofs(proofs(...worthless, 4), 4n, free))).toEqual(['02']);
    expect(exactSubset(proofs(...worthless), 1n)).toBeNull();
  });

  it.each([
    [0, 1000n, 1],
    [1, 999n, 1],
    [999, 999n, 1],
    [1000, 999n, 1],
    [1001, 998n, 1],
  ])('of a proof of 1000 that costs %d thousandths is worth %d', (ppk, worth, count) => {
    const candidates = proofs({ amount: 1000, ppk });
    expect(exactSubset(candidates, worth)).toHaveLength(count);
    expect(exactSubset(candidates, worth - 1n)).toBeNull();
    expect(exactSubset(candidates, worth + 1n)).toBeNull();
  });

  it('has at most five hundred proofs, which one request can carry', () => {
    const dust = proofs(...many(maxInputs + 1, { amount: 1 }));
    expect(exactSubset(dust, BigInt(maxInputs))).toHaveLength(maxInputs);
    expect(exactSubset(dust, BigInt(maxInputs + 1))).toBeNull();
    const mixed = proofs(2, ...many(maxInputs + 1, { amount: 1 }));
    expect(exactSubset(mixed, BigInt(maxInputs + 1))).toHaveLength(maxInputs);
    expect(exactSubset(mixed, BigInt(maxInputs + 2))).toBeNull();
  });

  it('is looked for among proofs of one worth though their amounts and fees differ', () => {
    // 3 at 2000 and 2 at 1000 are both worth 1.
    const candidates = proofs({ amount: 3, ppk: 2000 }, { amount: 2, ppk: 1000 }, 5);
    expect(exactSubset(candidates, 2n)).toHaveLength(2);
    expect(exactSubset(candidates, 7n)).toHaveLength(3);
  });
});

/** The search follows the largest proof first, and here that leads nowhere: what is odd is not a sum of what is even. */
describe('the search for an exact subset', () => {
  const doubled = (amounts: number[]) => amounts.map((amount) => 2 * amount);
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  it('gives up a branch whose rest is worth too little, before its patience is over', () => {
    const evens = doubled(upTo(20).map((exponent) => 2 ** (exponent - 1)));
    expect(exactSubset(proofs(2 ** 20 + 1, ...evens.reverse()), BigInt(2 ** 21 - 2))).toHaveLength(20);
  });

  it('does not try twice what has failed', () => {
    expect(exactSubset(proofs(171, ...doubled(upTo(18)).reverse()), 342n)).toHaveLength(18);
  });

  it('ends though it has not seen everything', () => {
    const irregular = doubled(upTo(60).map((index) => (index * index * 1_000_003) % 999_983));
    const startedAt = performance.now();
    expect(exactSubset(proofs(...irregular.sort((a, b) => b - a)), 30_000_001n)).toBeNull();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('without an exact subset, a swap', () => {
  it('sends what is needed and keeps the rest', () => {
    expect(selectProofs(proofs(64), 10n, free)).toMatchObject({
      kind: 'swap',
      swapFee: 0n,
      sendAmount: 10n,
      keepAmount: 54n,
    });
  });

  it('sends what the melt will take of it, too, and pays its own fee', () => {
    const terms = { feePpk: 1000n, denominations: powers };
    // 16 is one proof and 17 are two, so 16 would pay 15; 18 as 16 + 2 pay 16.
    expect(selectProofs(proofs({ amount: 64, ppk: 1000 }), 16n, terms)).toMatchObject({
      kind: 'swap',
      swapFee: 1n,
      sendAmount: 18n,
      keepAmount: 45n,
    });
  });

  it('may keep nothing', () => {
    const terms = { feePpk: 1000n, denominations: powers };
    const selection = selectProofs(proofs({ amount: 8, ppk: 2000 }), 5n, terms);
    expect(selection).toMatchObject({ kind: 'insufficient' });
    expect(selectProofs(proofs({ amount: 9, ppk: 1500 }), 6n, free)).toMatchObject({
      kind: 'swap',
      swapFee: 2n,
      sendAmount: 6n,
      keepAmount: 1n,
    });
  });

  it.each<[string, Candidate[], bigint, string[]]>([
    [
      'one large proof rather than many small ones at a fee',
      proofs({ amount: 64, ppk: 1000 }, ...many(7, { amount: 8, ppk: 1000 })),
      50n,
      ['00'],
    ],
    ['free proofs rather than one that costs', proofs({ amount: 64, ppk: 1000 }, 32, 32), 40n, ['01', '02']],
    ['the smallest single proof that covers', proofs(64, 32, 16), 20n, ['01']],
    ['retiring proofs where it costs the same', proofs(64, { amount: 64, retiring: true }), 50n, ['01']],
    [
      'many retiring ones rather than one that is not',
      proofs(64, ...many(3, { amount: 24, retiring: true })),
      60n,
      ['01', '02', '03'],
    ],
    [
      'the smallest single proof rather than the largest, or many small ones at a fee',
      proofs(...[64, 32, 8, 8, 8].map((amount) => ({ amount, ppk: 1000 }))),
      20n,
      ['01'],
    ],
    [
      'retiring proofs before others that would fit better',
      proofs(32, ...many(3, { amount: 16, retiring: true })),
      40n,
      ['01', '02', '03'],
    ],
    [
      'no proof that others have made needless',
      proofs(8, 40, 44, { amount: 100, ppk: 3000 }),
      60n,
      ['01', '02'],
    ],
  ])('takes %s', (_story, candidates, need, expected) => {
    const selection = selectProofs(candidates, need, free);
    expect(selection.kind).toBe('swap');
    expect(chosen(selection)).toEqual(expected);
  });

  it.each<[string, Candidate[], string[]]>([
    ['two small proofs rather than one that is larger', proofs(16, 4, 4), ['01', '02']],
    [
      'a single proof that is just enough',
      proofs({ amount: 64, ppk: 1000 }, { amount: 9, ppk: 1000 }, ...many(3, { amount: 4, ppk: 1000 })),
      ['01'],
    ],
  ])('takes %s, where what is sent pays a fee', (_story, candidates, expected) => {
    // 8 is one proof and pays 7; 5, 6 and 7 are more proofs and pay less than 5.
    const selection = selectProofs(candidates, 5n, { feePpk: 1000n, denominations: powers });
    expect(selection).toMatchObject({ kind: 'swap', sendAmount: 8n });
    expect(chosen(selection)).toEqual(expected);
  });

  it('leaves alone what costs more than it brings', () => {
    const selection = selectProofs(
      proofs({ amount: 1, ppk: 2000 }, { amount: 1, ppk: 1000 }, 8, 8),
      11n,
      free,
    );
    expect(selection.kind).toBe('swap');
    expect(chosen(selection)).toEqual(['02', '03']);
  });

  it('takes the largest of more proofs than one request can carry', () => {
    const wallet = proofs(...many(maxInputs, { amount: 2 }), ...many(maxInputs, { amount: 5 }));
    const selection = selectProofs(wallet, 2_499n, free);
    expect(selection).toMatchObject({ kind: 'swap', sendAmount: 2_499n, keepAmount: 1n });
    expect(selectProofs(wallet, 2_501n, free).kind).toBe('insufficient');
  });

  it('takes those of the most worth, where the largest are too dear', () => {
    const wallet = proofs(...many(maxInputs, { amount: 6, ppk: 4000 }), ...many(maxInputs, { amount: 5 }));
    expect(selectProofs(wallet, 2_499n, free)).toMatchObject({ kind: 'swap', swapFee: 0n, keepAmount: 1n });
  });
});

describe('too little', () => {
  it.each<[string, Candidate[], bigint, bigint, bigint]>([
    ['nothing at all', [], 5n, 5n, 0n],
    ['less than is sent', proofs(2, 1), 5n, 5n, 3n],
    ['less than is sent, whatever spending it would cost', proofs({ amount: 4, ppk: 100 }), 5n, 5n, 4n],
    ['what is sent, and not its fee', proofs({ amount: 4, ppk: 100 }, { amount: 1, ppk: 100 }), 5n, 6n, 5n],
  ])('is said to be so, and how much would do: %s', (_story, candidates, need, required, available) => {
    expect(selectProofs(candidates, need, free)).toEqual({ kind: 'insufficient', required, available });
  });

  it('counts the fee of no more proofs than one request can carry', () => {
    const wallet = proofs(...many(2 * maxInputs, { amount: 2, ppk: 1000 }));
    expect(selectProofs(wallet, 501n, free)).toEqual({
      kind: 'insufficient',
      required: 1_001n,
      available: 2_000n,
    });
  });
});
