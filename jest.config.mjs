import { availableParallelism } from 'node:os';

/**
 * Jest schedules the test files and tells of them; Node itself loads them, TypeScript included
 * (tests/support/runner/).
 */
const layer = (name, extra = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/tests/${name}/**/*.test.ts`],
  testRunner: '<rootDir>/tests/support/runner/nativeRunner.mjs',
  injectGlobals: false,
  moduleFileExtensions: ['ts', 'mjs', 'js', 'cjs', 'json', 'node'],
  transform: {},
  ...extra,
});

/** The layers that share one replica set: started once for the run, and only if one of them runs. */
const onReplicaSet = {
  globalSetup: '<rootDir>/tests/support/globalSetup.mjs',
  globalTeardown: '<rootDir>/tests/support/globalTeardown.mjs',
};

export default {
  // Most of these tests wait most of the time, for a mint that answers late or a lease that runs out.
  maxWorkers: Math.min(8, 2 * availableParallelism()),
  testSequencer: '<rootDir>/tests/support/longestFirst.mjs',
  testTimeout: 60_000,
  projects: [
    layer('unit'),
    layer('property', onReplicaSet),
    layer('integration', onReplicaSet),
    layer('chaos', onReplicaSet),
    layer('e2e', onReplicaSet),
  ],
};
