import { setTimeout as pause } from 'node:timers/promises';
import type { Endings } from '../dev/profile/endings.ts';
import type { Contestant, ContestantName } from './contestants/contestant.ts';
import { startCrucible } from './contestants/crucible.ts';
import { startLibrary } from './contestants/library.ts';
import { measure, type Place, type Task } from './level.ts';
import type { Options } from './options.ts';
import type { Idle, Level } from './results.ts';
import { growth } from './statistics.ts';

/** Not measured: code is compiled, connections are made, keysets are read. */
const warmUp = { wallets: 8, melts: 400, proofs: null, mintDelayMs: 0 };
const longestWarmUpMs = 10_000;
const idleSeconds = 4;

/** Where what was measured goes, as soon as it is known. */
export type Notebook = { noteIdle(idle: Idle): void; noteLevel(level: Level): void };

/**
 * One contestant through all its levels: the ordinary ones, then, in a fresh process, the wallet of many proofs.
 * @throws Error where it does not get through
 */
export async function contest(
  name: ContestantName,
  options: Options,
  place: Place,
  endings: Endings,
  { noteIdle, noteLevel }: Notebook,
): Promise<void> {
  const { melts, proofs, mintDelayMs } = options;
  const isMintLate = mintDelayMs > 0;
  const limitMs = options.seconds * 1_000;
  // A library has no instances: it is one process.
  const counts = name === 'crucible' ? options.instances : [1];
  for (const instances of counts)
    await within(
      name,
      place,
      endings,
      { limitMs, keepsUp: true, instances, isMintLate },
      async (contestant) => {
        if (name === 'crucible' && instances === counts[0]) noteIdle(await idle(contestant, place));
        for (const wallets of options.wallets)
          noteLevel(
            await measure(contestant, place, {
              wallets,
              melts,
              limitMs,
              proofs: null,
              instances,
              mintDelayMs,
            }),
          );
      },
    );
  // Of the libraries one is enough to hold against; this one takes 20 requests a minute for its minting alone.
  if (proofs === 0 || name === 'coco') return;
  const many: Task = { wallets: 1, melts, limitMs, proofs, instances: 1, mintDelayMs };
  await within(
    name,
    place,
    endings,
    { limitMs, keepsUp: false, instances: 1, isMintLate },
    async (contestant) => {
      noteLevel(await measure(contestant, place, many));
    },
  );
}

/** A contestant that is started, has warmed up, and is ended. */
async function within(
  name: ContestantName,
  { mint, database, seed }: Place,
  endings: Endings,
  { limitMs, ...servers }: { limitMs: number; keepsUp: boolean; instances: number; isMintLate: boolean },
  act: (contestant: Contestant) => Promise<void>,
): Promise<void> {
  const contestant =
    name === 'crucible'
      ? await startCrucible({ mintUrl: mint.url, mongoUri: database.uri }, servers)
      : await startLibrary(name, mint.url);
  const end = once(contestant.end);
  await endings.add(name, end);
  try {
    const task = { ...warmUp, instances: servers.instances, limitMs: Math.min(longestWarmUpMs, limitMs / 2) };
    await measure(contestant, { mint, database, seed: `${seed}/warm-up` }, task);
    await act(contestant);
  } finally {
    await end();
  }
}

/** What goes on beside the payments: workers, looks at the database, the seals of the audit log. */
async function idle(contestant: Contestant, { database }: Place): Promise<Idle> {
  const [usageBefore, databaseBefore] = [await contestant.usage(), await database.usage()];
  await pause(idleSeconds * 1_000);
  const [usage, { cpuMs, commands }] = [await contestant.usage(), await database.usage()];
  const perSecond = (value: number): number => value / idleSeconds;
  const serverMs = (usage['server']?.cpuMs ?? 0) - (usageBefore['server']?.cpuMs ?? 0);
  const sent = Object.entries(growth(databaseBefore.commands, commands));
  return {
    cpuMs: {
      server: perSecond(serverMs),
      mongod: cpuMs === null ? null : perSecond(cpuMs - (databaseBefore.cpuMs ?? 0)),
    },
    databaseCommands: Object.fromEntries(sent.map(([command, count]) => [command, perSecond(count)])),
  };
}

function once(act: () => Promise<void>): () => Promise<void> {
  let acted: Promise<void> | null = null;
  return () => {
    acted ??= act();
    return acted;
  };
}
