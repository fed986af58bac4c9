import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ensureMongod, startReplicaSet } from '../../../dev/mongod.ts';
import { type Outcome, runSequence } from './driver.ts';

const options = {
  runs: { type: 'string', default: '20' },
  steps: { type: 'string', default: '50' },
  from: { type: 'string' },
  lanes: { type: 'string', default: '2' },
  trace: { type: 'boolean', default: false },
} as const;

/**
 * Runs sequences of drawn steps, several at a time, on a replica set of their own.
 * @returns whether books, histories and ledgers agreed at every step. @throws TypeError on an unknown option
 */
export async function sequences(words: string[], say: (line: string) => void): Promise<boolean> {
  const { values } = parseArgs({ args: words, options });
  const from = Number(values.from ?? randomInt(2 ** 31));
  const [runs, steps, lanes] = [Number(values.runs), Number(values.steps), Number(values.lanes)];
  if (![runs, steps, lanes].every((number) => Number.isSafeInteger(number) && number >= 1))
    throw new TypeError('--runs, --steps and --lanes are whole numbers from 1');
  if (!Number.isSafeInteger(from) || from < 0) throw new TypeError('--from is a whole number from 0');
  const startedAt = performance.now();
  const onProgress = (text: string) => process.stderr.write(`${text}\n`);
  const replicaSet = await startReplicaSet({ binary: await ensureMongod({ onProgress }) });
  process.env['CRUCIBLE_TEST_MONGODB_URI'] = replicaSet.uri;
  const outcomes: Outcome[] = [];
  try {
    let next = from;
    const lane = async () => {
      while (next < from + runs) {
        const seed = next;
        next += 1;
        const outcome = await runSequence(seed, steps);
        outcomes.push(outcome);
        if (values.trace || outcome.failure !== null) say(storyOf(outcome, steps));
        if (outcomes.length % 10 === 0) say(`${outcomes.length} of ${runs}`);
      }
    };
    await Promise.all(Array.from({ length: Math.min(lanes, runs) }, lane));
  } finally {
    await replicaSet.stop();
  }
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  say(`answers: ${answersOf(outcomes)}`);
  say(figuresOf(outcomes, from, seconds));
  return outcomes.every(({ failure }) => failure === null);
}

/** A sequence step by step, what was wrong with it, and how to run it again. */
export function storyOf({ seed, trace, failure }: Outcome, steps: number): string {
  const told = failure === null ? 'all agreed' : `SEED ${seed} FAILED: ${failure}`;
  return `${trace.join('\n')}\n${told}\nonce more: npm run sequences -- --runs 1 --steps ${steps} --from ${seed}\n`;
}

function figuresOf(outcomes: readonly Outcome[], from: number, seconds: number): string {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, each) => total + of(each), 0);
  const failed = outcomes.filter(({ failure }) => failure !== null).map(({ seed }) => seed);
  const seeds = failed.length === 0 ? '' : ` (seeds ${failed.join(', ')})`;
  return `${outcomes.length} sequences from seed ${from}, ${sum(({ steps }) => steps)} steps, ${sum(({ transactions }) => transactions)} transactions ended, ${sum(({ comparisons }) => comparisons)} comparisons, ${failed.length} failed${seeds}; ${seconds} s`;
}

function answersOf(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>();
  for (const { answers } of outcomes)
    for (const [name, count] of answers) counts.set(name, (counts.get(name) ?? 0) + count);
  return [...counts]
    .sort()
    .map(([name, count]) => `${name} × ${count}`)
    .join('; ');
}
