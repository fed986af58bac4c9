/**
 * `npm run sequences -- --runs 200 --steps 50 --from SEED`: drawn steps over all that wallets can do, against real servers, a
 * real mongod and the simulator; after each step balances, histories and the mint's ledger must agree. `--trace` tells every
 * step, `--lanes 4` runs so many at once. Exit code 1 on any disagreement.
 */
import { sequences } from '../tests/support/sequences/main.ts';

try {
  process.exitCode = (await sequences(process.argv.slice(2), console.log)) ? 0 : 1;
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
