/**
 * `npm run chaos`: kills the real server at every exchange with database and mint, restarts it, and demands that not one
 * sat is gone. Prints the matrix. `--only "<part of scenario/boundary/mode>"` runs those cells alone (may be repeated),
 * `--subset` those of `npm test`, `--lanes 4` so many at once.
 */
import { chaos } from '../tests/support/crash/main.ts';

process.exitCode = (await chaos(process.argv.slice(2))) ? 0 : 1;
