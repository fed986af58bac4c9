import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { formatLine } from '../logger.ts';
import { UsageError } from './keys.ts';

/**
 * `crucible logs`: of a server's log, in a file or on stdin, the lines that are about one request, operation or npub. A
 * server keeps no log of its own: it writes JSON lines to stderr, and whoever runs it keeps them. What is printed goes
 * through the redaction once more.
 * @returns 0, or 1 where there is none, or the file cannot be read
 * @throws UsageError
 */
export async function logs(words: readonly string[]): Promise<number> {
  const { id, file } = optionsIn(words);
  const input = file === null ? process.stdin : createReadStream(file);
  try {
    const { found, skipped } = await printAbout(id, input);
    if (skipped > 0)
      process.stderr.write(`Left out, because they are no JSON: ${skipped} lines that name it.\n`);
    if (found === 0) process.stderr.write('No line is about it.\n');
    return found > 0 ? 0 : 1;
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
    if (!/^E[A-Z]+$/.test(code)) throw error;
    process.stderr.write(`The log cannot be read (${code}).\n`);
    return 1;
  }
}

async function printAbout(id: string, input: Readable): Promise<{ found: number; skipped: number }> {
  const isNamed = namer(id);
  let found = 0;
  let skipped = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (!isNamed(line)) continue;
    const entry = entryIn(line);
    if (entry === null) skipped += 1;
    else {
      process.stdout.write(`${formatLine(entry)}\n`);
      found += 1;
    }
  }
  return { found, skipped };
}

/** Whole: tx_melt_1 is not named where tx_melt_12 is. */
function namer(id: string): (line: string) => boolean {
  const whole = new RegExp(`(?<![\\w.-])${id.replaceAll('.', '\\.')}(?![\\w.-])`);
  return (line) => whole.test(line);
}

/** Compose, journald and others put words of their own before each line. */
function entryIn(line: string): object | null {
  const start = line.indexOf('{');
  if (start < 0) return null;
  try {
    const entry: unknown = JSON.parse(line.slice(start));
    return typeof entry === 'object' && entry !== null ? entry : null;
  } catch {
    return null;
  }
}

const idForm = /^[A-Za-z0-9_.-]{1,100}$/;

function optionsIn(words: readonly string[]): { id: string; file: string | null } {
  const text = { type: 'string' } as const;
  let values: { request?: string; transaction?: string; npub?: string; file?: string };
  try {
    const options = { request: text, transaction: text, npub: text, file: text };
    values = parseArgs({ args: [...words], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the options make no sense');
  }
  const asked = [values.request, values.transaction, values.npub].filter((id) => id !== undefined);
  const [id] = asked;
  if (id === undefined || asked.length > 1)
    throw new UsageError('logs takes one of --request, --transaction and --npub');
  if (!idForm.test(id)) throw new UsageError('logs: this cannot be an id');
  return { id, file: values.file ?? null };
}
