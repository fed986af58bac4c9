import type { ContestantName } from './contestants/contestant.ts';
import { isOrdinary, type Level, type Results } from './results.ts';
import { sumOf } from './statistics.ts';

/** `value` and `bound` in the same terms; null = it was not measured. */
export type Target = { what: string; bound: string; value: number | null; isMet: boolean | null };

const times = (ratio: number, bound: 'least' | 'most', limit: number) =>
  bound === 'least' ? ratio >= limit : ratio <= limit;

/** What Crucible shall reach, most of it as a ratio to the plain flow of the same run. */
export function targetsOf(results: Results): Target[] {
  const at = (contestant: ContestantName, wallets: number): Level | undefined =>
    results.levels.find(
      (level) => level.contestant === contestant && level.wallets === wallets && isOrdinary(level),
    );
  const ratio = (wallets: number, of: (level: Level) => number | null | undefined): number | null => {
    const [own, plain] = [at('crucible', wallets), at('plain', wallets)].map((level) => level && of(level));
    return own && plain ? own / plain : null;
  };
  const own = results.levels.filter(({ contestant }) => contestant === 'crucible');
  const atFifty = at('crucible', 50);
  return [
    judged(
      'melts/s at 50 wallets, × plain',
      ratio(50, (level) => level.meltsPerSecond),
      'least',
      10,
    ),
    judged('CPU per melt at 50 wallets, server, × plain', ratio(50, ownCpuMs), 'most', 1 / 8),
    judged('the same, server and mongod', ratio(50, wholeCpuMs), 'most', 1 / 8),
    judged(
      'p50 of a melt at 1 wallet, × plain',
      ratio(1, (level) => level.p50Ms),
      'most',
      0.4,
    ),
    judged('p99 of transaction B at 50 wallets, ms', atFifty?.bookP99Ms ?? null, 'most', 50),
    judged('payments of Crucible that failed', own.length === 0 ? null : sumOf(own.map(failures)), 'most', 0),
    ...ofTwoInstances(own),
  ];
}

/** Two instances against one, at the most wallets that both had; nothing where a run did not have both. */
function ofTwoInstances(levels: readonly Level[]): Target[] {
  const pairs = levels
    .filter(({ instances, proofs }) => instances === 2 && proofs === null)
    .map((two) => ({ two, one: levels.find((level) => level.instances === 1 && isBeside(two, level)) }))
    .toSorted((one, other) => other.two.wallets - one.two.wallets);
  const [{ two, one } = { two: undefined, one: undefined }] = pairs.filter((pair) => pair.one !== undefined);
  if (two === undefined || one === undefined) return [];
  const at = `at ${two.wallets} wallets, 2 instances, × 1`;
  const cpu = [ownCpuMs(two), ownCpuMs(one)] as const;
  return [
    judged(`melts/s ${at}`, two.meltsPerSecond / one.meltsPerSecond, 'least', 1.7),
    judged(`CPU per melt ${at}`, cpu[0] && cpu[1] ? cpu[0] / cpu[1] : null, 'most', 1.1),
  ];
}

const isBeside = (one: Level, other: Level): boolean =>
  one.wallets === other.wallets && one.proofs === other.proofs;

/** How many payments failed. */
export const failures = ({ failed }: Level): number => sumOf(Object.values(failed));

/** Of the processes that hold the wallets, all together, per melt. */
export const ownCpuMs = ({ cpuMsPerMelt }: Level): number | null => Object.values(cpuMsPerMelt)[0] ?? null;

/** Of that and its database. */
export function wholeCpuMs(level: Level): number | null {
  const own = ownCpuMs(level);
  return own === null ? null : own + (level.cpuMsPerMelt['mongod'] ?? 0);
}

function judged(what: string, value: number | null, kind: 'least' | 'most', limit: number): Target {
  const bound = `${kind === 'least' ? '≥' : '≤'} ${limit}`;
  return { what, bound, value, isMet: value === null ? null : times(value, kind, limit) };
}

/** Whether everybody got through, every payment was made, and no sat is missing. Targets that were missed do not matter. */
export const isSound = ({ levels, broken }: Results): boolean =>
  broken.length === 0 &&
  levels.every(
    (level) =>
      level.paid > 0 &&
      failures(level) === 0 &&
      (level.money.missingSat ?? 0) === 0 &&
      level.money.feesSat >= 0,
  );
