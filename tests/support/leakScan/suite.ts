import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LeakScan } from './leakScan.ts';

/** Set by `npm run leaks` (scripts/leaks.mjs): where each world of the suite tells what was found in it. */
const directory = process.env['CRUCIBLE_LEAKS_TO'];

export const isEveryWorldScanned = (): boolean => directory !== undefined;

/** One line for each world. */
export async function tellSuite(scan: LeakScan): Promise<void> {
  if (directory === undefined) return;
  const leaks = await scan.look();
  appendFileSync(join(directory, 'worlds.jsonl'), `${JSON.stringify({ ...scan.seen(), leaks })}\n`);
}
