import type { ContestantName } from './contestants/contestant.ts';
import { isOrdinary, type Level } from './results.ts';
import { rounded } from './table.ts';

const size = { width: 720, height: 320 };
const plot = { left: 50, top: 46, width: 650, height: 230 };
const colours: Readonly<Record<ContestantName, string>> = {
  crucible: '#d9480f',
  plain: '#1971c2',
  coco: '#868e96',
};
/** Of the room that a group of bars has. */
const groupShare = 0.7;

/** The ordinary levels as an SVG: a group for each number of wallets, in it a bar of melts/s for each contestant. */
export function chart(levels: readonly Level[]): string {
  const shown = levels.filter(isOrdinary);
  const groups = [...new Set(shown.map(({ wallets }) => wallets))].toSorted((one, other) => one - other);
  const names = [...new Set(shown.map(({ contestant }) => contestant))];
  const most = Math.max(1, ...shown.map(({ meltsPerSecond }) => meltsPerSecond));
  const groupWidth = plot.width / Math.max(1, groups.length);
  const barWidth = (groupWidth * groupShare) / Math.max(1, names.length);

  const bars = shown.map(({ wallets, contestant, meltsPerSecond }) => {
    const height = (meltsPerSecond / most) * plot.height;
    const inGroup = groupWidth * ((1 - groupShare) / 2) + barWidth * names.indexOf(contestant);
    const left = plot.left + groupWidth * groups.indexOf(wallets) + inGroup;
    const top = plot.top + plot.height - height;
    return [
      rectangle(left, top, barWidth - 4, height, colours[contestant]),
      text(left + (barWidth - 4) / 2, top - 5, rounded(meltsPerSecond)),
    ].join('\n');
  });
  const below = groups.map((wallets, number) => {
    const middle = plot.left + groupWidth * (number + 0.5);
    return text(middle, plot.top + plot.height + 20, wallets === 1 ? '1 wallet' : `${wallets} wallets`);
  });
  const legend = names.map((name, number) => {
    const left = plot.left + 150 + 110 * number;
    return `${rectangle(left, 12, 12, 12, colours[name])}\n${text(left + 18, 22, name, 'start')}`;
  });
  const foot = rectangle(plot.left, plot.top + plot.height, plot.width, 1, '#495057');
  const title = text(plot.left, 22, 'melts per second', 'start');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" font-family="sans-serif" font-size="12">
<title>Melts per second by contestant and number of wallets</title>
${[rectangle(0, 0, size.width, size.height, '#ffffff'), title, ...legend, ...bars, foot, ...below].join('\n')}
</svg>
`;
}

function rectangle(left: number, top: number, width: number, height: number, fill: string): string {
  return `<rect x="${short(left)}" y="${short(top)}" width="${short(width)}" height="${short(height)}" fill="${fill}"/>`;
}

function text(x: number, y: number, words: string, anchor = 'middle'): string {
  return `<text x="${short(x)}" y="${short(y)}" text-anchor="${anchor}" fill="#212529">${words}</text>`;
}

const short = (value: number): string => String(Math.round(value * 10) / 10);
