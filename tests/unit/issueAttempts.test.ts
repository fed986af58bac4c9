import { expect, it } from '@jest/globals';
import type { Attempt, MintingOperation } from '../../src/models/operation.ts';
import type { KeysetInfo } from '../../src/services/mint/keysets.ts';
import { createIssueAttempts } from '../../src/services/minting/issueAttempts.ts';
import { minting, startedAt } from '../support/operations.ts';

const issuing = minting({ state: 'issuing' });

const keyset = (id: string, active = true): KeysetInfo => ({
  id,
  unit: 'sat',
  active,
  inputFeePpk: 0n,
  finalExpiry: null,
});

/** A mint that lists what it is told to. */
function listing() {
  const mint = { listed: [keyset('k0')] };
  let counter = 0;
  const attempts = createIssueAttempts({
    mints: {
      at: () => ({
        keysets: {
          list: async () => ({ kind: 'answer', value: mint.listed }),
          keys: async (id) => ({ kind: 'answer', value: { id, keys: { '1': 'a', '4': 'b' } } }),
          forgetListing: () => undefined,
        },
      }),
    },
    outputs: {
      plan: async (_npub, keysetId, plans) =>
        plans.map((plan) => {
          counter += 1;
          const name = `${keysetId}_${counter}`;
          return { ...plan, keysetId, counter, B_: name, secret: name, blindingFactor: 1n };
        }),
    },
    seeds: { quoteKey: async () => ({ privateKey: '', publicKey: '' }) },
    detection: { demandUnsigned: async () => undefined },
    now: () => startedAt,
  });
  return { mint, attempts };
}

const last = ({ attempts }: MintingOperation): Attempt => {
  const latest = attempts.at(-1);
  if (latest === undefined) throw new Error('there is no attempt');
  return latest;
};

/** The latest attempt was sent, and refused because its keyset signs no more; or its reply was lost. */
function sent(operation: MintingOperation, refused = true): MintingOperation {
  const attempt = last(operation);
  const reply = { httpStatus: 400, body: 'x'.repeat(512 * 1024), at: startedAt };
  const outcome = refused ? { reply, refusalCode: 12002, refusals: attempt.refusals + 1 } : {};
  const attempts = [...operation.attempts.slice(0, -1), { ...attempt, posts: attempt.posts + 1, ...outcome }];
  return { ...operation, attempts };
}

const order = ({ attempts }: MintingOperation): string[] => attempts.map(({ keysetId }) => keysetId);

it('a refused request is repeated while the list names no other keyset', async () => {
  const { attempts } = listing();
  let operation = sent(await attempts.first(issuing));
  for (let looks = 0; looks < 100; looks += 1) {
    const renewed = await attempts.renewed(operation);
    expect(renewed).toEqual(operation);
    operation = sent(renewed);
  }
});

it('a keyset that has refused nothing yet goes before those that have; each of these has its turn', async () => {
  const { mint, attempts } = listing();
  let operation = sent(await attempts.first(issuing));
  mint.listed = [keyset('k0'), keyset('k1')];
  operation = sent(await attempts.renewed(operation));
  expect(order(operation)).toEqual(['k0', 'k1']);
  operation = sent(await attempts.renewed(operation));
  expect(order(operation)).toEqual(['k1', 'k0']);
  operation = sent(await attempts.renewed(operation));
  expect(order(operation)).toEqual(['k0', 'k1']);
  mint.listed = [keyset('k0', false), keyset('k1'), keyset('k2')];
  operation = sent(await attempts.renewed(operation));
  expect(order(operation)).toEqual(['k0', 'k1', 'k2']);
  expect(operation.attempts.map(({ number }) => number)).toEqual([1, 2, 3]);
});

it('however often keysets are replaced, the next one is asked, and what is stored stays small', async () => {
  const { mint, attempts } = listing();
  let operation = sent(await attempts.first(issuing), false);
  for (let rotations = 1; rotations <= 60; rotations += 1) {
    mint.listed = [keyset(`k${rotations - 1}`, false), keyset(`k${rotations}`)];
    operation = sent(await attempts.renewed(sent(operation)), rotations === 7);
    expect(last(operation)).toMatchObject({ keysetId: `k${rotations}`, posts: 1 });
    expect(operation.attempts.length).toBeLessThanOrEqual(10);
    expect(
      JSON.stringify(operation, (_, value) => (typeof value === 'bigint' ? String(value) : value)).length,
    ).toBeLessThan(1_000_000);
    expect(new Set(operation.attempts.map(({ number }) => number)).size).toBe(operation.attempts.length);
  }
});
