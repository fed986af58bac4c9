import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { SimulatorClient } from '../../../simulator/client.ts';
import { startSimulator } from '../../../simulator/simulator.ts';
import { loadConfig } from '../../../src/config.ts';
import { createContext } from '../../../src/context.ts';
import { connectDatabase } from '../../../src/repositories/database.ts';
import { type ServerProcess, startServerProcess } from '../crash/serverProcess.ts';
import { type Nodes, startNodes } from '../nodes.ts';
import { allowAnyRate } from '../rates.ts';

/** A server that may be dead at the moment. */
export type Instance = {
  url: string | null;
  revive(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
};

/** A mint, three database nodes and some servers, all of them real, and all of them mortal. */
export type Town = {
  sim: SimulatorClient;
  nodes: Nodes;
  instances: Instance[];
  adminKey: string;
  /** The transaction that began to pay an invoice: whoever was never answered does not know it. */
  transactionOf(paymentHash: string): Promise<string | null>;
  close(): Promise<void>;
};

/** As in production, but for waits that would make twenty minutes too short to see the end of anything. */
const settings = {
  CRUCIBLE_LOG_LEVEL: 'error',
  CRUCIBLE_FENCE_DELAY_MS: '2000',
  CRUCIBLE_ORPHAN_AFTER_MS: '5000',
  CRUCIBLE_ANSWER_WITHIN_MS: '2000',
  CRUCIBLE_MINT_TIMEOUT_MS: '3000',
  CRUCIBLE_MELT_TIMEOUT_MS: '6000',
};

export async function openTown(instanceCount: number): Promise<Town> {
  const cleanUp: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const undo of cleanUp.splice(0).reverse()) await undo();
  };
  try {
    const directory = await mkdtemp(join(tmpdir(), 'crucible-soak-'));
    cleanUp.push(() => rm(directory, { recursive: true, force: true }));
    const nodes = await startNodes(3);
    cleanUp.push(() => nodes.close());
    const simulator = await startSimulator({ feeReserveMinSat: 4 });
    cleanUp.push(() => simulator.close());
    const env = {
      ...settings,
      MONGODB_URI: nodes.uri('soak'),
      MINT_URL: simulator.url,
      CRUCIBLE_PRIVATE_MINT_NETWORKS: '127.0.0.1',
      PORT: '0',
      CRUCIBLE_MNEMONIC: generateMnemonic(wordlist),
      CRUCIBLE_MASTER_KEY: randomBytes(32).toString('hex'),
      CRUCIBLE_SPOOL_DIR: directory,
    };
    const adminKey = await firstKey(env);
    const instances = Array.from({ length: instanceCount }, () => instanceOn(env, directory));
    for (const instance of instances) {
      cleanUp.push(() => instance.kill());
      await instance.revive();
    }
    const transactionOf = async (paymentHash: string): Promise<string | null> => {
      const database = await connectDatabase(nodes.uri('soak'));
      try {
        const found = await database.operations
          .find({ 'details.paymentHash': paymentHash, state: { $ne: 'cancelled' } })
          .select({ _id: 1 })
          .lean<{ _id: string }[]>();
        if (found.length > 1) throw new Error(`${paymentHash} was begun more than once`);
        return found[0]?._id ?? null;
      } finally {
        await database.close();
      }
    };
    const sim = new SimulatorClient(simulator.url);
    return { sim, nodes, instances, adminKey, transactionOf, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function firstKey(env: Record<string, string>): Promise<string> {
  const context = await createContext(loadConfig(env));
  const { token } = await context.services.apiKeys.issue({
    label: 'soak',
    scopes: ['admin'],
    npub: null,
    expiresAt: null,
  });
  await allowAnyRate(context.services.rateLimits);
  await context.dispose();
  return token;
}

const startsTried = 20;

function instanceOn(env: Record<string, string>, cacheDirectory: string): Instance {
  let running: ServerProcess | null = null;
  const instance: Instance = {
    url: null,
    /** As whoever watches over servers does: one that does not come up, for want of a primary, say, is started again. */
    async revive() {
      if (running !== null) return;
      for (let tries = 1; ; tries += 1) {
        const started = await startServerProcess(cacheDirectory);
        running = started;
        try {
          instance.url = await started.open(env);
          await started.work();
          return;
        } catch (error) {
          await instance.kill();
          if (tries >= startsTried) throw error;
          await pause(1_000);
        }
      }
    },
    async kill() {
      instance.url = null;
      await running?.kill();
      running = null;
    },
    /** In good order: what runs is finished or left to the others. */
    async stop() {
      instance.url = null;
      // Where it cannot, because no primary lets it, it is killed all the same.
      await running?.close().catch(() => undefined);
      await instance.kill();
    },
  };
  return instance;
}
