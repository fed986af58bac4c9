import type { ContestantName } from './contestants/contestant.ts';
import type { Level, Results } from './results.ts';
import { sumOf } from './statistics.ts';

/** `value` and `bound` in the same terms; null = it was not measured. */
export type Target = { what: string; bound: string; value: number | null; isMet: boolean | null };

const times = (ratio: number, bound: 'least' | 'most', limit: number) =>
  bound === 'least' ? ratio >= limit : ratio <= limit;

/** What Crucible shall reach, most of it as a ratio to the plain flow of the same run. */
export function targetsOf(results: Results): Target[] {
  const at = (contestant: ContestantName, wallets: number): Level | undefined =>
    results.levels.find(
      (level) => level.contestant === contestant && level.wallets === wallets && level.proofs === null,
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
    judged('p99 of all transactions at 50 wallets, ms', atFifty?.transactionP99Ms ?? null, 'most', 50),
    judged('payments of Crucible that failed', own.length === 0 ? null : sumOf(own.map(failures)), 'most', 0),
  ];
}

/** How many payments failed. */
export const failures = ({ failed }: Level): number => sumOf(Object.values(failed));

/** Of the process that holds the wallets, per melt. */
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
