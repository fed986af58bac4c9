/**
 * `npm run leaks`: the integration suite at its most verbose, every world of it searched for every secret that was in play
 * (tests/support/leakScan). Arguments go on to jest, as with `npm test`. Ends with 0 only if the tests pass and nothing leaked.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const given = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), 'crucible-leaks-'));

try {
  const tests = given.length > 0 ? given : ['tests/integration'];
  const env = { ...process.env, CRUCIBLE_LEAKS_TO: directory };
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/test.mjs'), ...tests], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  const worlds = readWorlds(join(directory, 'worlds.jsonl'));
  const sum = (name) => worlds.reduce((total, world) => total + world[name], 0);
  const leaks = new Set(worlds.flatMap((world) => world.leaks.map((leak) => JSON.stringify(leak))));
  console.log(
    `\n${worlds.length} worlds, ${sum('secrets')} secrets, ${sum('lines')} log lines, ${sum('answers')} answers, ${sum('unread')} documents that tests made up, ${leaks.size} leaks`,
  );
  for (const leak of leaks) console.log(leak);
  if (worlds.length === 0) console.log('no world was searched');
  process.exitCode = status === 0 && worlds.length > 0 && leaks.size === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function readWorlds(path) {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
