import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createVerification } from '../commandContext.ts';
import { loadConfig } from '../config.ts';
import type { AuditFinding, AuditReport, ChainHead } from '../models/audit.ts';
import { UsageError } from './keys.ts';

type Options = { npub: string | null; kept: readonly ChainHead[]; isJson: boolean };

/** Servers seal within seconds; what waits for longer is said to. */
const soonMs = 60_000;

/**
 * `crucible audit verify`: whether the audit log of every wallet, or of one npub's, is what was written (docs/audit.md).
 * Findings and the heads of the chains go to stdout.
 * @returns 0, or 1 where an event or link was changed, is missing or was inserted, and where there is no such wallet
 * @throws UsageError, ConfigError
 */
export async function audit([verb, ...words]: readonly string[]): Promise<number> {
  if (verb !== 'verify') throw new UsageError(verb === undefined ? 'audit: verify it?' : 'unknown command');
  const { npub, kept, isJson } = await optionsIn(words);
  const { verification, dispose } = await createVerification(loadConfig());
  try {
    const report = await verification.verify({ npub, kept });
    if (report === null) {
      process.stderr.write('This npub has no wallet in this database.\n');
      return 1;
    }
    process.stdout.write(`${isJson ? asJson(report) : asText(report)}\n`);
    for (const line of advice(report)) process.stderr.write(`${line}\n`);
    return isFine(report) ? 0 : 1;
  } finally {
    await dispose();
  }
}

const isFine = ({ findingsTotal }: AuditReport): boolean => findingsTotal === 0;

const asJson = (report: AuditReport): string => JSON.stringify({ ok: isFine(report), ...report }, null, 2);

function asText(report: AuditReport): string {
  const { events, sealed, unsealed, heads, findings, findingsTotal } = report;
  const since = unsealed.oldestAt === null ? '' : `, the oldest of ${unsealed.oldestAt.toISOString()}`;
  return [
    `events: ${events}, sealed: ${sealed}, not sealed yet: ${unsealed.count}${since}`,
    ...heads.map(({ walletId, seq, mac }) => `head: ${walletId} ${seq} ${mac}`),
    ...findings.map(findingAsText),
    ...(findingsTotal > findings.length ? [`and ${findingsTotal - findings.length} more`] : []),
    isFine(report) ? 'the audit log is what was written' : `findings: ${findingsTotal}`,
  ].join('\n');
}

function findingAsText({ kind, walletId, seq, eventId }: AuditFinding): string {
  const where = [
    `wallet ${harmless(walletId)}`,
    ...(seq === null ? [] : [`link ${seq}`]),
    ...(eventId === null ? [] : [`event ${harmless(eventId)}`]),
  ];
  return `${kind}: ${where.join(', ')}: ${meaning(kind)}`;
}

/** Of what others have put there an id may be anything, and must neither end the line nor move a terminal's cursor. */
const harmless = (id: string): string => id.slice(0, 100).replaceAll(/[^\w:-]/g, '?');

function meaning(kind: AuditFinding['kind']): string {
  switch (kind) {
    case 'changed':
      return 'the event is not what was written';
    case 'missing':
      return 'the event is gone';
    case 'inserted':
      return 'no server wrote this event, or its link was taken away';
    case 'seal_missing':
      return 'the chain has no such link';
    case 'seal_changed':
      return 'the link is not what was written, or in another place';
    case 'head_missing':
      return 'the chain does not lead to this head, which was kept: it was cut, rewritten, or put back to a backup';
  }
}

function advice(report: AuditReport): string[] {
  const { oldestAt } = report.unsealed;
  const isLate = oldestAt !== null && Date.now() - oldestAt.getTime() > soonMs;
  const allChanged = report.sealed > 0 && report.findingsTotal >= report.sealed + report.unsealed.count;
  return [
    ...(report.events + report.sealed === 0
      ? ['There is no event in this database: see whether MONGODB_URI names that of the servers.']
      : []),
    ...(isLate ? ['Some events are not sealed yet. A server seals them within seconds, once one runs.'] : []),
    ...(allChanged
      ? ['Nothing is as it was written: see whether CRUCIBLE_MNEMONIC is that of the servers.']
      : []),
  ];
}

async function optionsIn(words: readonly string[]): Promise<Options> {
  const { npub, kept, json = false } = parsed(words);
  return {
    npub: npub ?? null,
    kept: kept === undefined ? [] : headsIn(await textOf(kept)),
    isJson: json,
  };
}

function parsed(words: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...words], options: { npub: text, kept: text, json: { type: 'boolean' } } })
      .values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the options make no sense');
  }
}

async function textOf(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`--kept: ${path} cannot be read`);
  });
}

/** What an earlier run printed, with `--json` or without. */
function headsIn(text: string): ChainHead[] {
  const heads = text.trimStart().startsWith('{') ? headsInJson(text) : headsInLines(text);
  if (heads.length === 0) throw new UsageError('--kept: there is no head in this file');
  return heads;
}

function headsInLines(text: string): ChainHead[] {
  return [...text.matchAll(/^head: (\S+) ([1-9]\d*) ([0-9a-f]{64})$/gm)].map(
    ([, walletId = '', seq, mac = '']) => ({ walletId, seq: Number(seq), mac }),
  );
}

function headsInJson(text: string): ChainHead[] {
  try {
    const { heads }: { heads: unknown } = JSON.parse(text);
    if (Array.isArray(heads) && heads.every(isHead)) return heads;
  } catch {
    // Told below.
  }
  throw new UsageError('--kept: this is not what crucible audit verify --json prints');
}

const isHead = (head: unknown): head is ChainHead =>
  typeof head === 'object' &&
  head !== null &&
  'walletId' in head &&
  typeof head.walletId === 'string' &&
  'seq' in head &&
  Number.isInteger(head.seq) &&
  'mac' in head &&
  typeof head.mac === 'string';
