import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureMongod, startReplicaSet } from '../../../dev/mongod.ts';
import { startWorld, type World } from '../world.ts';
import { type ServerProcess, type Supply, startServerProcess, supplyOf } from './serverProcess.ts';

/** Everything that waits is short, so that a cell is judged in seconds; what the waits are for stays as it is. */
const hurried = {
  CRUCIBLE_FENCE_DELAY_MS: '100',
  CRUCIBLE_ORPHAN_AFTER_MS: '400',
  CRUCIBLE_LEASE_MS: '1000',
  CRUCIBLE_WORKER_INTERVAL_MS: '50',
  // What stays unpaid goes to the worker after one look, however busy the machine is.
  CRUCIBLE_ANSWER_WITHIN_MS: '0',
};

/** What the mint reserves for Lightning, and what of it the route really takes. */
export const feeReserve = 3;
export const routingFee = 1;

/**
 * A database and a mint on which one cell runs after the other. `world` is the tester's own server, without workers: it
 * funds wallets and looks at the books. Victims and those who recover are processes of their own.
 */
export type Stand = {
  world: World;
  /** Settings of every server process; secrets included. */
  env: Record<string, string>;
  supply: Supply;
  /** Restarted after each crash as a server of its own, with nothing kept from the one before. */
  recoverer: ServerProcess;
};

/** So many stands on a replica set of their own. `close` leaves nothing behind. */
export async function openStands(count: number): Promise<{ stands: Stand[]; close: () => Promise<void> }> {
  const cleanUp: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const undo of cleanUp.splice(0).reverse()) await undo();
  };
  try {
    cleanUp.push(await ownReplicaSet());
    const cacheDirectory = await mkdtemp(join(tmpdir(), 'crucible-chaos-'));
    cleanUp.push(() => rm(cacheDirectory, { recursive: true, force: true }));
    await fillCache(cacheDirectory);
    const supply = supplyOf(cacheDirectory, count);
    cleanUp.push(() => supply.close());
    const stands: Stand[] = [];
    for (let number = 0; number < count; number += 1) {
      const world = await startWorld({
        workers: false,
        simulator: { feeReserveMinSat: feeReserve },
        env: hurried,
      });
      cleanUp.push(() => world.end());
      const env = { ...world.env, CRUCIBLE_LOG_LEVEL: 'debug' };
      stands.push({ world, env, supply, recoverer: await supply.take() });
    }
    return { stands, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** `freshDatabase` takes its databases from there, until the returned function ends it. */
async function ownReplicaSet(): Promise<() => Promise<void>> {
  const shared = process.env['CRUCIBLE_TEST_MONGODB_URI'];
  const replicaSet = await startReplicaSet({ binary: await ensureMongod({}) });
  process.env['CRUCIBLE_TEST_MONGODB_URI'] = replicaSet.uri;
  return async () => {
    if (shared === undefined) delete process.env['CRUCIBLE_TEST_MONGODB_URI'];
    else process.env['CRUCIBLE_TEST_MONGODB_URI'] = shared;
    await replicaSet.stop();
  };
}

/** The first start compiles for all that follow. */
async function fillCache(cacheDirectory: string): Promise<void> {
  const first = await startServerProcess(cacheDirectory);
  await first.kill();
}
