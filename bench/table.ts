import type { Idle, Level, Results } from './results.ts';
import { sumOf } from './statistics.ts';
import { failures, ownCpuMs, type Target } from './targets.ts';

const levelColumns: readonly { title: string; of: (level: Level) => string }[] = [
  { title: 'contestant', of: ({ contestant }) => contestant },
  { title: 'wallets', of: nameOf },
  { title: 'instances', of: ({ instances }) => rounded(instances) },
  { title: 'mint + ms', of: ({ mintDelayMs }) => rounded(mintDelayMs) },
  { title: 'paid', of: ({ paid }) => `${paid}` },
  { title: 'failed', of: (level) => `${failures(level)}` },
  { title: 'melts/s', of: ({ meltsPerSecond }) => rounded(meltsPerSecond) },
  { title: 'p50 ms', of: ({ p50Ms }) => rounded(p50Ms) },
  { title: 'p95 ms', of: ({ p95Ms }) => rounded(p95Ms) },
  { title: 'p99 ms', of: ({ p99Ms }) => rounded(p99Ms) },
  { title: 'CPU ms', of: (level) => rounded(ownCpuMs(level)) },
  { title: 'mongod', of: ({ cpuMsPerMelt }) => rounded(cpuMsPerMelt['mongod']) },
  { title: 'mint', of: ({ cpuMsPerMelt }) => rounded(cpuMsPerMelt['mint']) },
  { title: 'clients', of: ({ cpuMsPerMelt }) => rounded(cpuMsPerMelt['clients']) },
  {
    title: 'db cmds',
    of: ({ databaseCommandsPerMelt: by }) => rounded(by === null ? null : sumOf(Object.values(by))),
  },
  { title: 'mint reqs', of: ({ mintRequestsPerMelt }) => rounded(mintRequestsPerMelt) },
  { title: 'B p99 ms', of: ({ bookP99Ms }) => (bookP99Ms === null ? '–' : `≤ ${rounded(bookP99Ms)}`) },
  { title: 'lag p99 ms', of: ({ lag }) => rounded(lag?.p99Ms) },
  { title: 'missing sat', of: ({ money }) => rounded(money.missingSat) },
];

/** A line for each contestant and level. CPU is per melt: of the processes that hold the wallets, all together, of mongod, the mint and the clients. */
export function levelsTable({ levels }: Pick<Results, 'levels'>): string {
  const rows = levels.map((level) => levelColumns.map(({ of }) => of(level)));
  return table([levelColumns.map(({ title }) => title), ...rows]);
}

/** How often each command of the database is sent for one payment, by level; '' where nobody has a database. */
export function commandsTable({ levels }: Pick<Results, 'levels'>): string {
  const told = levels.filter(({ databaseCommandsPerMelt }) => databaseCommandsPerMelt !== null);
  if (told.length === 0) return '';
  const names = [
    ...new Set(told.flatMap((level) => Object.keys(level.databaseCommandsPerMelt ?? {}))),
  ].toSorted();
  const rows = names.map((name) => [
    name,
    ...told.map((level) => rounded(level.databaseCommandsPerMelt?.[name] ?? 0, 2)),
  ]);
  return table([['command, a melt', ...told.map(nameOf)], ...rows]);
}

/** What goes on beside the payments; '' where it was not looked at. */
export function idleSentence(idle: Idle | null): string {
  if (idle === null) return '';
  const { server, mongod } = idle.cpuMs;
  const commands = sumOf(Object.values(idle.databaseCommands));
  return (
    `While nobody pays, workers and looks at the database cost the server ${rounded(server)} ms and mongod ${rounded(mongod)} ms ` +
    `of CPU a second, in ${rounded(commands)} commands. The figures per melt hold their share of that.`
  );
}

/** A line for each target, and whether it is met. */
export function targetsTable(targets: readonly Target[]): string {
  const rows = targets.map(({ what, bound, value, isMet }) => [
    what,
    bound,
    rounded(value, 3),
    verdict(isMet),
  ]);
  return table([['target', 'bound', 'measured', 'met'], ...rows]);
}

/** Markdown, which is as legible on a screen. The first row is the head; columns of figures stand to the right. */
export function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => padded(cells[column] ?? '', width, column)).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** With so many decimals, of which whole and large numbers have none; – where there is no value. */
export function rounded(value: number | null | undefined, decimals = 1): string {
  if (value === null || value === undefined) return '–';
  return Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(decimals);
}

/** Of a level among those of its contestant. */
function nameOf({ wallets, proofs }: Level): string {
  return proofs === null ? `${wallets}` : `1, ${proofs} proofs`;
}

const verdict = (isMet: boolean | null): string => (isMet === null ? 'not measured' : isMet ? 'yes' : 'no');

const padded = (cell: string, width: number, column: number): string =>
  column === 0 ? cell.padEnd(width) : cell.padStart(width);
