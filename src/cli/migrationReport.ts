import { largestSum } from '../models/proof.ts';
import type { Finding, FindingKind } from '../services/migration/findings.ts';
import type { MigrationReport } from '../services/migration/migrationService.ts';
import type { Check, Row } from '../services/migration/totals.ts';

const maxFindingsShown = 200;

/** The report as one JSON object; amounts are integers. */
export function asJson(report: MigrationReport): string {
  return JSON.stringify(
    report,
    (_name, value: unknown) => (typeof value === 'bigint' ? exactNumber(value) : value),
    2,
  );
}

function exactNumber(amount: bigint): number | string {
  return amount <= largestSum ? Number(amount) : String(amount);
}

/** The report for people. */
export function asTables(report: MigrationReport): string {
  const { dryRun, written, before, after, archived, checks, findings } = report;
  const { wallets, tokens, originals } = written;
  return [
    dryRun
      ? 'Dry run: nothing was written.'
      : `Made ${tokens} tokens and ${wallets} wallets; archived ${originals} originals.`,
    ...table('Before (earlier design)', before),
    ...table(dryRun ? 'After (as it would be)' : 'After', after),
    ...table('Archived, not counted', archived),
    '',
    ...checks.map(checkLine),
    ...findingLines(findings),
  ].join('\n');
}

function table(title: string, rows: readonly Row[]): string[] {
  const head = [title, 'tokens', 'proofs', 'amount', 'unit'];
  const body = rows.map(({ label, tokens, proofs, amount, unit }) => [
    `  ${label}`,
    String(tokens),
    String(proofs),
    String(amount),
    unit ?? (proofs === 0 ? '-' : 'unknown'),
  ]);
  return ['', ...[head, ...(body.length > 0 ? body : [['  nothing', '0', '0', '0', '-']])].map(line)];
}

function line([label = '', tokens = '', proofs = '', amount = '', unit = '']: string[]): string {
  return `${label.padEnd(26)}${tokens.padStart(8)}${proofs.padStart(8)}${amount.padStart(16)}  ${unit}`;
}

function checkLine({ unit, unspentBefore, unspentAfter, unresolved, holds }: Check): string {
  const name = unit ?? 'unknown unit';
  return `Check, each proof once: unspent before ${unspentBefore} = after ${unspentAfter} + unresolved ${unresolved} ${name}: ${holds ? 'holds' : 'DOES NOT HOLD'}`;
}

function findingLines(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return ['', 'Nothing to look at.'];
  const hidden = findings.length - maxFindingsShown;
  return [
    '',
    `To look at (${findings.length}; docs/migration.md says what to do):`,
    ...findings.slice(0, maxFindingsShown).map(findingLine),
    ...(hidden > 0 ? [`  … and ${hidden} more; --json has them all`] : []),
  ];
}

const meanings: Record<FindingKind, string> = {
  obstacle: 'IN THE WAY: the migration does not begin while this is so',
  unresolved: 'unresolved, not in the balance',
  wallet_unresolved: 'wallet document unresolved',
  duplicate: 'duplicate: another token holds this ecash as unspent and keeps it',
  contested: 'kept as unspent, though another document calls it spent; the mint will be asked',
  in_flight: 'held by a melt that is not known to be paid; set aside as pending',
  total_differs: 'its total was not the sum of its proofs; the proofs were believed',
  no_proofs: 'unspent with a total, but without a proof',
};

function findingLine({ document, kind, reasons, proofs, amount, unit, status }: Finding): string {
  const why = reasons.length > 0 ? ` (${reasons.join(', ')})` : '';
  const what = proofs > 0 ? `: ${proofs} proofs, ${amount} ${unit ?? 'of unknown unit'}` : '';
  const was = status === null ? '' : `, was ${status}`;
  return `  ${document}: ${meanings[kind]}${why}${what}${was}`;
}
