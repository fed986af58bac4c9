import { expect, it } from '@jest/globals';
import { verifyEvent } from 'nostr-tools/pure';
import { isSigned } from '../../src/services/auth/eventSignature.ts';
import { newSigner, signedEvent } from '../support/signing.ts';

const event = signedEvent(newSigner(), { method: 'GET', target: '/a' });
const another = signedEvent(newSigner(), { method: 'GET', target: '/b' });
const flipped = (hex: string, at: number) =>
  `${hex.slice(0, at)}${(Number.parseInt(hex[at] ?? '', 16) ^ 1).toString(16)}${hex.slice(at + 1)}`;

it('an event that its key has signed is signed', () => {
  expect([isSigned(event), isSigned(another)]).toEqual([true, true]);
});

it.each([
  ['with the id of another', { ...event, id: another.id }],
  ['with the signature of another', { ...event, sig: another.sig }],
  ['with the key of another', { ...event, pubkey: another.pubkey }],
  ['of other content', { ...event, content: 'x' }],
  ['of another time', { ...event, created_at: event.created_at + 1 }],
  ['with one bit of r changed', { ...event, sig: flipped(event.sig, 40) }],
  ['with one bit of s changed', { ...event, sig: flipped(event.sig, 127) }],
  ['with a signature of zeros', { ...event, sig: '0'.repeat(128) }],
  ['with numbers beyond the curve', { ...event, sig: 'f'.repeat(128) }],
  ['by a key that is no point', { ...event, pubkey: 'f'.repeat(64) }],
  ['by a key of zeros', { ...event, pubkey: '0'.repeat(64) }],
])('an event %s is not, as nostr-tools says, too', (_what, forged) => {
  expect(isSigned(forged)).toBe(false);
  expect(verifyEvent({ ...forged })).toBe(false);
});
