import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export type Rule = {
  record?: string;
  alert?: string;
  expr: string;
  labels?: { severity?: string };
  annotations?: { summary?: string; runbook_url?: string };
};

export const folder = 'ops/prometheus';

export const rulesIn = (file: string): Rule[] => {
  const { groups }: { groups: { rules: Rule[] }[] } = parse(readFileSync(`${folder}/${file}`, 'utf8'));
  return groups.flatMap(({ rules }) => rules);
};

/** Name, type and labels of every metric, as docs/metrics.md has them; a test holds those against a real server. */
export const documented = [
  ...readFileSync('docs/metrics.md', 'utf8').matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) \|/gm),
].map(([, name = '', type = '', labels = '']) => ({
  name,
  type,
  labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).sort(),
}));

export const records = rulesIn('rules.yml').map(({ record = '' }) => record);

/** What Prometheus itself adds to every series of a scrape. */
const added = ['job', 'instance', 'le'];

/** The metrics that an expression asks for, each with the labels that it demands. */
const askedFor = (expr: string) =>
  [...expr.matchAll(/\b((?:crucible|nodejs|process)[\w:]*|up)\b(?:\{([^}]*)\})?/g)].map(
    ([, name = '', labels = '']) => ({
      name,
      labels: [...labels.matchAll(/(\w+)\s*(?:=|!)/g)].map(([, label = '']) => label),
    }),
  );

/** What an expression asks for that no server tells and nothing records, and labels that are of none of its metrics. */
export function unknownIn(expr: string): string[] {
  const asked = askedFor(expr);
  const strange = asked.flatMap(({ name, labels }) => {
    if (name === 'up' || records.includes(name)) return [];
    const known = documented.find((metric) => metric.name === name.replace(/_(bucket|count|sum)$/, ''));
    if (known === undefined) return [name];
    return labels.filter((label) => ![...added, ...known.labels].includes(label));
  });
  const grouped = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(/,\s*/).filter((label) => label !== ''),
  );
  const possible = documented
    .filter(({ name }) => asked.some((one) => one.name.startsWith(name) || records.includes(one.name)))
    .flatMap(({ labels }) => labels);
  return [...strange, ...grouped.filter((label) => ![...added, ...possible].includes(label))];
}
