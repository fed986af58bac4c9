import { describe, expect, it } from '@jest/globals';
import { npubEncode } from 'nostr-tools/nip19';
import { canonicalJson, readIdempotencyKey } from '../../src/middleware/idempotencyKey.ts';
import { prefersAsync } from '../../src/middleware/prefer.ts';
import { bodies, readBody, readTransactionId } from '../../src/middleware/validate.ts';
import { DomainError } from '../../src/models/errors.ts';
import { isNpub } from '../../src/models/npub.ts';

const npub = npubEncode('3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d');

describe('A body is taken literally', () => {
  it('passes when it is just what the contract says', () => {
    expect(readBody(bodies.mint, { body: { amount: 21 } })).toEqual({ amount: 21 });
    expect(readBody(bodies.melt, { body: { invoice: 'lnbc1', maxFee: 0 } })).toEqual({
      invoice: 'lnbc1',
      maxFee: 0,
    });
    expect(readBody(bodies.createWallet, { body: { npub } })).toEqual({ npub });
  });

  it.each([
    ['text', '21'],
    ['a fraction', 1.5],
    ['nothing', 0],
    ['a debt', -1],
    ['null', null],
    ['more than a JSON number can hold', 2 ** 53],
    ['endless', Number.POSITIVE_INFINITY],
    ['a list', [21]],
    ['a query operator', { $gt: 0 }],
  ])('an amount that is %s is refused', (_what, amount) => {
    expect(problemsOf(() => readBody(bodies.mint, { body: { amount } }))).toEqual([
      { field: 'amount', message: expect.any(String) },
    ]);
  });

  it('takes the largest amount that a JSON number can hold', () => {
    expect(readBody(bodies.mint, { body: { amount: Number.MAX_SAFE_INTEGER } }).amount).toBe(2 ** 53 - 1);
  });

  it('every problem is listed, not just the first', () => {
    const body = { invoice: 7, maxFee: 'much', tip: 1 };
    expect(problemsOf(() => readBody(bodies.melt, { body }))).toEqual([
      { field: 'invoice', message: 'must be a string' },
      { field: 'maxFee', message: 'must be a JSON integer' },
      { field: 'tip', message: 'is not a known field' },
    ]);
  });

  it('nothing that was sent comes back in the messages', () => {
    const body = { npub: 'nsec1secret', mintUrl: 'a b secret', 'cashuB secret': 'secret' };
    expect(JSON.stringify(problemsOf(() => readBody(bodies.createWallet, { body })))).not.toMatch(/secret/);
  });

  it.each([undefined, null, [], 'text'])('a body that is %j is no object', (body) => {
    expect(problemsOf(() => readBody(bodies.mint, { body }))[0]?.field).toBe('body');
  });

  it('a prototype cannot be smuggled in', () => {
    const body: unknown = JSON.parse('{"amount": 1, "__proto__": {"admin": true}}');
    expect(problemsOf(() => readBody(bodies.mint, { body }))).toEqual([
      { field: '__proto__', message: 'is not a known field' },
    ]);
  });
});

describe('A transaction id', () => {
  it('looks like the seed’s', () => {
    const transactionId = 'tx_melt_1691234567_abc123';
    expect(readTransactionId({ params: { transactionId } })).toBe(transactionId);
  });

  it.each(['', 'melt_1', 'tx_', `tx_${'a'.repeat(97)}`, 'tx_a/../b', 'tx_$ne'])(
    '%j is none',
    (transactionId) => {
      expect(problemsOf(() => readTransactionId({ params: { transactionId } }))[0]?.field).toBe(
        'transactionId',
      );
    },
  );
});

describe('An npub', () => {
  it('is taken in its one canonical spelling', () => {
    expect(isNpub(npub)).toBe(true);
  });

  it.each([
    ['in capitals', npub.toUpperCase()],
    ['with one letter changed', `${npub.slice(0, -1)}${npub.endsWith('q') ? 'p' : 'q'}`],
    ['as a bare key', '3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d'],
    ['as a secret key', npub.replace('npub', 'nsec')],
    ['with a look-alike letter', npub.replace('n', 'ո')],
    ['with a space', `${npub} `],
    ['cut short', npub.slice(0, 40)],
    ['empty', ''],
  ])('%s is refused', (_what, text) => {
    expect(isNpub(text)).toBe(false);
  });
});

describe('An Idempotency-Key', () => {
  const read = (values: string[], body: object = { amount: 1 }) =>
    readIdempotencyKey({ headersDistinct: { 'idempotency-key': values } }, 'mint', body);

  it('is optional', () => {
    expect(readIdempotencyKey({ headersDistinct: {} }, 'mint', {})).toBeUndefined();
  });

  it('is the same key quoted or not', () => {
    expect(read(['"order 7"'])?.key).toBe('order 7');
    expect(read(['order 7'])?.key).toBe('order 7');
    expect(read(['"say \\"hi\\" \\\\"'])?.key).toBe('say "hi" \\');
  });

  it('has 1 to 255 characters', () => {
    expect(read(['k'.repeat(255)])?.key).toHaveLength(255);
    expect(read([`"${'k'.repeat(255)}"`])?.key).toHaveLength(255);
  });

  it.each([[['']], [['""']], [['k'.repeat(256)]], [['"open']], [['"a"b"']], [['kéy']], [['a', 'b']]])(
    '%j is refused',
    (values) => {
      expect(problemsOf(() => read(values))[0]?.field).toBe('Idempotency-Key');
    },
  );

  it('goes with the meaning of the body, not with its spelling', () => {
    const hash = (body: object) => read(['k'], body)?.bodyHash;
    expect(hash({ a: 1, b: 'x' })).toBe(hash(JSON.parse('{ "b": "x",\n "a": 1.0 }')));
    expect(hash({ a: 1 })).not.toBe(hash({ a: 2 }));
    expect(hash({ a: 1 })).not.toBe(hash({ a: '1' }));
    expect(hash({ a: 1 })).toMatch(/^[0-9a-f]{64}$/);
    expect(canonicalJson({ b: [1, { d: null, c: undefined }], a: 'é' })).toBe('{"a":"é","b":[1,{"d":null}]}');
  });
});

describe('Prefer: respond-async', () => {
  it.each([
    'respond-async',
    'Respond-Async',
    'wait=10, respond-async',
    'respond-async; foo=bar, wait=10',
    'respond-async=""',
    'note="a, b", respond-async',
  ])('is asked for by %s', (header) => {
    expect(prefersAsync(header)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'wait=10',
    'respond-async-not',
    'respond-async=no',
    'note="x, respond-async"',
    'x; respond-async',
    'respond-async, note="never closed',
    'respond-async, note="never closed\\',
  ])('is not asked for by %s', (header) => {
    expect(prefersAsync(header)).toBe(false);
  });

  it('costs no more than its length, however its quotes are laid out', () => {
    const startedAt = performance.now();
    for (let times = 0; times < 20; times += 1) prefersAsync(`"${'\\"'.repeat(8_000)}`);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

function problemsOf(act: () => unknown): { field: string; message: string }[] {
  try {
    act();
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'VALIDATION_ERROR') throw error;
    const details: unknown = error.members['details'];
    if (!Array.isArray(details)) throw new Error('a validation error without details');
    return details;
  }
  throw new Error('nothing was refused');
}
