import { readFileSync, writeFileSync } from 'node:fs';
import { chart } from './chart.ts';
import type { Results } from './results.ts';
import { commandsTable, idleSentence, levelsTable, targetsTable } from './table.ts';
import { targetsOf } from './targets.ts';

const page = new URL('../docs/performance.md', import.meta.url);
const picture = new URL('../docs/performance.svg', import.meta.url);
const [begin, end] = ['<!-- figures of npm run bench: begin -->', '<!-- figures of npm run bench: end -->'];

/** Writes the figures and the chart of a result into docs/performance.md. @throws Error where its marks are missing */
export function render(results: Results): void {
  writeFileSync(page, withFigures(readFileSync(page, 'utf8'), figures(results)));
  writeFileSync(picture, chart(results.levels));
}

/** The text with everything between its two marks replaced. */
export function withFigures(text: string, figures: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page must hold "${begin}" and after it "${end}"`);
  return `${text.slice(0, from + begin.length)}\n${figures}\n${text.slice(to)}`;
}

/** The part of the page that follows from a result. */
export function figures(results: Results): string {
  const { machine, at, commit, seed, mint, broken, versions } = results;
  const { cpu, cores, memoryGiB, system, node } = machine;
  const failed = broken.map(({ contestant, why }) => `**${contestant} did not get through:** ${why}`);
  return [
    `Measured on ${at.slice(0, 10)}, commit ${commit}, on ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}. ` +
      `Crucible ${versions.crucible}, cashu-ts ${versions.cashuTs ?? '–'}, coco ${versions.coco ?? '–'}; mint: ${mint}; seed ${seed}.`,
    '![melts per second by contestant and number of wallets](performance.svg)',
    levelsTable(results),
    commandsTable(results),
    idleSentence(results.idle),
    targetsTable(targetsOf(results)),
    ...failed,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
