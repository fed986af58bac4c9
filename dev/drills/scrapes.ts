/** What a server told of itself at one moment, by series: name and labels as they were written. */
export type Scrape = { atMs: number; samples: ReadonlyMap<string, number>; cumulative: ReadonlySet<string> };

/** One part of a drill: what was told when it began and when it ended; null where nobody answered. */
export type Part = { minutes: number; first: Scrape | null; last: Scrape | null };

/** Prometheus adds these to whatever it scrapes. */
const target = 'job="crucible",instance="drill"';

/** Reads Prometheus' text format 0.0.4. */
export function readScrape(text: string, atMs: number): Scrape {
  const samples = new Map<string, number>();
  const cumulative = new Set<string>();
  const grows = new Set<string>();
  for (const line of text.split('\n')) {
    const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)/.exec(line) ?? [];
    if (type === 'counter') grows.add(name);
    if (type === 'histogram') for (const part of ['bucket', 'sum', 'count']) grows.add(`${name}_${part}`);
    const sample = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (sample === null) continue;
    const [, of = '', labels = '', value = ''] = sample;
    const number = Number(value);
    if (!Number.isFinite(number)) continue;
    const series = `${of}{${[labels, target].filter((part) => part !== '').join(',')}}`;
    samples.set(series, number);
    if (grows.has(of)) cumulative.add(series);
  }
  return { atMs, samples, cumulative };
}

/** The sum over all series of a metric that have these labels, e.g. `sumOf(scrape, 'x_total', 'code="A"')`. */
export function sumOf({ samples }: Scrape, name: string, ...labels: string[]): number {
  let sum = 0;
  for (const [series, value] of samples)
    if (series.startsWith(`${name}{`) && labels.every((label) => series.includes(label))) sum += value;
  return sum;
}

/**
 * The parts of a drill as promtool's input, a value for each minute, as if each part had lasted for its minutes: a gauge stays
 * where it was last, or grows on where it tells an age, and a counter goes on at the pace that was seen.
 */
export function inputSeries(parts: readonly Part[]): { series: string; values: string }[] {
  const known = new Set(parts.flatMap(({ first, last }) => [...seriesOf(first), ...seriesOf(last)]));
  const up = parts.map(({ last, minutes }) => `${last === null ? 0 : 1}x${minutes - 1}`);
  return [
    { series: `up{${target}}`, values: up.join(' ') },
    ...[...known].map((series) => ({ series, values: valuesOf(series, parts) })),
  ];
}

const seriesOf = (scrape: Scrape | null): string[] => [...(scrape?.samples.keys() ?? [])];

function valuesOf(series: string, parts: readonly Part[]): string {
  /** How far a counter has come by going on for minutes, beyond what it really was. */
  let ahead = 0;
  let before = Number.NEGATIVE_INFINITY;
  return parts
    .map(({ minutes, first, last }) => {
      const end = last?.samples.get(series);
      if (last === null || end === undefined) return `_x${minutes}`;
      if (!last.cumulative.has(series)) return `${end}${growing(series, first, last)}x${minutes - 1}`;
      // What appears in the middle of a part stood nowhere before: Prometheus, too, sees it with its first value.
      const start = first?.samples.get(series) ?? end;
      if (start < before) ahead = 0; // the server was started anew
      const seconds = first === null ? 0 : (last.atMs - first.atMs) / 1_000;
      const step = seconds > 0 ? ((end - start) / seconds) * 60 : 0;
      const values = `${plain(start + ahead)}+${plain(step)}x${minutes - 1}`;
      ahead += start + step * (minutes - 1) - end;
      before = end;
      return values;
    })
    .join(' ');
}

/** What has grown older with the clock gets 60 s older in each minute. */
function growing(series: string, first: Scrape | null, last: Scrape): string {
  const before = first?.samples.get(series);
  const now = last.samples.get(series);
  if (!/_age_seconds\{/.test(series) || before === undefined || now === undefined || now <= before) return '';
  return '+60';
}

/** promtool reads no exponents. */
const plain = (value: number): string => String(Number(value.toFixed(6)));
