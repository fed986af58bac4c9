import { describe, expect, it } from '@jest/globals';
import { everyAmountSplit } from '../../src/services/ecash/amounts.ts';
import type { Candidate } from '../../src/services/melt/selection.ts';
import type { KeysetInfo } from '../../src/services/mint/keysets.ts';
import type { OutputKeyset } from '../../src/services/operations/swapRequests.ts';
import { chooseUpkeep } from '../../src/services/upkeep/choosing.ts';

const nowMs = Date.UTC(2030, 0, 1);
const dayMs = 24 * 3_600_000;
const powers = Array.from({ length: 20 }, (_, exponent) => 2n ** BigInt(exponent));
const keys = Object.fromEntries(powers.map((amount) => [amount.toString(), '02']));

function keyset(id: string, more: Partial<KeysetInfo> = {}): KeysetInfo {
  return { id, unit: 'sat', active: true, inputFeePpk: 0n, finalExpiry: null, ...more };
}

const expiresIn = (days: number) => ({ finalExpiry: (nowMs + days * dayMs) / 1_000 });

function proofs(count: number, amount: number, { id, inputFeePpk, active }: KeysetInfo): Candidate[] {
  return Array.from({ length: count }, (_, at) => ({
    tokenId: 'token',
    Y: `${id}-${amount}-${String(at).padStart(4, '0')}`,
    keysetId: id,
    amount: BigInt(amount),
    feePpk: inputFeePpk,
    retiring: !active,
  }));
}

/** What is chosen of these, in short. */
function choose(candidates: Candidate[], keysets: KeysetInfo[], isUrgent = false) {
  const [first = keyset('none')] = keysets;
  const target: OutputKeyset = { ...first, keys };
  const listed = new Map(keysets.map((info) => [info.id, info]));
  const chosen = chooseUpkeep(candidates, { listed, target, isUrgent, nowMs });
  return chosen && { reason: chosen.reason, count: chosen.inputs.length, fee: chosen.fee };
}

describe('Upkeep chooses', () => {
  const now = keyset('now');

  it('nothing where all is well', () => {
    expect(choose([...proofs(100, 1, now), ...proofs(10, 64, now)], [now])).toBeNull();
  });

  it.each([
    ['is inactive', { active: false }, true],
    ['expires in 29 days', expiresIn(29), true],
    ['expires in 31 days', expiresIn(31), false],
    ['has expired: the mint takes it no more', { active: false, ...expiresIn(-1) }, false],
  ])('what lies in a keyset that %s', (_story, terms, isChosen) => {
    const old = keyset('old', terms);
    const expected = isChosen ? { reason: 'retiring', count: 3, fee: 0n } : null;
    expect(choose([...proofs(3, 8, old), ...proofs(5, 8, now)], [now, old])).toEqual(expected);
  });

  it('nothing for a keyset that ends as soon, so that no ecash goes round in circles', () => {
    const [soon, sooner] = [keyset('soon', expiresIn(10)), keyset('sooner', expiresIn(9))];
    expect(choose(proofs(3, 8, soon), [soon])).toBeNull();
    expect(choose(proofs(3, 8, soon), [sooner, soon])).toBeNull();
    expect(choose(proofs(3, 8, sooner), [soon, sooner])).toMatchObject({ reason: 'retiring' });
  });

  it('nothing of a retired keyset that lasts while the one that signs now soon expires', () => {
    const [old, soon] = [keyset('old', { active: false }), keyset('soon', expiresIn(10))];
    expect(choose(proofs(3, 8, old), [soon, old])).toBeNull();
    const ending = keyset('ending', { active: false, ...expiresIn(5) });
    expect(choose(proofs(3, 8, ending), [soon, ending])).toMatchObject({ reason: 'retiring', count: 3 });
    const sooner = keyset('sooner', expiresIn(4));
    expect(choose(proofs(3, 8, ending), [sooner, ending])).toBeNull();
  });

  it('no proof that is worth no more than spending it costs', () => {
    const old = keyset('old', { active: false, inputFeePpk: 1_000n });
    expect(choose(proofs(3, 1, old), [now, old])).toBeNull();
    expect(choose([...proofs(3, 1, old), ...proofs(2, 16, old)], [now, old])).toMatchObject({
      count: 2,
      fee: 2n,
    });
  });

  it('nothing of a retired keyset that stays where moving it costs more than a tenth, and all of one that ends', () => {
    const dear = { active: false, inputFeePpk: 1_000n };
    expect(choose(proofs(2, 9, keyset('old', dear)), [now, keyset('old', dear)])).toBeNull();
    expect(choose(proofs(2, 10, keyset('old', dear)), [now, keyset('old', dear)])).toMatchObject({ fee: 2n });
    const ending = keyset('ending', { ...dear, ...expiresIn(5) });
    expect(choose(proofs(2, 9, ending), [now, ending])).toMatchObject({ reason: 'retiring', fee: 2n });
  });

  it.each([
    ['200 small ones that cost nothing', 200, 0n, false],
    ['201 small ones that cost nothing', 201, 0n, true],
    ['400 small ones that cost a fee', 400, 10n, false],
    ['401 small ones that cost a fee', 401, 10n, true],
  ])('of %s at most 250', (_story, count, inputFeePpk, isChosen) => {
    const active = keyset('active', { inputFeePpk });
    const chosen = choose(proofs(count, 1, active), [active]);
    expect(chosen?.reason ?? null).toBe(isChosen ? 'scattered' : null);
    expect(chosen?.count ?? 0).toBe(isChosen ? Math.min(count, 250) : 0);
  });

  it('small ones before retiring ones where a payment waits for it', () => {
    const old = keyset('old', { active: false });
    const both = [...proofs(600, 1, now), ...proofs(3, 1_024, old)];
    expect(choose(both, [now, old])).toMatchObject({ reason: 'retiring', count: 3 });
    expect(choose(both, [now, old], true)).toMatchObject({ reason: 'scattered', count: 250 });
  });
});

describe('Amounts that some of which make any less', () => {
  it.each([1, 2, 3, 10, 250, 511, 512, 1_000])('add up to %i', (amount) => {
    const parts = everyAmountSplit(BigInt(amount), [...powers].reverse(), 1).map(Number);
    const sums = new Set([0]);
    for (const part of parts) for (const sum of [...sums]) sums.add(sum + part);
    expect(Math.max(...sums)).toBe(amount);
    expect(sums.size).toBe(amount + 1);
    expect(parts.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(amount + 1)));
  });
});
