/** Run as a process by mongod.test.ts: starts a replica set on a directory, says so, and waits to be killed. */
import { startReplicaSet } from '../../dev/mongod.ts';

const [binary = '', dbPath = ''] = process.argv.slice(2);
const { uri } = await startReplicaSet({ binary, dbPath });
console.log(uri);
setInterval(() => {}, 60_000);
