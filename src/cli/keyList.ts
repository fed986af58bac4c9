import type { ApiKeyView } from '../services/auth/contracts.ts';

/** One JSON array; amounts are integers in sat, times ISO 8601. */
export function keysAsJson(keys: readonly ApiKeyView[]): string {
  return JSON.stringify(
    keys.map(({ budgetSatPerDay, spentTodaySat, ...key }) => ({
      ...key,
      budgetSatPerDay: budgetSatPerDay === null ? null : Number(budgetSatPerDay),
      spentTodaySat: spentTodaySat === null ? null : Number(spentTodaySat),
    })),
    null,
    2,
  );
}

const head = ['ID', 'STATE', 'LABEL', 'SCOPES', 'NPUB', 'SAT/DAY', 'SPENT', 'EXPIRES', 'LAST USED'];

/** A table for people; days are UTC. */
export function keysAsTable(keys: readonly ApiKeyView[]): string {
  if (keys.length === 0) return 'There is no key yet.';
  const rows = [head, ...keys.map(row)];
  const widths = head.map((_title, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function row(key: ApiKeyView): string[] {
  return [
    key.id,
    key.state,
    key.label,
    key.scopes.join(','),
    key.npub ?? 'any',
    key.budgetSatPerDay === null ? 'no limit' : String(key.budgetSatPerDay),
    key.spentTodaySat === null ? '-' : String(key.spentTodaySat),
    key.expiresAt?.toISOString().slice(0, 10) ?? 'never',
    key.lastUsedOn ?? 'never',
  ];
}
