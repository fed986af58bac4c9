/**
 * The embedded MongoDB of the development start and of the tests: find a mongod, then run it as a
 * replica set of one.
 */
export { ensureMongod, MongodUnavailable } from './mongod/binary.ts';
export { type ReplicaSet, type ReplicaSetOptions, startReplicaSet } from './mongod/replicaSet.ts';
