import type { FaultWish } from '../../simulator/client.ts';
import { type Body, retold } from './liar.ts';
import { type Trick, tricks } from './mischief.ts';

/** What can happen to a request on its way, or at the mint, so that it comes back without the mint's answer. */
export const faults: [story: string, fault: FaultWish['fault']][] = [
  ['the connection is cut before it arrives', 'drop_before'],
  ['the connection is cut after it was carried out', 'drop_after'],
  [
    'the mint answers 500',
    { kind: 'status', status: 500, body: { detail: 'oops' }, retryAfterSeconds: null },
  ],
  [
    'the mint answers 429',
    { kind: 'status', status: 429, body: { detail: 'slow down' }, retryAfterSeconds: 1 },
  ],
];

/** What can be put in the place of any answer. */
export const spoilt: [story: string, trick: Trick][] = [
  ['a proxy answers with HTML instead', tricks.htmlInstead],
  ['a proxy swallows the reply and answers 200 with HTML', tricks.htmlAfter],
  ['the reply is truncated', tricks.truncated],
  ['the reply is an empty object', tricks.emptyObject],
];

/** The same where the answer to a swap is awaited. */
export const spoiltSwaps: typeof spoilt = [
  ...spoilt,
  ['the signatures in the reply are those of other outputs', (carry) => retold(carry, confused)],
];

/** Each output gets the signature of its neighbour. */
function confused({ signatures = [] }: Body): void {
  const points = signatures.map((signature) => Reflect.get(signature, 'C_'));
  for (const [index, signature] of signatures.entries())
    Reflect.set(signature, 'C_', points[(index + 1) % points.length]);
}

/** The creator's time: no worker may think it dead because the machine that tests is slow. */
export const creatorsTime = {
  CRUCIBLE_ANSWER_WITHIN_MS: '4000',
  CRUCIBLE_ORPHAN_AFTER_MS: '5000',
  CRUCIBLE_LEASE_MS: '2000',
};
