import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bodies, readBody } from '../../src/middleware/validate.ts';
import { operationDocs } from '../../src/openapi/operations.ts';
import { exampleNpub } from '../../src/openapi/values.ts';
import { wrongWith } from '../support/openapi/validators.ts';

/** What the server takes, by the name that the document has for it. */
const documented = {
  nothing: 'Nothing',
  createWallet: 'WalletWish',
  mint: 'MintWish',
  mintComplete: 'MintLook',
  meltQuote: 'MeltQuestion',
  melt: 'MeltWish',
  send: 'SendWish',
  receive: 'ReceiveWish',
  reconcile: 'ReconcileWish',
  resolve: 'ResolveWish',
  decide: 'DecideWish',
} satisfies Record<keyof typeof bodies, string>;

/** Values at the edges of each field's rules; those of one field are wrong for most others. */
const edges = {
  npub: fc.constantFrom(exampleNpub, exampleNpub.toUpperCase(), `${exampleNpub.slice(0, -1)}q`, 'npub1'),
  mintUrl: fc.constantFrom('https://mint.example', 'https://mint.example/a b', ...longest(2_048)),
  amount: fc.constantFrom(-1, 0, 1, 1.5, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1, 1e300),
  maxFee: fc.constantFrom(-1, 0, 1, 0.1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1),
  recipientPubkey: fc.constantFrom(exampleNpub, '', `02${'a1'.repeat(32)}`, ...longest(80)),
  refundPubkey: fc.constantFrom(exampleNpub, 'a key', ...longest(80)),
  locktime: fc.constantFrom(-1, 0, 1, 1.5, 4_102_444_800, 253_402_300_799, 253_402_300_800),
  encodedToken: fc.constantFrom('', 'cashuB', ...longest(60_000)),
  quoteId: fc.constantFrom('a-quote_1', 'a quote', 'ä', ...longest(256)),
  invoice: fc.constantFrom('', 'lnbc1', ...longest(8_192)),
  note: fc.constantFrom('a note', ' ', '', 'a\nb', '\u202e', ...longest(1_000)),
  decision: fc.constantFrom('fence', 'write_off', 'release', ''),
  state: fc.constantFrom('needs_attention', 'Pending', '', ...longest(32)),
  dryRun: fc.constantFrom(true, false, 'true', 0, null),
};
const other = fc.oneof(...Object.values(edges), fc.jsonValue({ maxDepth: 2 }));

/** A body of these fields, most of them near what they should be; often one is missing, and sometimes one too many. */
const like = (fields: string[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { arbitrary: fc.record(near(fields), { requiredKeys: [] }), weight: 8 },
    { arbitrary: fc.record({ ...near(fields), more: other }, { requiredKeys: [] }), weight: 1 },
    { arbitrary: fc.jsonValue(), weight: 1 },
  );

const near = (fields: string[]): Record<string, fc.Arbitrary<unknown>> =>
  Object.fromEntries(
    Object.entries(edges)
      .filter(([name]) => fields.includes(name))
      .map(([name, edge]) => [
        name,
        fc.oneof({ arbitrary: edge, weight: 9 }, { arbitrary: other, weight: 1 }),
      ]),
  );

function longest(length: number): [string, string] {
  return ['a'.repeat(length), 'a'.repeat(length + 1)];
}

function isTaken(name: keyof typeof bodies, body: unknown): boolean {
  try {
    readBody<unknown>(bodies[name], { body });
    return true;
  } catch {
    return false;
  }
}

it('has every body that the document knows', () => {
  const names = Object.values(operationDocs).flatMap(({ body }) => (body === undefined ? [] : [body.name]));
  expect(Object.values(documented).sort()).toEqual([...new Set(names)].sort());
});

it.each(Object.keys(bodies).filter((name): name is keyof typeof bodies => name in documented))(
  'the server takes %s exactly where the document allows it',
  (name) => {
    let taken = 0;
    fc.assert(
      fc.property(like(Object.keys(bodies[name].describe().keys ?? {})), (body) => {
        const wrong = wrongWith(body, 'components', 'schemas', documented[name]);
        taken += Number(wrong.length === 0);
        expect({ body, isTaken: isTaken(name, body), wrong }).toMatchObject({ isTaken: wrong.length === 0 });
      }),
      { numRuns: 1_000 },
    );
    expect(taken).toBeGreaterThan(0);
  },
);
