import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type TokenStatus, tokenStatuses } from '../../src/models/token.ts';
import { classify, confirm, type Place, type Sighting } from '../../src/services/melt/discrepancy.ts';

const mintStates = ['UNSPENT', 'PENDING', 'SPENT'] as const;
type MintState = (typeof mintStates)[number];
type Token = Extract<Place, { in: 'token' }>;

const proof = { Y: '02ab', amount: 8n };
const token = (status: TokenStatus, more: Partial<Token> = {}): Token => ({
  in: 'token',
  tokenId: 'tok_1',
  version: 3,
  status,
  reservedBy: null,
  ...more,
});
const output = { in: 'operation', operationId: 'tx_melt_1' } as const;
const nothing = { in: 'nothing' } as const;
const sighting = (place: Place, mint: MintState): Sighting => ({ belief: { ...proof, place }, mint });

const rows = [
  [token('unspent'), 'UNSPENT', null, null],
  [token('unspent'), 'PENDING', 'DB_UNSPENT_MINT_PENDING', 'LOW'],
  [token('unspent'), 'SPENT', 'DB_UNSPENT_MINT_SPENT', 'HIGH'],
  [token('spent'), 'UNSPENT', 'DB_SPENT_MINT_UNSPENT', 'MEDIUM'],
  [token('spent'), 'PENDING', null, null],
  [token('spent'), 'SPENT', null, null],
  [token('pending'), 'UNSPENT', null, null],
  [token('pending'), 'PENDING', null, null],
  [token('pending'), 'SPENT', 'DB_PENDING_MINT_SPENT', 'MEDIUM'],
  [token('failed'), 'UNSPENT', null, null],
  [token('failed'), 'PENDING', null, null],
  [token('failed'), 'SPENT', null, null],
  [output, 'UNSPENT', null, null],
  [output, 'PENDING', 'PROOF_NOT_IN_DB', 'LOW'],
  [output, 'SPENT', 'PROOF_NOT_IN_DB', 'LOW'],
  [nothing, 'UNSPENT', null, null],
  [nothing, 'PENDING', 'PROOF_NOT_IN_DB', 'LOW'],
  [nothing, 'SPENT', 'PROOF_NOT_IN_DB', 'LOW'],
] as const;

const titled = rows.map(
  ([place, ...rest]) => [place.in === 'token' ? `${place.status} token` : place.in, place, ...rest] as const,
);

describe('where our books and the mint may differ about a proof', () => {
  it.each(titled)('%s: %j here and %s there is %p', (_title, place, mint, type, severity) => {
    const names = {
      tokenId: place.in === 'token' ? 'tok_1' : null,
      operationId: place.in === 'operation' ? 'tx_melt_1' : null,
    };
    expect(classify(sighting(place, mint))).toEqual(
      type === null ? null : { type, severity, ...names, ...proof },
    );
  });

  it('this is every status and every state', () => {
    expect(rows).toHaveLength((tokenStatuses.length + 2) * mintStates.length);
    expect(new Set(rows.map(([place, mint]) => JSON.stringify([place, mint]))).size).toBe(rows.length);
  });
});

describe('a difference counts once both sides were looked at again', () => {
  it.each(rows.map(([place, mint]) => [place, mint] as const))(
    '%j here and %s there, twice',
    (place, mint) => {
      expect(confirm(sighting(place, mint), sighting(place, mint))).toEqual(classify(sighting(place, mint)));
    },
  );

  const unspent = token('unspent');
  const moved: [string, Place, Place][] = [
    ['the token has another version', unspent, token('unspent', { version: 4 })],
    ['the proof went to another token', unspent, token('unspent', { tokenId: 'tok_2' })],
    ['the token has another status', unspent, token('pending')],
    ['an operation has reserved it', unspent, token('unspent', { reservedBy: 'tx_melt_2' })],
    ['a pending token was taken up', token('pending'), token('pending', { reservedBy: 'tx_send_1' })],
    ['an output was credited to a token', output, unspent],
    ['an output is another operation’s', output, { ...output, operationId: 'tx_melt_2' }],
    ['an operation has spent its output or has ended', output, nothing],
    ['a token’s proof is called an output', unspent, output],
    ['what was nowhere is in a token', nothing, unspent],
    ['what was nowhere is an output', nothing, output],
  ];
  it.each(moved)('not when it has moved meanwhile: %s', (_how, before, now) => {
    for (const first of mintStates) {
      for (const second of mintStates) {
        expect(confirm(sighting(before, first), sighting(now, second))).toBeNull();
      }
    }
  });

  const answers: [Place, MintState, MintState, string | null][] = [
    [unspent, 'SPENT', 'UNSPENT', null],
    [unspent, 'UNSPENT', 'SPENT', null],
    [unspent, 'PENDING', 'UNSPENT', null],
    [unspent, 'SPENT', 'PENDING', 'DB_UNSPENT_MINT_PENDING'],
    [unspent, 'PENDING', 'SPENT', 'DB_UNSPENT_MINT_PENDING'],
    [token('spent'), 'UNSPENT', 'SPENT', null],
    [token('spent'), 'UNSPENT', 'PENDING', null],
    [token('pending'), 'SPENT', 'PENDING', null],
    [output, 'SPENT', 'UNSPENT', null],
    [output, 'PENDING', 'SPENT', 'PROOF_NOT_IN_DB'],
    [output, 'SPENT', 'PENDING', 'PROOF_NOT_IN_DB'],
  ];
  it.each(answers)('of two answers the milder counts: %j, %s then %s is %p', (place, first, second, type) => {
    const discrepancy = confirm(sighting(place, first), sighting(place, second));
    expect(discrepancy?.type ?? null).toBe(type);
    if (type !== null) expect(discrepancy?.tokenId).toBe(place.in === 'token' ? 'tok_1' : null);
  });

  it('a proof that is in no token any more is told as such, whatever it was', () => {
    for (const status of ['unspent', 'pending'] as const) {
      expect(confirm(sighting(token(status), 'SPENT'), sighting(nothing, 'SPENT'))).toEqual({
        type: 'PROOF_NOT_IN_DB',
        severity: 'LOW',
        tokenId: null,
        operationId: null,
        ...proof,
      });
    }
    expect(confirm(sighting(unspent, 'PENDING'), sighting(nothing, 'PENDING'))?.type).toBe('PROOF_NOT_IN_DB');
    expect(confirm(sighting(unspent, 'SPENT'), sighting(nothing, 'UNSPENT'))).toBeNull();
  });

  const places: fc.Arbitrary<Place> = fc.oneof(
    fc.record({
      in: fc.constant('token' as const),
      tokenId: fc.constantFrom('tok_1', 'tok_2'),
      version: fc.constantFrom(3, 4),
      status: fc.constantFrom(...tokenStatuses),
      reservedBy: fc.constantFrom(null, 'tx_melt_2'),
    }),
    fc.constantFrom(output, { ...output, operationId: 'tx_melt_2' }, nothing),
  );
  const sightings = fc
    .record({ place: places, mint: fc.constantFrom(...mintStates) })
    .map(({ place, mint }) => sighting(place, mint));

  it('law: money is written off only where an unreserved token stood still and both answers said SPENT', () => {
    fc.assert(
      fc.property(sightings, sightings, (first, second) => {
        const found = confirm(first, second);
        if (found?.type !== 'DB_UNSPENT_MINT_SPENT' && found?.type !== 'DB_PENDING_MINT_SPENT') return;
        const { place } = second.belief;
        expect([first.mint, second.mint]).toEqual(['SPENT', 'SPENT']);
        expect(place).toEqual({ ...first.belief.place, reservedBy: null });
      }),
      { numRuns: 2_000 },
    );
  });

  it('law: what is found is one of the two differences, and never the graver one', () => {
    const order = ['LOW', 'MEDIUM', 'HIGH'];
    fc.assert(
      fc.property(sightings, sightings, (first, second) => {
        const found = confirm(first, second);
        if (found === null) return;
        const both = [classify(first), classify(second)];
        expect(both).toContainEqual(found);
        for (const one of both) {
          expect(order.indexOf(found.severity)).toBeLessThanOrEqual(order.indexOf(one?.severity ?? 'none'));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
