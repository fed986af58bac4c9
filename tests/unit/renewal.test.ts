import { describe, expect, it } from '@jest/globals';
import type { Attempt } from '../../src/models/operation.ts';
import { wireProof } from '../../src/services/ecash/outputs.ts';
import { refusalOf, refusedKeysets, renewalOf, withLatest } from '../../src/services/operations/renewal.ts';
import { attempt, startedAt } from '../support/operations.ts';

const output = (amount: bigint) => ({
  role: 'release' as const,
  keysetId: 'old',
  amount,
  counter: 1,
  B_: '02',
  secret: 's',
  blindingFactor: 1n,
});

const inputs = [{ Y: '02', amount: 97n, keysetId: 'older', secret: 's', C: '03' }];
const bodyOf = (proofs: typeof inputs) => JSON.stringify({ inputs: proofs.map(wireProof), outputs: [] });

const fence = (differences: Partial<Attempt> = {}): Attempt =>
  attempt({
    purpose: 'fence',
    keysetId: 'old',
    outputs: [output(64n), output(32n)],
    requestBody: bodyOf(inputs),
    ...differences,
  });

const answered = (httpStatus: number, body: unknown, posts = 3): Attempt =>
  fence({ posts, reply: { httpStatus, body: JSON.stringify(body), at: startedAt } });
const same = { inputs, keysetId: 'old', amount: 96n };
const otherKeyset = { ...same, keysetId: 'new' };
const otherFee = { ...same, amount: 95n };

/** Refused because of its keyset, one after the other. */
const refusedOn = (...keysetIds: string[]): Attempt[] =>
  keysetIds.map((keysetId, index) =>
    fence({ ...answered(400, { code: 12_002 }, 1), keysetId, number: index + 1, refusalCode: 12_002 }),
  );

describe('what an answer to a swap or fence says', () => {
  it.each([
    ['its keyset has retired', answered(400, { code: 12_002 }, 1), 'keyset_retired'],
    ['the sums differ', answered(400, { code: 11_005 }, 1), 'definite'],
    ['something unlisted, for the second time', answered(400, { code: 11_002 }, 2), 'none'],
    ['something unlisted, for the third time', answered(400, { code: 11_002 }), 'unlisted'],
    ['no, in words without a code', answered(422, { detail: 'no' }), 'unlisted'],
    ['that the mint has broken down', answered(500, { code: 12_002 }), 'nonsense'],
    ['a page where there should be signatures', answered(200, '<html>'), 'nonsense'],
    ['to come back later', answered(503, {}), 'none'],
    ['nothing', fence(), 'none'],
  ])('%s', (_story, given, refusal) => {
    expect(refusalOf(given)).toBe(refusal);
  });
});

describe('what is sent after a refusal', () => {
  const retired = answered(400, { code: 12_002 }, 1);
  const unlisted = answered(400, { code: 11_003 });
  const broken = answered(500, {});
  it.each([
    ['its keyset has retired, and another is listed', retired, otherKeyset, true],
    ['its keyset has retired, and the list is old', retired, same, false],
    ['its keyset has retired, and only the fee differs', retired, otherFee, false],
    ['it is refused in words unknown, and another keyset is listed', unlisted, otherKeyset, true],
    ['it is refused in words unknown, and the fee differs', unlisted, otherFee, true],
    ['it is refused in words unknown: it may be the outputs', unlisted, same, true],
    ['the mint breaks down over it, and another keyset is listed', broken, otherKeyset, true],
    ['the mint breaks down over it, and the fee differs', broken, otherFee, true],
    ['the mint breaks down over it', broken, same, false],
  ])('where %s, is a new attempt or the same: %#', (_story, latest, terms, isNew) => {
    expect(renewalOf([latest], terms)).toBe(isNew ? 'new' : latest);
  });

  it('is new on the same terms three times at most', () => {
    expect(renewalOf([fence(), unlisted], same)).toBe('new');
    expect(renewalOf([fence(), fence(), unlisted], same)).toBe(unlisted);
  });

  it('is new on a keyset that none has used, though the fees have changed as often as they may', () => {
    let attempts = [unlisted];
    for (let amount = 1n; renewalOf(attempts, { ...same, amount }) === 'new'; amount += 1n)
      attempts = withLatest(attempts, {
        ...unlisted,
        number: attempts.length + 1,
        outputs: [output(amount)],
      });
    expect(attempts).toHaveLength(20);
    expect(renewalOf(attempts, otherKeyset)).toBe('new');
  });

  it('is never new without end', () => {
    let attempts = [retired];
    for (let n = 1; n < 1_000 && renewalOf(attempts, { ...same, keysetId: `keyset ${n}` }) === 'new'; n += 1)
      attempts = withLatest(attempts, { ...retired, number: n + 1, keysetId: `keyset ${n}` });
    expect(attempts).toHaveLength(30);
  });

  it('is what there is for a keyset that was refused before, however often two have taken turns', () => {
    const fences = refusedOn(...Array.from({ length: 10 }, () => ['A', 'B']).flat());
    expect(renewalOf(fences, { ...same, keysetId: 'A' })).toBe(fences[18]);
    const moved = withLatest(fences, refusedOn('A', 'B')[0] ?? fence());
    expect([moved.length, moved.at(-1)?.number, moved.at(-1)?.reply]).toEqual([20, 1, null]);
  });

  it('is what there is for a fee that was asked for before', () => {
    const dear = fence({ ...answered(400, { code: 11_005 }, 1), outputs: [output(95n)], number: 2 });
    const cheap = fence();
    expect(renewalOf([cheap, dear], same)).toBe(cheap);
  });

  it('is nothing that takes other inputs: others have spent some of them meanwhile', () => {
    const rest = [{ Y: '04', amount: 97n, keysetId: 'older', secret: 'other', C: '03' }];
    expect(renewalOf([retired], { ...otherKeyset, inputs: rest })).toBe('new');
    const whole = fence({ keysetId: 'new' });
    const partly = fence({ ...retired, number: 2, requestBody: bodyOf(rest) });
    expect(renewalOf([whole, partly], { ...otherKeyset, inputs: rest })).toBe('new');
    expect(renewalOf([whole, partly], otherKeyset)).toBe(whole);
  });
});

describe('the attempts with the one last that is sent', () => {
  const [one, two] = [fence({ number: 1 }), answered(400, { code: 12_002 }, 1)];
  const melt = { ...two, purpose: 'melt' as const };

  it('keep only what was answered for another purpose', () => {
    const replies = withLatest([melt, two], fence({ number: 3 })).map(({ reply }) => reply);
    expect(replies).toEqual([melt.reply, null, null]);
  });

  it('have an earlier one in another place, and not twice', () => {
    const fences = [one, { ...two, number: 2 }];
    expect(withLatest([...fences, melt], one).map(({ purpose, number }) => [purpose, number])).toEqual([
      ['fence', 2],
      ['melt', 1],
      ['fence', 1],
    ]);
  });
});

describe('the keysets that a mint has refused to sign with', () => {
  it('are named once each, the one refused longest ago first', () => {
    expect(refusedKeysets(refusedOn('A', 'B', 'A', 'C'))).toEqual(['B', 'A', 'C']);
  });

  it('are not those of which it disliked something else, nor those that it has signed with after all', () => {
    const [refused] = refusedOn('A');
    const signature = { amount: 96, id: 'A', C_: `02${'11'.repeat(32)}` };
    const signed = { httpStatus: 200, body: JSON.stringify({ signatures: [signature] }), at: startedAt };
    const outputs = [output(96n)];
    expect(refusedKeysets([fence({ ...refused, reply: signed, outputs })])).toEqual([]);
    expect(refusedKeysets([fence({ refusalCode: 11_005 }), fence()])).toEqual([]);
  });
});
