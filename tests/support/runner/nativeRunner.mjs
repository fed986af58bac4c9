import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import circus from 'jest-circus/runner';
import { setJestGlobals } from './jestGlobals.mjs';

/**
 * Jest's `testRunner`: jest-circus as it is, with test files loaded by Node itself instead of in a context
 * of their own. What a worker has loaded once (mongoose, the curves, Crucible) serves all its test files,
 * which takes a third off the run; in exchange, test files must not leave a module changed behind them (ADR 25).
 *
 * @type {import('jest-circus/runner').default}
 */
export default function runNatively(
  globalConfig,
  config,
  _environment,
  _runtime,
  testPath,
  sendMessageToJest,
) {
  forgetLastFile();
  return circus.default(
    globalConfig,
    config,
    { global: globalThis },
    nativeRuntime,
    testPath,
    sendMessageToJest,
  );
}

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@jest/globals'
      ? { url: new URL('./jestGlobals.mjs', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});

const require = createRequire(import.meta.url);
let loadedFiles = 0;

/** What jest-circus asks of jest-runtime, answered by Node. */
const nativeRuntime = {
  requireInternalModule: require,
  requireModule: require,
  unstable_shouldLoadAsEsm: () => true,
  unstable_importModule: (path) => import(`${pathToFileURL(path).href}?file=${++loadedFiles}`),
  setGlobalsForRuntime: setJestGlobals,
  enterTestCode: () => {},
  leaveTestCode: () => {},
};

/** jest-circus keeps one file's tests in its module and its handlers and time limit on the global object. */
function forgetLastFile() {
  const adapter = Object.keys(require.cache).find((path) =>
    /jest-circus.build.jestAdapterInit\.js$/.test(path),
  );
  if (adapter !== undefined) delete require.cache[adapter];
  for (const name of ['EVENT_HANDLERS', 'TEST_TIMEOUT_SYMBOL']) delete globalThis[Symbol.for(name)];
}
