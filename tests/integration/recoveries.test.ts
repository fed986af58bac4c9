import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Database } from '../../src/repositories/database.ts';
import { createRecoveryRepository, type RecoveryRepository } from '../../src/repositories/recoveries.ts';
import { openFresh } from '../support/openFresh.ts';

const at = new Date('2026-11-22T12:00:00Z');
const id = 'wal_1';
const worker = 'a worker';

let database: Database;
let recoveries: RecoveryRepository;
let end: () => Promise<void>;
beforeAll(async () => {
  ({ database, end } = await openFresh());
  recoveries = createRecoveryRepository(database);
});
afterAll(() => end());
beforeEach(async () => {
  await database.wallets.deleteMany({});
  const wallet = { npub: 'npub1x', mint_url: 'http://mint.test', unit: 'sat', created_at: at };
  await database.wallets.create({ _id: id, ...wallet });
});

async function claimed() {
  const claim = await recoveries.claim(id, worker, 60_000, at);
  if (claim === null) throw new Error('the recovery is not due');
  return claim.recovery;
}

const present = async () => (await recoveries.byId(id))?.recovery;

it('that the books are behind, once shown, stays so whatever is found or demanded after that', async () => {
  await recoveries.require(id, 'signed_outputs', at, true);
  await recoveries.rest(await claimed(), worker, at, 'watching');
  await recoveries.require(id, 'signed_outputs', at);
  expect(await present()).toMatchObject({ state: 'required', scans: {}, isProven: true });
  await recoveries.require(id, 'spent_proofs', at);
  await recoveries.requireAnew(null, new Date(at.getTime() + 1));
  expect(await present()).toMatchObject({ state: 'required', scans: {}, isProven: true });
});

it('a pass that has begun before it was shown ends nothing, and what it has looked through need not be again', async () => {
  await recoveries.require(id, 'spent_proofs', at);
  const before = await claimed();
  const scans = { '00ad': { next: 100, lastSigned: null, done: false, counter: 7, isMoved: false } };
  expect(await recoveries.advance(before, worker, { scans })).toBe(true);
  await recoveries.require(id, 'signed_outputs', at);
  expect(await recoveries.advance(before, worker, { again: [] })).toBe(true);
  await recoveries.require(id, 'signed_outputs', at, true);
  expect(await recoveries.finish(before, worker, at)).toBeNull();
  expect(await present()).toMatchObject({ scans, isProven: true });
});

it('a recovery that ends while another is demanded is followed by that', async () => {
  await recoveries.require(id, 'spent_proofs', at);
  const first = await claimed();
  let isOver = false;
  const wallets = new Proxy(database.wallets, {
    get(target, name) {
      if (name !== 'updateOne' || isOver) return Reflect.get(target, name);
      return async (...given: Parameters<typeof target.updateOne>) => {
        const done = await target.updateOne(...given);
        isOver ||= (await recoveries.finish(first, worker, at)) !== null;
        return done;
      };
    },
  });
  await createRecoveryRepository({ wallets }).require(id, 'spent_proofs', at);
  expect(isOver).toBe(true);
  expect(await present()).toMatchObject({ state: 'required', reason: 'spent_proofs' });
});
