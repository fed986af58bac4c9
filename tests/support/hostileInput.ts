/** An operation of the OpenAPI document, with what a client may put into it. */
export type Operation = {
  method: string;
  /** `/api/wallet/{npub}/melt` */
  path: string;
  /** Names of the path's parameters, with an example. */
  places: [string, string][];
  /** What the body takes, with examples; null where it takes none. */
  fields: Record<string, unknown> | null;
};

type Parameter = { name: string; in: string; example?: unknown };
type Described = { parameters?: Parameter[]; requestBody?: { content: Record<string, Content> } };
type Content = { schema: { $ref?: string }; example?: unknown };
type Property = { examples?: unknown[] };
export type Document = {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, { properties?: Record<string, Property> }> };
};

/** Everything that the document says may be asked, so that a new route or field is attacked as soon as it is described. */
export function operationsIn(document: Document): Operation[] {
  return Object.entries(document.paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      places: parameters
        .filter((parameter) => parameter.in === 'path')
        .map(({ name, example }): [string, string] => [name, String(example)]),
      fields: fieldsOf(document, requestBody?.content['application/json']),
    })),
  );
}

function fieldsOf({ components }: Document, content: Content | undefined): Record<string, unknown> | null {
  if (content === undefined) return null;
  const name = content.schema.$ref?.split('/').at(-1) ?? '';
  const { properties = {} } = components.schemas[name] ?? {};
  return Object.fromEntries(
    Object.entries(properties).map(([field, { examples }]) => [field, examples?.[0] ?? null]),
  );
}

const nested = (levels: number, open: string, close: string, inside = '') =>
  open.repeat(levels) + inside + close.repeat(levels);

/** JSON that no field takes, as it goes over the wire. */
export const hostileValues: [string, string][] = [
  ['greater than nothing', '{"$gt": ""}'],
  ['not equal', '{"$ne": null}'],
  ['any of', '{"$in": [null, true, ""]}'],
  ['a pattern', '{"$regex": ".*", "$options": "s"}'],
  ['a script', '{"$where": "while(true){}"}'],
  ['an expression', '{"$expr": {"$function": {"body": "f", "args": [], "lang": "js"}}}'],
  ['operators of operators', '{"$or": [{"a.b": {"$exists": true}}]}'],
  ['a dotted key', '{"a.b": 1, "$set": {"balance": 1}}'],
  ['a prototype', '{"__proto__": {"polluted": true}}'],
  ["a constructor's prototype", '{"constructor": {"prototype": {"polluted": true}}}'],
  ['a value of BSON', '{"$oid": "507f1f77bcf86cd799439011"}'],
  ['a number of BSON', '{"$numberLong": "1"}'],
  ['something that turns into text', '{"toString": "x", "valueOf": 1, "toJSON": {}}'],
  ['ten thousand levels of lists', nested(10_000, '[', ']')],
  ['ten thousand levels of objects', nested(10_000, '{"a":', '}', '1')],
  ['thirty thousand entries', `[${'1,'.repeat(29_999)}1]`],
  ['a list of one', '[1]'],
  ['false', 'false'],
  ['minus one', '-1'],
  ['a tenth', '0.1'],
  ['more than a double holds', '1e309'],
  ['a number of a thousand digits', '9'.repeat(1_000)],
  ['a lone surrogate', '"\\udead"'],
  ['NUL bytes', '"\\u0000\\u0000"'],
  ['line breaks', '"x\\r\\nSet-Cookie: a=b\\n{\\"level\\":\\"error\\"}"'],
  ['codes for a terminal', '"\\u001b[2J\\u009b31m\\u202e\\u2028"'],
];

/** Bodies that no route takes, whatever its fields; FIELD is one of them. */
export const hostileBodies: [string, string | Buffer][] = [
  ['a prototype beside', '{"FIELD": "x", "__proto__": {"polluted": true}}'],
  ["a constructor's prototype beside", '{"FIELD": "x", "constructor": {"prototype": {"polluted": true}}}'],
  ['a prototype by its escape', '{"\\u005f_proto__": {"polluted": true}}'],
  ['an operator beside', '{"FIELD": "x", "$where": "1"}'],
  ['a dotted name beside', '{"FIELD": "x", "FIELD.a": 1, "wallet.balance": 1}'],
  ['a field twice, last of all an operator', '{"FIELD": "x", "FIELD": {"$gt": ""}}'],
  ['not a number', '{"FIELD": NaN}'],
  ['infinity', '{"FIELD": -Infinity}'],
  ['a comment', '{"FIELD": 1 /* x */}'],
  ['single quotes', "{'FIELD': 1}"],
  ['a byte that is no UTF-8', Buffer.from([...Buffer.from('{"FIELD": "a'), 0xff, ...Buffer.from('"}')])],
  ['an overlong slash', Buffer.from([...Buffer.from('{"FIELD": "'), 0xc0, 0xaf, ...Buffer.from('"}')])],
  [
    'a surrogate in UTF-8',
    Buffer.from([...Buffer.from('{"FIELD": "'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')]),
  ],
  ['half a character', Buffer.from([...Buffer.from('{"FIELD": "'), 0xf0, 0x9f, ...Buffer.from('"}')])],
  ['UTF-16 with its mark', Buffer.from('\ufeff{"FIELD": 1}', 'utf16le')],
  ['two marks in front', '\ufeff\ufeff{"FIELD": 1}'],
];

/** What may stand for a parameter in the path; `known` is the right one. */
export const hostilePlaces: [string, (known: string) => string][] = [
  ['an operator', () => '%7B%22%24gt%22%3A%22%22%7D'],
  ['an operator in brackets', (known) => `${known}[$ne]`],
  ['a prototype', () => '__proto__'],
  ['a constructor', () => 'constructor'],
  ['an encoded slash', (known) => `${known}%2f..%2f${known}`],
  ['dots', () => '%2e%2e'],
  ['dots twice encoded', () => '%252e%252e%252f'],
  ['a semicolon', (known) => `${known};admin=1`],
  ['a NUL', (known) => `${known}%00`],
  ['a line break', (known) => `${known}%0d%0aSet-Cookie:%20a=b`],
  ['codes for a terminal', (known) => `${known}%1b%5b2J%c2%9b31m`],
  ['5,000 characters', () => 'A'.repeat(5_000)],
  ['full-width letters', (known) => fullWidth(known)],
  [
    'a letter of another alphabet',
    (known) => encodeURIComponent(known.replace(/[pnse]/, (letter) => alike[letter] ?? '')),
  ],
  ['mathematical letters', (known) => encodeURIComponent(known.replace(/[a-z]/, mathematical))],
  ['an accent', (known) => encodeURIComponent(`${known}\u0301`)],
  ['something invisible in it', (known) => encodeURIComponent(`${known.slice(0, 5)}\u200d${known.slice(5)}`)],
  ['a soft hyphen', (known) => encodeURIComponent(`${known.slice(0, 9)}\u00ad${known.slice(9)}`)],
  ['the other direction', (known) => encodeURIComponent(`\u202e${[...known].reverse().join('')}`)],
  ['a mark in front', (known) => `%EF%BB%BF${known}`],
  ['an overlong letter', (known) => `%C1%AE${known.slice(1)}`],
  ['a surrogate', (known) => `${known}%ED%A0%80`],
  ['UTF-16', (known) => `${known}%u0061`],
  ['a space', (known) => `${known}%20`],
  ['a plus', (known) => `+${known}`],
  ['some capitals', (known) => known.slice(0, 10) + known.slice(10).toUpperCase()],
];

const alike: Record<string, string> = { p: 'р', n: 'ո', s: 'ѕ', e: 'е' };

const mathematical = (letter: string): string => String.fromCodePoint(0x1d5ba + letter.charCodeAt(0) - 97);

const fullWidth = (text: string): string =>
  encodeURIComponent(
    [...text]
      .map((letter) => (/[!-~]/.test(letter) ? String.fromCharCode(letter.charCodeAt(0) + 0xfee0) : letter))
      .join(''),
  );

/** Queries that no route knows: they change nothing. */
export const hostileQueries: string[] = [
  'npub[$ne]=1&transactionId[$gt]=&$where=while(true)%7B%7D',
  '__proto__[polluted]=true&constructor[prototype][polluted]=true&__proto__.polluted=true',
  'a[]=1&a[]=2&a[99999999]=3&a[b][c][d][e][f][g][h]=1',
  `${'a&'.repeat(3_000)}`,
  `x=${'%00%0d%0a%1b'.repeat(300)}`,
  '%=%&%ff=%c0%af&=&&&==',
  'method=DELETE&_method=DELETE&admin=true&npub=npub1x&scope=admin',
];

/** Each header that is read by us or by what we build on, with what is wrong with it. */
export const readHeaders = [
  'authorization',
  'idempotency-key',
  'prefer',
  'x-request-id',
  'origin',
  'accept',
  'accept-encoding',
  'content-type',
  'content-encoding',
  'x-forwarded-for',
  'range',
  'if-none-match',
  'expect',
  'cookie',
  'user-agent',
] as const;
