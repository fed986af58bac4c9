import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type LegacyProof, type LegacyToken, originName } from '../../src/models/legacy.ts';
import { tokenStatuses } from '../../src/models/token.ts';
import { findingsOf } from '../../src/services/migration/findings.ts';
import { inOrder } from '../../src/services/migration/inventory.ts';
import type { MintTerms } from '../../src/services/migration/mintTerms.ts';
import { copiesByPiece } from '../../src/services/migration/ownership.ts';
import { planTokens, type TokenDecision } from '../../src/services/migration/plan.ts';
import { planWallets } from '../../src/services/migration/planWallets.ts';
import { readToken, readWallet } from '../../src/services/migration/readLegacy.ts';
import { type Circumstances, countsAsUnspent, statusHere } from '../../src/services/migration/standing.ts';
import { totalsOf } from '../../src/services/migration/totals.ts';

const mintUrl = 'https://mint.test';
const keyset = '00aaaaaaaaaaaaaa';
const keysFor = (...amounts: bigint[]) => new Map(amounts.map((amount) => [amount, `02${amount}`]));
const mint: MintTerms = {
  mintUrl,
  mintId: null,
  unit: 'sat',
  keysets: new Map([
    [keyset, { unit: 'sat', keys: keysFor(1n, 2n, 4n) }],
    ['00bbbbbbbbbbbbbb', { unit: 'usd', keys: keysFor(1n) }],
  ]),
};

/** Mostly `good`, since one bad field spoils a whole document. */
const mostly = <T>(good: T, ...bad: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(good) },
    { weight: 1, arbitrary: fc.constantFrom(good, ...bad) },
  );

/** Its own signature. */
const signatureOf = (Y: string | null): string => `C of ${Y}`;

/** Few secrets, so that many documents hold the same one; now and then beside the signature of another. */
const proof: fc.Arbitrary<LegacyProof> = fc
  .constantFrom('02aa', '02bb', '02cc', '02dd', '02ee', '02ff', null)
  .chain((Y) =>
    fc.record({
      Y: fc.constant(Y),
      keysetId: mostly<string | null>(keyset, '00bbbbbbbbbbbbbb', '00ffffffffffffff', null),
      amount: mostly<bigint | null>(1n, 2n, 3n, null),
      C: mostly<string | null>(signatureOf(Y), signatureOf('02aa'), signatureOf('02bb'), null),
      locked: mostly(false, true),
      dleq: mostly<LegacyProof['dleq']>(null, 'holds', 'fails', 'unchecked'),
      verdict: fc.constant(null),
    }),
  );

const token: fc.Arbitrary<Omit<LegacyToken, 'origin'>> = fc.record({
  readable: mostly(true, false),
  npub: mostly<string | null>('npub1alice', 'npub1bob', null),
  walletId: mostly<string | null>('w1', 'w2', null),
  mintUrl: mostly<string | null>(mintUrl, 'https://other.test', null),
  status: fc.constantFrom(...tokenStatuses, 'unspent', null),
  type: fc.constantFrom('minted', 'sent', 'received', 'change', 'melted', null),
  transactionId: fc.constantFrom('tx_1', 'tx_2', 'tx_3', null),
  statedTotal: fc.constantFrom(1n, 5n, null),
  createdAt: fc.constantFrom(new Date(1_000), new Date(2_000)),
  spentAt: fc.constant(null),
  proofs: fc.array(proof, { maxLength: 4 }),
  madeTokenIds: fc.constant([]),
});

const inventory = fc
  .array(token, { minLength: 1, maxLength: 8 })
  .map((tokens) =>
    tokens
      .map(
        (one, number): LegacyToken => ({ ...one, origin: { collection: 'cashu_tokens', id: `id${number}` } }),
      )
      .sort(inOrder),
  );

function circumstances(tokens: readonly LegacyToken[]): Circumstances {
  const terms = new Map([[mintUrl, mint]]);
  const { byNpub } = planWallets([], tokens, { terms, present: new Map() });
  return { terms, walletOf: byNpub, ownerOf: new Map([['w1', 'npub1alice']]) };
}

const decided = (decisions: readonly TokenDecision[]): LegacyToken[] =>
  decisions.map((decision) => decision.token);

/** What of every proof, in an order that does not matter. */
const verdicts = (tokens: readonly LegacyToken[]) =>
  new Map(tokens.map(({ origin, proofs }) => [originName(origin), proofs.map(({ verdict }) => verdict)]));

describe('whatever a store of the earlier design holds', () => {
  it('every proof is decided on, each piece of ecash is taken over at most once, and no sum changes', () => {
    fc.assert(
      fc.property(inventory, (tokens) => {
        const known = circumstances(tokens);
        const decisions = planTokens(tokens, known);
        const final = decided(decisions);
        const taken = final.flatMap((one) =>
          one.proofs
            .filter(({ verdict }) => verdict?.fate === 'migrated')
            .map(({ Y }) => `${one.mintUrl} ${Y}`),
        );
        expect(final.flatMap(({ proofs }) => proofs.map(({ verdict }) => verdict))).not.toContain(null);
        expect(new Set(taken).size).toBe(taken.length);
        for (const check of totalsOf(final, known).checks) expect(check).toMatchObject({ holds: true });
        for (const one of final.filter(({ type, status }) => type === 'melted' && status !== 'pending'))
          if (one.status !== 'failed') expect(one.madeTokenIds).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('what one good document calls unspent is unspent, whatever others say', () => {
    fc.assert(
      fc.property(inventory, (tokens) => {
        const known = circumstances(tokens);
        const copies = [...copiesByPiece(tokens, known).values()].filter((some) =>
          some.every(
            ({ proof: { Y, keysetId, amount, C }, isContested }) =>
              keysetId === keyset && amount === 1n && C === signatureOf(Y) && !isContested,
          ),
        );
        const final = planTokens(tokens, known).map(({ token: { proofs } }) => proofs);
        for (const some of copies) {
          if (!some.some(({ token: of, trouble }) => trouble === null && countsAsUnspent(of))) continue;
          const taken = some.filter(
            ({ token: of, position }) => final[tokens.indexOf(of)]?.[position]?.verdict?.fate === 'migrated',
          );
          expect(taken.map(({ token: of }) => statusHere(of))).toEqual(['unspent']);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a signature is taken over beside one secret at most, unless a DLEQ proof stands by each', () => {
    fc.assert(
      fc.property(inventory, (tokens) => {
        const final = decided(planTokens(tokens, circumstances(tokens)));
        const proofs = final.flatMap((one) => one.proofs.map((proof) => ({ mint: one.mintUrl, ...proof })));
        for (const taken of proofs.filter(({ verdict }) => verdict?.fate === 'migrated')) {
          const others = proofs.filter(
            ({ mint, Y, C, keysetId, amount, dleq }) =>
              mint === taken.mint &&
              C === taken.C &&
              Y !== taken.Y &&
              dleq !== 'fails' &&
              Y !== null &&
              keysetId !== null &&
              amount !== null,
          );
          const isProven = proofs.some(
            ({ mint, Y, C, dleq }) =>
              mint === taken.mint && C === taken.C && Y === taken.Y && dleq === 'holds',
          );
          expect(others.length === 0 || isProven).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('new tokens have names of their own, and exactly the proofs that were decided to be in them', () => {
    fc.assert(
      fc.property(inventory, (tokens) => {
        const drafts = planTokens(tokens, circumstances(tokens)).flatMap(({ draft, token: { proofs } }) =>
          draft === null ? [] : [{ draft, proofs }],
        );
        const purposes = drafts.map(({ draft }) => `${draft.wallet.id} ${draft.transactionId}`);
        expect(new Set(purposes).size).toBe(drafts.length);
        expect(new Set(drafts.map(({ draft }) => draft.id)).size).toBe(drafts.length);
        for (const { draft, proofs } of drafts)
          expect(
            proofs.flatMap(({ verdict }, position) =>
              verdict?.fate === 'migrated' && verdict.tokenId === draft.id ? [position] : [],
            ),
          ).toEqual(draft.positions);
      }),
    );
  });

  it('cut short anywhere, a second run decides the same about what is left', () => {
    fc.assert(
      fc.property(inventory, fc.array(fc.boolean(), { maxLength: 8 }), (tokens, isDone) => {
        const known = circumstances(tokens);
        const decisions = planTokens(tokens, known);
        const halfway = decisions.map((decision, index) =>
          isDone[index] ? decision.token : (tokens[index] ?? decision.token),
        );
        const again = planTokens(halfway, known);
        expect(verdicts(decided(again))).toEqual(verdicts(decided(decisions)));
        for (const [index, { draft, isChanged }] of again.entries()) {
          if (isDone[index]) expect({ draft, isChanged }).toEqual({ draft: null, isChanged: false });
          else expect(draft).toEqual(decisions[index]?.draft);
        }
        expect(findingsOf(decided(again), new Map(), known)).toEqual(
          findingsOf(decided(decisions), new Map(), known),
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe('reading', () => {
  const origin = { collection: 'cashu_tokens', id: 'a' };

  it.each([
    ['a mint address with a password', { mint_url: 'https://user:word@mint.test' }, { mintUrl: null }],
    ['a slash at its end', { mint_url: 'https://mint.test/' }, { mintUrl: 'https://mint.test' }],
    [
      'an ecash token where an id should be',
      { transaction_id: 'cashuAeyJ0b2tlbiI6W10' },
      { transactionId: null },
    ],
    ['an amount beyond 64 bits', { total_amount: 2n ** 63n }, { statedTotal: null }],
    ['mongoose’s own time', { createdAt: new Date(5) }, { createdAt: new Date(5) }],
    [
      'no time but the id’s',
      { _id: '64f1a2b3c4d5e6f7a8b90001' },
      { createdAt: new Date('2023-09-01T08:37:07Z') },
    ],
  ])('%s', (_about, fields, expected) => {
    expect(readToken(origin, fields)).toMatchObject(expected);
  });

  it('a wallet’s unit stands in its configuration', () => {
    expect(readWallet(origin, { wallet_config: { unit: 'msat' } })).toMatchObject({ unit: 'msat' });
    expect(readWallet(origin, {})).toMatchObject({ unit: null });
  });
});
