import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromJson, toJson } from '../../src/repositories/json.ts';

const leaf = fc.oneof(
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.integer(),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('tree')),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('tree'), { noNullPrototype: true }),
  ),
}));

it('what is sealed comes back as it went in, with its bigints and dates', () => {
  fc.assert(fc.property(tree, (value) => expect(fromJson(toJson(value))).toEqual(value)));
});

it('a bigint and a date are written as members of one name each, as in the records there are', () => {
  expect(toJson({ amount: 5n, at: new Date(0) })).toBe(
    '{"amount":{"$bigint":"5"},"at":{"$date":"1970-01-01T00:00:00.000Z"}}',
  );
});
