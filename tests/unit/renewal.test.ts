import { describe, expect, it } from '@jest/globals';
import type { Attempt } from '../../src/models/operation.ts';
import { isRenewalDue, refusalOf, withRenewed } from '../../src/services/melt/renewal.ts';
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

const fence = (differences: Partial<Attempt> = {}): Attempt =>
  attempt({ purpose: 'fence', keysetId: 'old', outputs: [output(64n), output(32n)], ...differences });

const answered = (httpStatus: number, body: unknown, posts = 3): Attempt =>
  fence({ posts, reply: { httpStatus, body: JSON.stringify(body), at: startedAt } });
const same = { keysetId: 'old', amount: 96n };
const otherKeyset = { keysetId: 'new', amount: 96n };
const otherFee = { keysetId: 'old', amount: 95n };

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

describe('a swap or fence is made anew', () => {
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
  ])('where %s: %#', (_story, latest, terms, isDue) => {
    expect(isRenewalDue([latest], terms)).toBe(isDue);
  });

  it('three times at most on the same terms', () => {
    expect(isRenewalDue([fence(), unlisted], same)).toBe(true);
    expect(isRenewalDue([fence(), fence(), unlisted], same)).toBe(false);
  });

  it('on a keyset that none has used, though the fees have changed as often as they may', () => {
    let attempts = [unlisted];
    for (let amount = 1n; isRenewalDue(attempts, { keysetId: 'old', amount }); amount += 1n)
      attempts = withRenewed(attempts, {
        ...unlisted,
        number: attempts.length + 1,
        outputs: [output(amount)],
      });
    expect(attempts).toHaveLength(20);
    expect(isRenewalDue(attempts, otherKeyset)).toBe(true);
  });

  it('never without end, and with no answer kept but the last', () => {
    let attempts = [retired];
    for (let n = 1; n < 1_000 && isRenewalDue(attempts, { keysetId: `keyset ${n}`, amount: 96n }); n += 1)
      attempts = withRenewed(attempts, { ...retired, number: n + 1, keysetId: `keyset ${n}` });
    expect(attempts).toHaveLength(30);
    expect(attempts.filter(({ reply }) => reply !== null)).toHaveLength(1);
  });

  it('and keeps what was answered for another purpose', () => {
    const melt = { ...unlisted, purpose: 'melt' as const };
    expect(withRenewed([melt, retired], fence({ number: 2 })).map(({ reply }) => reply)).toEqual([
      melt.reply,
      null,
      null,
    ]);
  });
});
