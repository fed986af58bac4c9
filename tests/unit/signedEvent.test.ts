import { describe, expect, it, test } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { readSignedEvent } from '../../src/middleware/nip98.ts';
import { newSigner, signedEvent } from '../support/signing.ts';

const event = signedEvent(newSigner(), { method: 'GET', target: '/a' });
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

describe('what follows "Nostr" in the Authorization header', () => {
  it('is one event, taken as it is', () => {
    expect(readSignedEvent(base64(event))).toEqual(event);
    const unusual = signedEvent(newSigner(), {
      method: 'GET',
      target: '/ä?b=ü',
      content: '…',
      moreTags: [['t']],
    });
    expect(readSignedEvent(base64(unusual))).toEqual(unusual);
  });

  const without = (name: string) => Object.fromEntries(Object.entries(event).filter(([key]) => key !== name));
  it.each([
    ...['id', 'pubkey', 'created_at', 'kind', 'tags', 'content', 'sig'].map((name): [string, unknown] => [
      `without ${name}`,
      without(name),
    ]),
    ['with one member more', { ...event, ots: '' }],
    ['an array', [event]],
    ['null', null],
    ['a text', 'event'],
    ['an id in capitals', { ...event, id: event.id.toUpperCase() }],
    ['an id too short', { ...event, id: event.id.slice(1) }],
    ['a key that is an npub', { ...event, pubkey: newSigner().npub }],
    ['a signature of another length', { ...event, sig: `${event.sig}00` }],
    ['a time with a fraction', { ...event, created_at: 1.5 }],
    ['a time as text', { ...event, created_at: String(event.created_at) }],
    ['a time before 1970', { ...event, created_at: -1 }],
    ['a time beyond all numbers', { ...event, created_at: 2 ** 53 }],
    ['a kind as text', { ...event, kind: '27235' }],
    ['content that is none', { ...event, content: null }],
    ['tags that are no list', { ...event, tags: { u: '' } }],
    ['a tag that is no list', { ...event, tags: ['u'] }],
    ['a tag of numbers', { ...event, tags: [['u', 1]] }],
    ['an empty tag', { ...event, tags: [[]] }],
    ['more tags than anybody needs', { ...event, tags: Array.from({ length: 33 }, () => ['t']) }],
  ])('is refused if it is %s', (_what, value) => {
    expect(() => readSignedEvent(base64(value))).toThrow(/is not a Nostr event of exactly id/);
  });

  it('is refused where it brings a prototype', () => {
    const text = JSON.stringify(event).replace(/}$/, ',"__proto__":{"kind":27235}}');
    expect(() => readSignedEvent(Buffer.from(text).toString('base64'))).toThrow(/not a Nostr event/);
  });

  it.each([
    [
      'base64url',
      base64({ ...event, content: '>>>???' })
        .replaceAll('+', '-')
        .replaceAll('/', '_'),
      /not base64/,
    ],
    ['without padding', base64({ a: 1, b: 22 }).replace(/=+$/, ''), /not base64/],
    ['not base64', '{}', /not base64/],
    ['too long', 'A'.repeat(4_100), /more than 4096 characters/],
    ['no JSON', Buffer.from('event').toString('base64'), /not JSON/],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]).toString('base64'), /not JSON in UTF-8/],
    ['nothing', '', /not JSON/],
  ])('is refused if it is %s', (_what, credentials, says) => {
    expect(() => readSignedEvent(credentials)).toThrow(says);
  });
});

describe('CRUCIBLE_PUBLIC_ORIGIN', () => {
  const env = {
    MONGODB_URI: 'mongodb://localhost/crucible',
    MINT_URL: 'https://mint.example.com',
    CRUCIBLE_MNEMONIC:
      'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about',
    CRUCIBLE_MASTER_KEY: '5c'.repeat(32),
  };
  const origin = (text: string) => loadConfig({ ...env, CRUCIBLE_PUBLIC_ORIGIN: text }).config.publicOrigin;

  test.each([
    ['', null],
    ['https://api.example.com', 'https://api.example.com'],
    [' https://API.example.com/ ', 'https://api.example.com'],
    ['https://api.example.com:443', 'https://api.example.com'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('%j is read as %j', (text, expected) => {
    expect(origin(text)).toBe(expected);
  });

  test.each([
    'api.example.com',
    'ftp://api.example.com',
    'https://api.example.com/crucible',
    'https://api.example.com?a',
    'https://api.example.com/#a',
    'https://user:word@api.example.com',
    'null',
  ])('%j is refused by name', (text) => {
    expect(() => origin(text)).toThrow(/^CRUCIBLE_PUBLIC_ORIGIN must be scheme, host/);
  });
});
