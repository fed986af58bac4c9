/**
 * `npm run faults`: every fault of the mint in every phase of an operation, the whole table. Arguments go on to jest, as in
 * `npm run faults -- -t "swap reply lost"`.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [join(here, 'test.mjs'), 'chaos/faults', ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, CRUCIBLE_FAULT_TABLE: 'whole' } },
);
process.exitCode = status ?? 1;
