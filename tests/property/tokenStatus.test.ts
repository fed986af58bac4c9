import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mayBecome, statusesBefore, type TokenStatus } from '../../src/models/token.ts';

const statuses = ['pending', 'unspent', 'spent', 'failed'] as const satisfies readonly TokenStatus[];
const wishes = fc.array(fc.constantFrom(...statuses), { maxLength: 12 });

/** The life of a token on which these are tried one after the other; what is not allowed changes nothing. */
function lifeOf(tried: readonly TokenStatus[]): TokenStatus[] {
  let now: TokenStatus = 'pending';
  const life: TokenStatus[] = [now];
  for (const wish of tried) {
    if (!mayBecome(now, wish)) continue;
    now = wish;
    life.push(wish);
  }
  return life;
}

describe('the life of a token', () => {
  it('is one of five, whatever is tried', () => {
    const lives = ['pending', 'pending>unspent', 'pending>spent', 'pending>failed', 'pending>unspent>spent'];
    fc.assert(fc.property(wishes, (tried) => expect(lives).toContain(lifeOf(tried).join('>'))));
  });

  it('never goes on after spent or failed, and never comes back to where it was', () => {
    fc.assert(
      fc.property(wishes, wishes, (first, second) => {
        const ended = lifeOf(first);
        const last = ended.at(-1);
        if (last === 'spent' || last === 'failed') expect(lifeOf([...first, ...second])).toEqual(ended);
        const life = lifeOf([...first, ...second]);
        expect(new Set(life).size).toBe(life.length);
      }),
    );
  });

  it('is guarded alike in the model and in the query', () => {
    for (const to of statuses)
      expect(statusesBefore(to)).toEqual(statuses.filter((from) => mayBecome(from, to)));
    expect(statusesBefore('pending')).toEqual([]);
  });
});
