import { join } from 'node:path';
import { ensureMongod, startReplicaSet } from '../mongod.ts';
import type { Endings } from '../profile/endings.ts';
import { type SimulatorProcess, startSimulatorProcess } from '../profile/simulatorProcess.ts';

/** What a mint is after it was started again: the one that it was, or another one, which knows nothing and has keys of its own. */
export type MintAs = 'it was' | 'another';

/** What the server of a stack talks to, and what goes on while it is down: a replica set of one, and a simulated mint. */
export type Neighbours = {
  mongoUri: string;
  mintUrl: string;
  /** Ends the mint and starts one at the same address. */
  restartMint(as: MintAs): Promise<void>;
};

/** Starts them on a directory; `endings` end them. */
export async function startNeighbours(directory: string, endings: Endings): Promise<Neighbours> {
  const binary = await ensureMongod({ onProgress: () => {} });
  const database = await startReplicaSet({ binary, dbPath: join(directory, 'mongo') });
  await endings.add('the database', () => database.stop());
  const startMint = (as: MintAs, port: number): Promise<SimulatorProcess> =>
    startSimulatorProcess({
      port,
      network: 'bitcoin',
      journalPath: join(directory, as === 'it was' ? 'mint.jsonl' : 'another-mint.jsonl'),
      env: { ...inherited(), ...(as === 'it was' ? {} : { SIM_SEED: 'another mint' }) },
    });
  let mint = await startMint('it was', 0);
  await endings.add('the mint', () => mint.stop());
  const mintUrl = mint.url;
  return {
    mongoUri: database.uri,
    mintUrl,
    async restartMint(as) {
      await mint.stop();
      mint = await startMint(as, Number(new URL(mintUrl).port));
    },
  };
}

/** What any program needs; settings of whoever runs the drill must not reach its stack. */
export function inherited(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'XDG_CACHE_HOME', 'MONGOMS_SYSTEM_BINARY'];
  return Object.fromEntries(
    kept.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
