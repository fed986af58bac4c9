/** Run from the root by scripts/mutate.mjs. @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: ['src/services/melt/{decision,selection,discrepancy}.ts'],
  testRunner: 'jest',
  plugins: [import.meta.resolve('@stryker-mutator/jest-runner')],
  jest: { configFile: 'mutation/jest.config.mjs', enableFindRelatedTests: true },
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 30_000,
  // Each run of jest leaves some of its modules in memory.
  maxTestRunnerReuse: 40,
  // Types are stripped, not checked: a mutant that would not compile still runs, and a test has to see it.
  disableTypeChecks: false,
  // The copy that is mutated holds no more than the tests need.
  ignorePatterns: ['**', '!package.json', '!src/**', '!tests/{unit,property,support}/**', '!mutation/*.mjs'],
  reporters: ['progress-append-only', 'clear-text', 'html', 'json'],
  htmlReporter: { fileName: 'coverage/mutation/report.html' },
  jsonReporter: { fileName: 'coverage/mutation/report.json' },
  clearTextReporter: { allowColor: false, logTests: false, skipFull: false },
  thresholds: { high: 95, low: 90, break: 85 },
  allowConsoleColors: false,
  checkers: [],
};
