import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { type Change, isChange } from './changes.ts';

/** Where changes are kept, in order, before they are applied. */
export type Journal = {
  readonly earlier: readonly Change[];
  append(change: Change): void;
  close(): void;
};

export function memoryJournal(): Journal {
  return { earlier: [], append: () => {}, close: () => {} };
}

/**
 * One change per line. A line is written before its reply leaves, so a killed process loses nothing that
 * anybody was told. A last line without its end was never told: it is cut off.
 */
export function fileJournal(path: string, warn: (message: string) => void): Journal {
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  const wholeLength = bytes.lastIndexOf('\n') + 1;
  const earlier = linesOf(bytes.subarray(0, wholeLength)).map((line, index) => decode(line, path, index + 1));
  const file = openSync(path, existsSync(path) ? 'r+' : 'w+');
  if (wholeLength < bytes.length) {
    warn(`${path}: dropped a torn last line of ${bytes.length - wholeLength} bytes`);
    ftruncateSync(file, wholeLength);
  }
  let position = wholeLength;
  return {
    earlier,
    append: (change) => {
      position += writeAll(file, Buffer.from(`${encode(change)}\n`), position);
    },
    close: () => closeSync(file),
  };
}

function writeAll(file: number, line: Buffer, position: number): number {
  for (let written = 0; written < line.length; ) {
    written += writeSync(file, line, written, line.length - written, position + written);
  }
  return line.length;
}

function linesOf(bytes: Buffer): string[] {
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}

function encode(change: Change): string {
  return JSON.stringify(change, (_name, value: unknown) =>
    typeof value === 'bigint' ? { $bigint: value.toString() } : value,
  );
}

function decode(line: string, path: string, number: number): Change {
  const change: unknown = parsed(line);
  if (!isChange(change)) throw new Error(`${path}: line ${number} is damaged; restore it or remove the file`);
  return change;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line, (_name, value: unknown) =>
      typeof value === 'object' && value !== null && '$bigint' in value && typeof value.$bigint === 'string'
        ? BigInt(value.$bigint)
        : value,
    );
  } catch {
    return null;
  }
}
