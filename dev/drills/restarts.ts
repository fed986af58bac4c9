import { randomBytes } from 'node:crypto';
import type { mongo } from 'mongoose';
import { type Drill, DrillFailed } from './drill.ts';
import { hasGrown } from './moves.ts';
import { paid, pay } from './paying.ts';
import { type Scrape, sumOf } from './scrapes.ts';
import type { Stack } from './stack.ts';
import { balanceOf, expectWhole } from './whole.ts';

const payNow = (stack: Stack) => pay(stack);

/** A server that must not start with these settings, and must say why. @throws DrillFailed */
async function mustNotStart(stack: Stack, env: Record<string, string>, because: RegExp): Promise<void> {
  const said = await stack.restart(env).then(
    () => null,
    (error: unknown) => String(error),
  );
  if (said === null) throw new DrillFailed('the server has started, and should not have');
  if (!because.test(said)) throw new DrillFailed(`the server did not start, and does not say why: ${said}`);
}

/** A master key that is changed without the one before. */
function createKeyRotation(): Drill {
  const [old, fresh] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  let balance = 0;
  return {
    name: 'key-rotation',
    symptom: 'a server does not start: its master key was changed, and the one before is not configured',
    runbook: 'key-rotation',
    alert: 'CrucibleDown',
    metric: 'up',
    env: { CRUCIBLE_MASTER_KEY: old },
    async prepare(stack) {
      balance = await balanceOf(stack);
    },
    provoke: (stack) => mustNotStart(stack, { CRUCIBLE_MASTER_KEY: fresh }, /sealed by a master key/),
    shows: (now) => now === null,
    async cure(stack) {
      await stack.restart({ CRUCIBLE_MASTER_KEY: fresh, CRUCIBLE_MASTER_KEY_PREVIOUS: old });
      await stack.crucible('keys', 'rotate-master');
      await stack.crucible('keys', 'rotate-master', '--check');
      await stack.restart({ CRUCIBLE_MASTER_KEY: fresh });
    },
    isCured: (now) => sumOf(now, 'crucible_build_info') === 1,
    async verify(stack) {
      const now = await balanceOf(stack);
      if (now !== balance) throw new DrillFailed(`the wallet had ${balance} sat, and has ${now}`);
      await expectWhole(stack);
    },
  };
}

const missing = (scrape: Scrape): number => sumOf(scrape, 'crucible_indexes_missing');

export const schemaAndIndexes: Drill = {
  name: 'schema-and-indexes',
  symptom: 'an index that keeps an invoice from being paid twice is gone: somebody dropped it',
  runbook: 'schema-and-indexes',
  alert: 'CrucibleIndexMissing',
  metric: 'crucible_indexes_missing',
  live: payNow,
  async provoke(stack) {
    await stack.inDatabase((database) =>
      database.collection('operations').dropIndex('one_payment_per_invoice'),
    );
  },
  shows: (now) => now !== null && missing(now) === 1,
  cure: (stack) => stack.restart(),
  isCured: (now) => missing(now) === 0,
  async verify(stack) {
    await stack.crucible('doctor');
    await expectWhole(stack);
  },
};

const takesEcash = ['/v1/swap', '/v1/melt/bolt11'];

/** Whether it was, once the server had read its keysets: what is known of a mint is good for a minute, and it may be asked by that. */
async function isGivenEcash(stack: Stack): Promise<boolean> {
  const asked = (await stack.sim().requests()).map(({ path }) => path);
  const known = asked.indexOf('/v1/keysets');
  return known >= 0 && asked.slice(known).some((path) => takesEcash.includes(path));
}

const nonsense = ['crucible_refusals_total', 'code="MINT_ERROR"'] as const;

export const completeReset: Drill = {
  name: 'complete-reset',
  symptom: 'payments are refused with 502 MINT_ERROR, because the mint was set up anew, with other keys',
  runbook: 'complete-reset',
  alert: 'CrucibleMintNonsense',
  metric: 'crucible_refusals_total',
  live: payNow,
  provoke: (stack) => stack.restartMint('another'),
  shows: (now, calm) => hasGrown(now, calm, ...nonsense),
  async cure(stack) {
    if (await isGivenEcash(stack)) throw new DrillFailed('ecash was sent to a mint known to be another one');
    await stack.restartMint('it was');
  },
  isCured: (now, sick) => sick !== null && paid(now) > paid(sick),
  verify: expectWhole,
};

/** Copies every collection of a database over those of another one. Like `mongorestore --drop`, it leaves alone what is not in the copy. */
async function copy(from: mongo.Db, to: string): Promise<void> {
  for (const collection of await from.collections())
    await collection.aggregate([{ $out: { db: to, coll: collection.collectionName } }]).toArray();
}

const backUp = (database: mongo.Db) => copy(database, 'backup');
const putBack = (database: mongo.Db) => copy(database.client.db('backup'), database.databaseName);

const recovering = (scrape: Scrape): number => sumOf(scrape, 'crucible_wallets_recovering');

/** A backup that is put back as docs/restore.md says, while the mint does not hand out its signatures again (NUT-09). */
function createRestoreFromBackup(): Drill {
  let hadBefore = 0;
  return {
    name: 'restore-from-backup',
    symptom:
      'a backup was put back, and wallets recover for long: the mint does not hand out its signatures again',
    runbook: 'restore-from-backup',
    alert: 'CrucibleWalletsRecovering',
    metric: 'crucible_wallets_recovering',
    async prepare(stack) {
      await stack.inDatabase(backUp);
      hadBefore = await balanceOf(stack);
    },
    live: payNow,
    async provoke(stack) {
      if ((await balanceOf(stack)) === hadBefore) throw new DrillFailed('nothing was paid since the backup');
      await stack.stopServer();
      await stack.inDatabase(putBack);
      const fault = { kind: 'status', status: 500 } as const;
      await stack.sim().addFaults({ match: { path: '/v1/restore' }, fault, times: null });
      await stack.crucible('restore', '--all');
      await stack.restart();
    },
    shows: (now) => now !== null && recovering(now) === 1,
    async cure(stack) {
      await stack.sim().clearFaults();
    },
    isCured: (now) => recovering(now) === 0,
    verify: expectWhole,
  };
}

export const restartDrills = (): Drill[] => [
  createKeyRotation(),
  schemaAndIndexes,
  completeReset,
  createRestoreFromBackup(),
];
