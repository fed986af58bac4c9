/** What may be depended on. Whoever adds to these tables says why; an entry that nothing needs any more is a finding. */

/** SPDX names. All permissive: they ask for a notice at most. */
export const licences: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Unlicense',
]);

/** `licence`: what the package says of itself, null = nothing. */
export type LicenceException = { package: string; licence: string | null; reason: string };

/** For what development alone uses. What ships has no exceptions. */
export const licenceExceptions: readonly LicenceException[] = [
  {
    package: 'caniuse-lite',
    licence: 'CC-BY-4.0',
    reason: "data about browsers, which Babel's libraries carry along; nothing here reads it",
  },
  {
    package: 'argparse',
    licence: 'Python-2.0',
    reason:
      "permissive, and rare enough to be looked at by name; the client's type generator reads YAML by it",
  },
  {
    package: '@cashu/coco-core',
    licence: null,
    reason:
      'MIT by the LICENSE of its repository (cashubtc/coco), which it is packed without; the bench measures it',
  },
];

/** Packages whose install script `allowScripts` lets run, and why. None of them may ship. What a script puts into the folder of its package is not looked at. */
export const allowedInstallScripts: Readonly<Record<string, string>> = {
  node: 'puts the Node of this platform into node_modules/.bin, for npm scripts; the image brings its own',
};

/** Names in node_modules that stand for another package (`npm:` in some package.json). For what development alone uses. */
export const aliases: Readonly<Record<string, string>> = {
  '@jest/react-is-18': 'react-is', // pretty-format tells elements of either React
  '@jest/react-is-19': 'react-is',
  'string-width-cjs': 'string-width', // @isaacs/cliui keeps versions from before ESM beside newer ones
  'strip-ansi-cjs': 'strip-ansi',
  'wrap-ansi-cjs': 'wrap-ansi',
};

/** All that a .npmrc here may say, by line, and whether each of them has to. */
export const settings: Readonly<Record<string, 'demanded' | 'allowed'>> = {
  'omit-lockfile-registry-resolved=true': 'demanded',
  'strict-allow-scripts=true': 'demanded',
  'engine-strict=false': 'allowed',
  'fund=false': 'allowed',
  'audit=false': 'allowed',
};

/** Folders with a lock file that are tools as a whole: nothing that is installed there ships. */
export const toolFolders: ReadonlySet<string> = new Set(['mutation', 'bench/coco']);
