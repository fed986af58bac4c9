import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { cellName } from './boundary.ts';
import { type Choice, essential, type Row, runScenario, sumOf } from './matrix.ts';
import { scenarios } from './scenarios.ts';
import { openStands } from './stand.ts';

/** Once database and mint are there, nothing is open for longer. */
const recoveryLimitMs = 5_000;

const options = {
  only: { type: 'string', multiple: true },
  subset: { type: 'boolean' },
  lanes: { type: 'string' },
} as const;

/**
 * The whole matrix, or what of it was asked for, printed as it comes.
 * @returns whether every cell survived, and there was one. @throws TypeError on an unknown option
 */
export async function chaos(words: string[]): Promise<boolean> {
  const { values } = parseArgs({ args: words, options });
  const startedAt = performance.now();
  const lanes = Number(values.lanes ?? Math.max(2, availableParallelism() + 1));
  const { only, subset = false } = values;
  const named: Choice = (scenario, place) =>
    only === undefined || only.some((text) => cellName(scenario, place).includes(text));
  const chosen: Choice = (scenario, place) =>
    named(scenario, place) && (!subset || essential(scenario, place));
  const wanted = scenarios.filter(
    ({ name }) => only === undefined || only.some((text) => mayMean(text, name)),
  );
  say(line(['scenario', 'boundaries', 'cells', 'survived', 'sats lost', 'p50', 'max']));
  const { stands, close } = await openStands(lanes);
  const rows: Row[] = [];
  try {
    for (const scenario of wanted) {
      const row = await runScenario(stands, scenario, chosen);
      if (row.cells === 0 && row.failures.length === 0) continue;
      rows.push(row);
      say(lineOf(row));
      for (const { cell, violations } of row.failures)
        for (const text of violations) say(`    ${cell}: ${text}`);
    }
  } finally {
    await close();
  }
  const total = sumOf(rows);
  say(lineOf(total));
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  say(`\n${total.survived} of ${total.cells} cells survived, ${total.satsLost} sats lost, in ${seconds} s`);
  if (total.failures.length > 0)
    say('One cell again: npm run chaos -- --only "<scenario>/<boundary>/<mode>"');
  const slow = total.recoveriesMs.filter((recoveryMs) => recoveryMs > recoveryLimitMs).length;
  if (slow > 0) say(`${slow} took longer than ${recoveryLimitMs} ms to recover`);
  return total.failures.length === 0 && slow === 0 && total.cells > 0;
}

/** Whether cells of this scenario may be meant; recording it only to find that none is would cost seconds. */
function mayMean(text: string, scenario: string): boolean {
  const full = scenarios.find(({ name }) => text.startsWith(`${name}/`));
  return full === undefined || full.name === scenario;
}

function lineOf({ scenario, boundaries, cells, survived, satsLost, recoveriesMs }: Row): string {
  const sorted = recoveriesMs.toSorted((one, other) => one - other);
  const p50 = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const numbers = [boundaries, cells, survived, satsLost].map(String);
  return line([scenario, ...numbers, `${Math.round(p50)} ms`, `${Math.round(sorted.at(-1) ?? 0)} ms`]);
}

function line([name = '', ...columns]: string[]): string {
  return name.padEnd(40) + columns.map((column) => column.padStart(11)).join('');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
