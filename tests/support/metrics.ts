/** One line of Prometheus' text format: a name with its labels, and what it stands at. */
export type Sample = { name: string; labels: Record<string, string>; value: number };

/** What a server tells Prometheus. @throws where it is not shown */
export async function scrape(url: string, token?: string): Promise<string> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/metrics`, { headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`no metrics: HTTP ${response.status} ${text}`);
  return text;
}

export function samplesIn(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) throw new Error(`no sample: ${line}`);
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
      return {
        name,
        labels: Object.fromEntries(pairs.map(([, label = '', text = '']) => [label, text])),
        value: Number(value),
      };
    });
}

/** The sum of the samples of this name that have these labels; null where there is none. */
export function reading(text: string, name: string, labels: Record<string, string> = {}): number | null {
  const found = samplesIn(text).filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
}

/** The families of a scrape: name, type and the labels that they were seen with. */
export function familiesIn(text: string): Map<string, { type: string; labels: Set<string> }> {
  const families = new Map<string, { type: string; labels: Set<string> }>();
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm))
    families.set(name, { type, labels: new Set() });
  for (const { name, labels } of samplesIn(text)) {
    const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''));
    if (family === undefined) throw new Error(`${name} has no type`);
    for (const label of Object.keys(labels)) if (label !== 'le') family.labels.add(label);
  }
  return families;
}
