/**
 * `npm run simulate -- --seeds N --from S`: worlds S … S+N−1 of the deterministic simulation of the melt, several at a
 * time. `--trace` tells every step. `--quiet` leaves the faults out.
 */
import { parseArgs } from 'node:util';
import '../tests/support/simulation/hooks.mjs';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    trace: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
});
const [seeds, from] = [Number(values.seeds), Number(values.from)];
if (!Number.isSafeInteger(seeds) || seeds < 1 || !Number.isSafeInteger(from) || from < 0) {
  console.error('npm run simulate -- --seeds N --from S: N is a whole number from 1, S from 0');
  process.exit(2);
}

const startedAt = process.hrtime.bigint();
const { simulate } = await import('../tests/support/simulation/main.ts');
const summary = await simulate({ seeds, from, trace: values.trace, quiet: values.quiet }, console.log);
const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
const operations = Object.entries(summary.operations).map(([state, count]) => `${count} ${state}`);
console.log(
  `${summary.worlds} worlds, ${summary.failed} failed, ${operations.join(', ') || 'no operations'}; ${seconds.toFixed(1)} s`,
);
process.exitCode = summary.failed === 0 ? 0 : 1;
