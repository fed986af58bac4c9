import { ensureMongod, startReplicaSet } from '../../dev/mongod.ts';

/** One replica set for the whole run. Test files find it by the environment and take a database each. */
export default async function startSharedReplicaSet() {
  const onProgress = (text) => console.error(text);
  const replicaSet = await startReplicaSet({ binary: await ensureMongod({ onProgress }), onProgress });
  process.env.CRUCIBLE_TEST_MONGODB_URI = replicaSet.uri;
  globalThis.stopSharedReplicaSet = replicaSet.stop;
}
