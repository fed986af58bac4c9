import { ModuleMocker } from 'jest-mock';

/**
 * What test files import as `@jest/globals`. Helpers are loaded once and outlive a test file, so each name
 * stands for whatever it means in the file that runs now.
 */
let ofThisFile = {};
const mocks = new ModuleMocker(globalThis);

/** @param {Record<string, unknown>} globals what jest-circus made for the file that is about to be loaded */
export function setJestGlobals(globals) {
  ofThisFile = globals;
  mocks.restoreAllMocks();
}

export const describe = standsFor('describe');
export const it = standsFor('it');
export const test = standsFor('test');
export const expect = standsFor('expect');
export const beforeAll = standsFor('beforeAll');
export const beforeEach = standsFor('beforeEach');
export const afterEach = standsFor('afterEach');
export const afterAll = standsFor('afterAll');

export const jest = {
  /** The limit of every test and hook in this file, in milliseconds. */
  setTimeout: (limitMs) => {
    globalThis[Symbol.for('TEST_TIMEOUT_SYMBOL')] = limitMs;
  },
  fn: mocks.fn.bind(mocks),
  spyOn: mocks.spyOn.bind(mocks),
};

function standsFor(name) {
  return new Proxy(() => {}, {
    apply: (_target, _this, parameters) => ofThisFile[name](...parameters),
    get: (_target, member) => ofThisFile[name][member],
  });
}
