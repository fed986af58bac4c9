/**
 * `npm run soak -- --minutes 20 --wallets 50`: real servers, three database nodes and a mint, all of which die and misbehave
 * while wallets pay. Ends by itself; exit code 1 unless every sat is where the ledger says.
 */
import { soak } from '../tests/support/soak/main.ts';

process.exitCode = (await soak(process.argv.slice(2))) ? 0 : 1;
