import { setTimeout as pause } from 'node:timers/promises';
import { wronglyAlerted } from './alert.ts';
import type { Part, Scrape } from './scrapes.ts';
import type { Reply, Stack } from './stack.ts';

/** A symptom, made to happen on a development stack, and cured by what its runbook says. */
export type Drill = {
  name: string;
  /** What people see. */
  symptom: string;
  /** Its page in docs/runbooks, without `.md`. */
  runbook: string;
  /** In ops/prometheus/alerts.yml. */
  alert: string;
  /** The metric that moves. */
  metric: string;
  /** Settings of the server, beside those of the development profile. */
  env?: Readonly<Record<string, string>>;
  /** What happens before: nothing is wrong yet. */
  prepare?(stack: Stack): Promise<void>;
  /** What customers do all the time, about once a second, and how they are answered; null = nobody is. */
  live?(stack: Stack): Promise<Reply | null>;
  /** Makes it happen, once. */
  provoke(stack: Stack): Promise<void>;
  /** Whether the metric has moved. `calm` is how it was before. */
  shows(now: Scrape | null, calm: Scrape): boolean;
  /** The fix, by the runbook. */
  cure(stack: Stack): Promise<void>;
  /** Whether the metric is as it should be. `sick` is how it was at its worst. */
  isCured(now: Scrape, sick: Scrape | null): boolean;
  /** What else must be so in the end. @throws DrillFailed */
  verify?(stack: Stack): Promise<void>;
};

/** Who is told how a drill goes, line by line. */
export type Tell = (line: string) => void;

export class DrillFailed extends Error {}

const everyMs = 1_000;
/** So long a symptom may take to show, or a cure to work. */
const limitMs = 120_000;
const fewestScrapes = 4;
/** As if each part had lasted for so long: longer than alerts wait, and than they look back. */
const lastsMinutes = { calm: 130, symptom: 130, cured: 130 };

/** Runs a drill on a stack of its own. @throws DrillFailed saying which promise was not kept */
export async function runDrill(drill: Drill, stack: Stack, promtool: string, tell: Tell): Promise<void> {
  await drill.prepare?.(stack);
  const live = async (): Promise<boolean> => {
    const reply = (await drill.live?.(stack)) ?? null;
    return reply === null || reply.status < 300;
  };
  const isWell = (scrape: Scrape | null, isServed: boolean) => scrape !== null && isServed;
  const calm = await watch(stack, live, isWell, 'customers are not served, though nothing is wrong yet');
  const wasCalm = calm.last;
  if (wasCalm === null) throw new DrillFailed('/metrics was not answered before anything was wrong');
  tell(`calm: ${drill.metric} is told, ${drill.alert} must be silent`);

  await drill.provoke(stack);
  const isSick = (scrape: Scrape | null) => drill.shows(scrape, wasCalm);
  const symptom = await watch(stack, live, isSick, `${drill.metric} did not move`);
  tell(`symptom: ${drill.symptom}; ${drill.metric} has moved`);

  await drill.cure(stack);
  const isCured = (scrape: Scrape | null, isServed: boolean) =>
    scrape !== null && drill.isCured(scrape, symptom.last) && isServed;
  const cured = await watch(
    stack,
    live,
    isCured,
    `the fix of docs/runbooks/${drill.runbook}.md did not help`,
  );
  await drill.verify?.(stack);
  tell(`cured by the fix of docs/runbooks/${drill.runbook}.md`);

  const wrong = await wronglyAlerted(promtool, drill.alert, [
    { ...calm, minutes: lastsMinutes.calm },
    { ...symptom, minutes: lastsMinutes.symptom },
    { ...cured, minutes: lastsMinutes.cured },
  ]);
  if (wrong !== null) throw new DrillFailed(`${drill.alert} was not silent, firing, silent:\n${wrong}`);
  tell(`${drill.alert} is silent before, fires meanwhile, and is silent after`);
}

/** Scrapes until it is so, and a few times more. What counts begins with the first scrape at which it is so. */
async function watch(
  stack: Stack,
  live: () => Promise<boolean>,
  isSo: (scrape: Scrape | null, isServed: boolean) => boolean,
  otherwise: string,
): Promise<Omit<Part, 'minutes'>> {
  const giveUpAt = performance.now() + limitMs;
  const scrapes: (Scrape | null)[] = [];
  let isLastSo = false;
  while (scrapes.length < fewestScrapes) {
    if (performance.now() > giveUpAt) throw new DrillFailed(otherwise);
    const isServed = await live();
    const scrape = await stack.scrape();
    isLastSo = isSo(scrape, isServed);
    if (scrapes.length > 0 || isLastSo) scrapes.push(scrape);
    await pause(everyMs);
  }
  if (!isLastSo) throw new DrillFailed(`${otherwise} for long`);
  return { first: scrapes[0] ?? null, last: scrapes.at(-1) ?? null };
}
