import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createEndings, type Endings } from '../dev/profile/endings.ts';
import { aborted, listenForInterruption } from '../dev/profile/interruption.ts';
import type { Contestant, ContestantName } from './contestants/contestant.ts';
import { startCrucible } from './contestants/crucible.ts';
import { startLibrary } from './contestants/library.ts';
import { startDatabase } from './database.ts';
import { reasonOf } from './ipc.ts';
import { measure, type Place, type Task } from './level.ts';
import { openMint } from './mint.ts';
import { type Options, readOptions, usage } from './options.ts';
import { render } from './render.ts';
import {
  commitOf,
  crucibleVersion,
  type Idle,
  type Level,
  type Results,
  read,
  thisMachine,
  write,
} from './results.ts';
import { growth } from './statistics.ts';
import { levelsTable, targetsTable } from './table.ts';
import { targetsOf } from './targets.ts';

/** Not measured: code is compiled, connections are made, keysets are read. */
const warmUp = { wallets: 4, melts: 120, proofs: null };
const longestWarmUpMs = 6_000;
const idleSeconds = 4;
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
    const results = await run(options, endings);
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

async function run(options: Options, endings: Endings): Promise<Results> {
  const mint = await openMint(options.foreign);
  await endings.add('the mint', mint.stop);
  const database = await startDatabase();
  await endings.add('the database', database.stop);
  const place: Place = { mint, database, seed: options.seed ?? String(randomInt(2 ** 31)) };
  const results: Results = {
    at: new Date().toISOString(),
    commit: commitOf(),
    crucible: crucibleVersion(),
    mint: options.foreign === null ? 'simulator' : 'foreign',
    seed: place.seed,
    machine: thisMachine(),
    idle: null,
    levels: [],
    broken: [],
  };
  say(`seed ${place.seed}`);
  for (const name of options.only) {
    await contest(name, options, place, endings, results).catch((error: unknown) => {
      results.broken.push({ contestant: name, why: reasonOf(error) });
      say(`${name} did not get through: ${reasonOf(error)}`);
    });
  }
  return results;
}

/** One contestant through all its levels: the ordinary ones, then, in a fresh process, the wallet of many proofs. */
async function contest(
  name: ContestantName,
  options: Options,
  place: Place,
  endings: Endings,
  results: Results,
): Promise<void> {
  const limitMs = options.seconds * 1_000;
  const ordinary = options.wallets.map((wallets) => ({
    wallets,
    melts: options.melts,
    limitMs,
    proofs: null,
  }));
  await within(name, place, endings, { limitMs, keepsUp: true }, async (contestant) => {
    if (name === 'crucible') results.idle = await idle(contestant, place);
    for (const task of ordinary) results.levels.push(await measured(contestant, place, task));
  });
  if (options.proofs === 0 || name === 'coco') return;
  const many: Task = { wallets: 1, melts: options.melts, limitMs, proofs: options.proofs };
  await within(name, place, endings, { limitMs, keepsUp: false }, async (contestant) => {
    results.levels.push(await measured(contestant, place, many));
  });
}

/** A contestant that is started, has warmed up, and is ended. */
async function within(
  name: ContestantName,
  place: Place,
  endings: Endings,
  { limitMs, keepsUp }: { limitMs: number; keepsUp: boolean },
  act: (contestant: Contestant) => Promise<void>,
): Promise<void> {
  const mintUrl = place.mint.url;
  const contestant =
    name === 'crucible'
      ? await startCrucible({ mintUrl, mongoUri: place.database.uri }, { keepsUp })
      : await startLibrary(name, mintUrl);
  const ended = once(contestant.end);
  await endings.add(name, ended);
  try {
    await measure(contestant, place, { ...warmUp, limitMs: Math.min(longestWarmUpMs, limitMs / 2) });
    await act(contestant);
  } finally {
    await ended();
  }
}

async function measured(contestant: Contestant, place: Place, task: Task): Promise<Level> {
  const level = await measure(contestant, place, task);
  const what = task.proofs === null ? `${task.wallets} wallets` : `a wallet of ${task.proofs} proofs`;
  say(`${contestant.name}, ${what}: ${level.paid} paid, ${level.meltsPerSecond.toFixed(1)} melts/s`);
  return level;
}

/** What goes on beside the payments: workers, looks at the database, the seals of the audit log. */
async function idle(contestant: Contestant, { database }: Place): Promise<Idle> {
  const before = { server: await contestant.usage(), database: await database.usage() };
  await pause(idleSeconds * 1_000);
  const after = { server: await contestant.usage(), database: await database.usage() };
  const perSecond = (value: number): number => value / idleSeconds;
  const mongodMs = after.database.cpuMs === null ? null : after.database.cpuMs - (before.database.cpuMs ?? 0);
  const serverMs = (after.server['server']?.cpuMs ?? 0) - (before.server['server']?.cpuMs ?? 0);
  const commands = Object.entries(growth(before.database.commands, after.database.commands));
  return {
    cpuMs: { server: perSecond(serverMs), mongod: mongodMs === null ? null : perSecond(mongodMs) },
    databaseCommands: Object.fromEntries(commands.map(([name, count]) => [name, perSecond(count)])),
  };
}

function tell(results: Results, path: string): void {
  say(`\n${levelsTable(results)}\n\n${targetsTable(targetsOf(results))}\n`);
  for (const { contestant, why } of results.broken) say(`${contestant} did not get through: ${why}`);
  say(`written to ${path}`);
}

const isSound = ({ levels, broken }: Results): boolean =>
  broken.length === 0 &&
  levels.every(
    ({ failed, money, paid }) =>
      paid > 0 && Object.keys(failed).length === 0 && (money.missingSat ?? 0) === 0 && money.feesSat >= 0,
  );

function once(act: () => Promise<void>): () => Promise<void> {
  let acted: Promise<void> | null = null;
  return () => {
    acted ??= act();
    return acted;
  };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
