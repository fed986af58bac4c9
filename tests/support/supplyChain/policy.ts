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

export type LicenceException = { package: string; licence: string; reason: string };

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
];

/** Packages whose install script `allowScripts` lets run, and why. None of them may ship. */
export const allowedInstallScripts: Readonly<Record<string, string>> = {
  node: 'puts the Node of this platform into node_modules/.bin, for npm scripts; the image brings its own',
};

/** Folders with a lock file that are tools as a whole: nothing that is installed there ships. */
export const toolFolders: ReadonlySet<string> = new Set(['mutation']);
