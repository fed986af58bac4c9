import { replaceGlobals } from './globals.ts';
import { writeInvoices } from './invoices.ts';
import { drawProfile, quietProfile } from './profile.ts';
import { createRandom } from './random.ts';
import { createWorld } from './world.ts';

export type Options = { from: number; seeds: number; trace: boolean; quiet: boolean };

export type Summary = { failed: number; worlds: number; operations: Record<string, number> };

/** Runs worlds one after the other and says what became of them. A failing seed is named with the way to replay it. */
export async function simulate(
  { from, seeds, trace, quiet }: Options,
  say: (line: string) => void,
): Promise<Summary> {
  const invoices = writeInvoices();
  replaceGlobals();
  // Most errors here are faults that were ordered; nobody reads where they came from.
  Error.stackTraceLimit = trace ? 20 : 0;
  const summary: Summary = { failed: 0, worlds: 0, operations: {} };
  for (let seed = from; seed < from + seeds; seed += 1) {
    const random = createRandom(seed);
    const profile = quiet ? quietProfile(random) : drawProfile(random);
    if (trace) say(JSON.stringify(profile));
    const world = createWorld({
      random,
      profile,
      invoices,
      trace: trace ? (line) => say(line()) : () => undefined,
    });
    summary.worlds += 1;
    try {
      for (const state of (await world.run()).states)
        summary.operations[state] = (summary.operations[state] ?? 0) + 1;
    } catch (error) {
      summary.failed += 1;
      const why = error instanceof Error ? error.message : String(error);
      say(`seed ${seed} failed: ${why}; replay: npm run simulate -- --from ${seed} --seeds 1 --trace`);
      if (trace && error instanceof Error) say(String(error.stack));
    }
  }
  return summary;
}
