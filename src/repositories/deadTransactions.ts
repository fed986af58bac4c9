import type { Database } from './database.ts';

/** A transaction that stands open though no command of it runs, as `$currentOp` shows it (MongoDB manual). */
type OpenTransaction = {
  appName?: string;
  /** Which shard it stands on, where the question was put to a mongos. */
  shard?: string;
  lsid: { id: { toString(encoding: 'hex'): string } };
  transaction: { parameters: { txnNumber: unknown }; timeActiveMicros: unknown };
};

/**
 * A live server's transaction goes from one command to the next within milliseconds. One that has stalled for so long is
 * ended by mistake at most, which only makes it run again.
 */
const deadAfterMs = 2_000;
const lookWithinMs = 1_000;

/**
 * Ends transactions that a killed server of this deployment has left open. MongoDB does not notice a client's death, and
 * keeps what such a transaction has written to locked until `transactionLifetimeLimitSeconds` (60 s) are over.
 */
export function createDeadTransactions(
  { connection, appName }: Pick<Database, 'connection' | 'appName'>,
  clock: () => number = () => performance.now(),
) {
  const admin = () => connection.getClient().db('admin');
  const deployment = appName.slice(0, appName.lastIndexOf('/') + 1);
  /** Since when each has been seen to rest; the name changes with every command that it runs. */
  let resting = new Map<string, number>();

  /**
   * One look; to be repeated at least once a second. What has not run a command for two seconds is ended. Needs no
   * privilege on a replica set, `inprog` on a sharded cluster with access control.
   * @returns how many were ended. @throws errors of the driver
   */
  async function end(): Promise<number> {
    const askedAt = clock();
    const open = await ofOthers();
    const seenAt = clock();
    resting = new Map(open.map((one) => [nameOf(one), resting.get(nameOf(one)) ?? seenAt]));
    const dead = open.filter((one) => askedAt - (resting.get(nameOf(one)) ?? askedAt) >= deadAfterMs);
    if (dead.length === 0) return 0;
    await admin().command({ killSessions: dead.map(({ lsid: { id } }) => ({ id })) });
    return dead.length;
  }

  /** Of other instances of this deployment: our own cannot be dead. */
  async function ofOthers(): Promise<OpenTransaction[]> {
    const pipeline = [
      { $currentOp: { allUsers: false, idleSessions: true, idleConnections: false } },
      { $match: { type: 'idleSession', transaction: { $exists: true }, appName: { $ne: appName } } },
      { $project: { appName: 1, shard: 1, lsid: 1, transaction: 1 } },
    ];
    const open = await admin()
      .aggregate<OpenTransaction>(pipeline, { maxTimeMS: lookWithinMs, readConcern: { level: 'local' } })
      .toArray();
    return open.filter((one) => one.appName?.startsWith(deployment));
  }

  return { end };
}

function nameOf({ shard = '', lsid, transaction }: OpenTransaction): string {
  const { parameters, timeActiveMicros } = transaction;
  return [shard, lsid.id.toString('hex'), String(parameters.txnNumber), String(timeActiveMicros)].join('/');
}
