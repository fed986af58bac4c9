import { randomInt } from 'node:crypto';
import { createEndings, type Endings } from '../dev/profile/endings.ts';
import { aborted, listenForInterruption } from '../dev/profile/interruption.ts';
import { contest } from './contest.ts';
import { startDatabase } from './database.ts';
import { reasonOf } from './ipc.ts';
import { openMint } from './mint.ts';
import { type Options, readOptions, usage } from './options.ts';
import { render } from './render.ts';
import { commitOf, type Level, type Results, read, thisMachine, versionsHere, write } from './results.ts';
import { levelsTable, targetsTable } from './table.ts';
import { isSound, targetsOf } from './targets.ts';

/** As shells have it for Ctrl-C. */
const interrupted = 130;

/**
 * `npm run bench`: measures, tells and writes down.
 * @returns the exit code: 0, also where a target was missed; 1 where a contestant failed or money is missing; 2 wrong usage
 */
export async function bench(words: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(words);
  } catch (error) {
    console.error(`${reasonOf(error)}\n${usage}`);
    return 2;
  }
  if (options.render !== null) {
    render(read(options.render));
    return 0;
  }
  const signal = listenForInterruption();
  const endings = createEndings();
  const over = aborted(signal).then(endings.endAll);
  try {
    const results = await run(options, endings, signal);
    signal.throwIfAborted();
    tell(results, write(results, options.out));
    return isSound(results) ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    await over;
    return interrupted;
  } finally {
    await endings.endAll();
  }
}

/** One contestant after the other, on one mint and the same invoices, so that each has the machine to itself. */
async function run(options: Options, endings: Endings, signal: AbortSignal): Promise<Results> {
  const seed = options.seed ?? String(randomInt(2 ** 31));
  say(`seed ${seed}`);
  const mint = await openMint(options.foreign);
  await endings.add('the mint', mint.stop);
  const database = await startDatabase();
  await endings.add('the database', database.stop);
  const results: Results = {
    at: new Date().toISOString(),
    commit: commitOf(),
    versions: versionsHere(),
    mint: options.foreign === null ? 'simulator' : 'foreign',
    seed,
    machine: thisMachine(),
    idle: null,
    levels: [],
    broken: [],
  };
  const notebook = {
    noteIdle: (idle: Results['idle']) => {
      results.idle = idle;
    },
    noteLevel: (level: Level) => {
      results.levels.push(level);
      say(progress(level));
    },
  };
  for (const name of options.only)
    await contest(name, options, { mint, database, seed }, endings, notebook).catch((error: unknown) => {
      signal.throwIfAborted();
      results.broken.push({ contestant: name, why: reasonOf(error) });
      say(`${name} did not get through: ${reasonOf(error)}`);
    });
  return results;
}

function progress({ contestant, wallets, instances, proofs, paid, meltsPerSecond, failed }: Level): string {
  const who = proofs === null ? `${wallets} wallets` : `a wallet of ${proofs} proofs`;
  const reasons = Object.entries(failed).map(([reason, count]) => `\n  ${count} × ${reason}`);
  const where = (instances ?? 1) > 1 ? ` at ${instances} instances` : '';
  return `${contestant}, ${who}${where}: ${paid} paid, ${meltsPerSecond.toFixed(1)} melts/s${reasons.join('')}`;
}

function tell(results: Results, path: string): void {
  say(`\n${levelsTable(results)}\n\n${targetsTable(targetsOf(results))}\n`);
  for (const { contestant, why } of results.broken) say(`${contestant} did not get through: ${why}`);
  say(`written to ${path}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
