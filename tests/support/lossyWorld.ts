import { lossyCommits } from './lossyCommits.ts';
import { startWorld } from './world.ts';

export type LossyWorld = Awaited<ReturnType<typeof startLossyWorld>>;

/** A world between whose server and database commits can be lost. */
export async function startLossyWorld(env: Record<string, string> = {}) {
  let database: Awaited<ReturnType<typeof lossyCommits>> | undefined;
  const world = await startWorld({
    simulator: { feeReserveMinSat: 4 },
    env: {
      CRUCIBLE_ANSWER_WITHIN_MS: '8000',
      CRUCIBLE_ORPHAN_AFTER_MS: '20000',
      CRUCIBLE_LEASE_MS: '2000',
      ...env,
    },
    relay: async (uri) => {
      database = await lossyCommits(uri);
      return database.uri;
    },
  });
  if (database === undefined) throw new Error('the world was started without its relay');
  const { close } = database;
  const end = async (): Promise<void> => {
    await world.end();
    await close();
  };
  return { world: { ...world, end }, database };
}
