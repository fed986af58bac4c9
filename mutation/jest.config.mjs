/** The tests of the mutated modules alone, without a database; as in the root's jest.config.mjs otherwise. */
export default {
  rootDir: '..',
  testMatch: [
    '<rootDir>/tests/unit/{decision,selection,discrepancy}*.test.ts',
    '<rootDir>/tests/property/selection*.test.ts',
  ],
  testEnvironment: 'node',
  testTimeout: 60_000,
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'mjs', 'js', 'cjs', 'json', 'node'],
  transform: { '\\.ts$': '<rootDir>/mutation/stripTypes.mjs' },
  setupFiles: ['<rootDir>/mutation/oneSeed.mjs'],
};
