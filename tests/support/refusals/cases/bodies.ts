import { gzipSync } from 'node:zlib';
import { casesOf, type RefusalCase } from '../cases.ts';
import { nameOf, pathOf, posts, stranger } from '../routes.ts';

type Detail = { field: string; message: string };
type Post = (typeof posts)[number];

const maxAmount = Number.MAX_SAFE_INTEGER;
const npubRule = 'must be an npub (NIP-19): npub1 and 58 lower-case characters with a valid checksum';

/** A body of this text is refused for exactly these fields. */
function invalid(
  post: { path: string },
  what: string,
  text: string | undefined,
  ...details: Detail[]
): RefusalCase {
  return {
    code: 'VALIDATION_ERROR',
    what: `${nameOf(post)} with ${what}`,
    provoke: (stage) =>
      stage.post(pathOf(post, stage.wallet.npub), text?.replaceAll('NPUB', stage.wallet.npub)),
    says: new RegExp(`^Nothing was done: ${details[0]?.field.replaceAll(/\W/g, '.')}: `),
    members: { details },
  };
}

/** Bodies that are nothing that any route takes. FIELD is the field that the route cannot do without. */
const shapes: [string, string | undefined, (field: string) => Detail][] = [
  ['no body', undefined, () => ({ field: 'body', message: 'is required' })],
  ['half a body', '{"FIELD": ', () => ({ field: 'body', message: 'is not valid JSON' })],
  ['a list', '[{"FIELD": 1}]', () => ({ field: 'body', message: 'must be a JSON object' })],
  ['null', 'null', () => ({ field: 'body', message: 'is not valid JSON' })],
  ['a bare text', '"FIELD"', () => ({ field: 'body', message: 'is not valid JSON' })],
  ['a bare number', '7', () => ({ field: 'body', message: 'is not valid JSON' })],
  ['two bodies', '{"FIELD": 1}{"FIELD": 1}', () => ({ field: 'body', message: 'is not valid JSON' })],
  ['depth without end', '['.repeat(30_000), () => ({ field: 'body', message: 'is not valid JSON' })],
  ['a raw NUL byte', '{"FIELD": "a\u0000"}', () => ({ field: 'body', message: 'is not valid JSON' })],
  ['an empty object', '{}', (field) => ({ field, message: 'is required' })],
  [
    '__proto__',
    '{"FIELD": 1, "__proto__": {"isAdmin": true}}',
    () => ({ field: '__proto__', message: 'is not a known field' }),
  ],
];

const spoiltTexts: [string, string, string][] = [
  ['a number', '7', 'must be a string'],
  ['null', 'null', 'must be a string'],
  ['true', 'true', 'must be a string'],
  ['a list', '["x"]', 'must be a string'],
  ['an operator', '{"$gt": ""}', 'must be a string'],
  ['a script', '{"$where": "sleep(1000)"}', 'must be a string'],
  ['depth', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'must be a string'],
  ['nothing in it', '""', 'must not be empty'],
];
const spoiltAmounts: [string, string, string][] = [
  ['a text', '"5"', 'must be a JSON integer'],
  ['null', 'null', 'must be a JSON integer'],
  ['true', 'true', 'must be a JSON integer'],
  ['a list', '[5]', 'must be a JSON integer'],
  ['an operator', '{"$gt": 0}', 'must be a JSON integer'],
  ['a fraction', '1.5', 'must be a JSON integer'],
  ['more than JSON can say exactly', '9007199254740992', `must be at most ${maxAmount}`],
  ['a number without end', '1e400', `must be at most ${maxAmount}`],
];
const spoilt: Record<Post['kind'] | 'maxFee' | 'maxTotal' | 'mintUrl', [string, string, string][]> = {
  invoice: [
    ...spoiltTexts,
    ['more than 8192 characters', `"lnbc${'1'.repeat(8_190)}"`, 'must have at most 8192 characters'],
  ],
  quoteId: [
    ...spoiltTexts,
    ['more than 256 characters', `"${'q'.repeat(257)}"`, 'must have at most 256 characters'],
    ['a space', '"q 1"', 'has characters that are not allowed here'],
    ['a NUL', '"q\\u0000"', 'has characters that are not allowed here'],
    ['a lone surrogate', '"\\ud800"', 'has characters that are not allowed here'],
    ['look-alikes', '"аbс"', 'has characters that are not allowed here'],
  ],
  amount: [...spoiltAmounts, ['zero', '0', 'must be at least 1'], ['a debt', '-5', 'must be at least 1']],
  maxFee: [...spoiltAmounts, ['a debt', '-1', 'must be at least 0']],
  maxTotal: [...spoiltAmounts, ['zero', '0', 'must be at least 1']],
  npub: [
    ...spoiltTexts,
    ['a private key', `"nsec1${'q'.repeat(58)}"`, npubRule],
    ['a wrong checksum', `"npub1${'q'.repeat(58)}"`, npubRule],
    ['capitals', `"${stranger.toUpperCase()}"`, npubRule],
    ['a look-alike', `"${stranger.replace('n', 'ո')}"`, npubRule],
    ['something behind it', '"NPUBq"', npubRule],
    ['white space', '" NPUB"', npubRule],
    ['a NUL', '"NPUB\\u0000"', npubRule],
  ],
  mintUrl: [
    ...spoiltTexts,
    ['more than 2048 characters', `"https://${'m'.repeat(2_048)}"`, 'must have at most 2048 characters'],
    ['a space', '"https://mint test"', 'has characters that are not allowed here'],
    ['a mint of somebody else', '"http://169.254.169.254"', 'is not one of the mints that this server uses'],
    ['a file', '"file:///etc/passwd"', 'is not one of the mints that this server uses'],
  ],
};

const [create, mint, , , melt] = posts;

const perRoute = posts.flatMap((post) => [
  ...shapes.map(([what, text, detail]) =>
    invalid(post, what, text?.replaceAll('FIELD', post.field), detail(post.field)),
  ),
  ...spoilt[post.kind].map(([what, value, message]) =>
    invalid(post, `${what} as ${post.field}`, `{"${post.field}": ${value}}`, { field: post.field, message }),
  ),
  ...['npubs', '$where', 'constructor'].map((name) =>
    invalid(
      post,
      `an unknown field ${name}`,
      `{"${post.field}": ${post.kind === 'amount' ? 1 : post.kind === 'npub' ? '"NPUB"' : '"x"'}, "${name}": {"a": 1}}`,
      { field: name === '$where' ? '(unprintable name)' : name, message: 'is not a known field' },
    ),
  ),
]);

function oversized(post: Post): RefusalCase[] {
  const body = JSON.stringify({ [post.field]: 'x'.repeat(65 * 1024) });
  const of = (what: string, headers: Record<string, string>): RefusalCase => ({
    code: 'PAYLOAD_TOO_LARGE',
    what: `${nameOf(post)} with more than 64 KiB, ${what}`,
    provoke: (stage) => stage.post(pathOf(post, stage.wallet.npub), body, headers),
    says: /larger than 64 KiB/,
  });
  return [of('announced', {}), of('in pieces of unknown number', { 'transfer-encoding': 'chunked' })];
}

const json = 'application/json';
const bomb = gzipSync(Buffer.from(JSON.stringify({ invoice: 'x'.repeat(10_000_000) })));

/** Bodies that are not plain JSON in UTF-8, whatever is in them. */
const declarations: [string, Record<string, string>, string | Buffer, RegExp][] = [
  ['text', { 'content-type': 'text/plain' }, '{}', /send the body as JSON/],
  [
    'a form',
    { 'content-type': 'application/x-www-form-urlencoded' },
    'invoice=lnbc1',
    /send the body as JSON/,
  ],
  ['files', { 'content-type': 'multipart/form-data; boundary=x' }, '--x--', /send the body as JSON/],
  ['something like JSON', { 'content-type': 'application/vnd.api+json' }, '{}', /send the body as JSON/],
  ['Latin-1', { 'content-type': `${json}; charset=iso-8859-1` }, '{}', /in UTF-8/],
  ['UTF-16', { 'content-type': `${json}; charset=utf-16` }, Buffer.from('{}', 'utf16le'), /in UTF-8/],
  ['UTF-7', { 'content-type': `${json};charset="utf-7"` }, '+AHsAfQ-', /in UTF-8/],
  ['gzip', { 'content-type': json, 'content-encoding': 'gzip' }, gzipSync('{}'), /uncompressed/],
  ['10 MB in 10 KB of gzip', { 'content-type': json, 'content-encoding': 'gzip' }, bomb, /uncompressed/],
  ['an unknown encoding', { 'content-type': json, 'content-encoding': 'zstd, br' }, '{}', /uncompressed/],
];

function undeclared(post: Post): RefusalCase[] {
  const of = ([what, headers, body, says]: (typeof declarations)[number]): RefusalCase => ({
    code: 'UNSUPPORTED_MEDIA_TYPE',
    what: `${nameOf(post)} with ${what}`,
    provoke: (stage) => stage.post(pathOf(post, stage.wallet.npub), body, headers),
    says,
  });
  return [
    ...casesOf(declarations, of),
    {
      code: 'UNSUPPORTED_MEDIA_TYPE',
      what: `${nameOf(post)} with a body of no declared type`,
      provoke: (stage) => stage.ask({ method: 'POST', path: pathOf(post, stage.wallet.npub), body: '{}' }),
      says: /send the body as JSON/,
    },
  ];
}

/** Routes that can do with an empty object: what else they do not take. */
const sparing = ['proofs/status', 'reconcile', 'restore'].map((name) => ({
  path: `/api/wallet/:npub/${name}`,
  field: 'more',
}));

const perSparing = sparing.flatMap((post) => [
  ...shapes
    .filter(([what]) => what !== 'an empty object')
    .map(([what, text, detail]) =>
      invalid(post, what, text?.replaceAll('FIELD', post.field), detail(post.field)),
    ),
  invalid(post, 'an unknown field', '{"more": 1}', { field: 'more', message: 'is not a known field' }),
]);

export const bodyCases: RefusalCase[] = [
  ...perSparing,
  ...['"true"', '1', 'null', '[true]', '{"$ne": false}'].map((value) =>
    invalid({ path: '/api/wallet/:npub/reconcile' }, `${value} as dryRun`, `{"dryRun": ${value}}`, {
      field: 'dryRun',
      message: 'must be true or false',
    }),
  ),
  ...perRoute,
  ...(['maxFee', 'maxTotal'] as const).flatMap((field) =>
    spoilt[field].map(([what, value, message]) =>
      invalid(melt, `${what} as ${field}`, `{"invoice": "lnbc1", "${field}": ${value}}`, { field, message }),
    ),
  ),
  ...spoilt.mintUrl.map(([what, value, message]) =>
    invalid(create, `${what} as mintUrl`, `{"npub": "NPUB", "mintUrl": ${value}}`, {
      field: 'mintUrl',
      message,
    }),
  ),
  invalid(
    melt,
    'several mistakes',
    '{"invoice": 7, "maxFee": "much", "tip": 1}',
    { field: 'invoice', message: 'must be a string' },
    { field: 'maxFee', message: 'must be a JSON integer' },
    { field: 'tip', message: 'is not a known field' },
  ),
  invalid(
    mint,
    'five thousand mistakes: twenty are named',
    JSON.stringify({
      amount: 1,
      ...Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`f${n}`, 1])),
    }),
    ...Array.from({ length: 20 }, (_, n) => ({ field: `f${n}`, message: 'is not a known field' })),
  ),
  invalid(mint, 'more than the mint takes', `{"amount": ${2 ** 52}}`, {
    field: 'amount',
    message: 'is outside the limits that the mint sets',
  }),
  ...posts.flatMap((post) => oversized(post)),
  ...posts.flatMap((post) => undeclared(post)),
];
