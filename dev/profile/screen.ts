import { styleText } from 'node:util';

const labelWidth = 8;
/** Where there is no terminal to say how wide it is. */
const usualWidth = 122;

/** What goes to the person at the terminal. A reader that hangs up (`npm start | head`) does no harm. */
export function guardScreen(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** A fact and its name, in two columns. */
export function printFact(label: string, text: string): void {
  print(`  ${label.padEnd(labelWidth)}  ${text}`);
}

/** Something takes its time. */
export function printProgress(text: string): void {
  print(`  ${''.padEnd(labelWidth)}  ${styleText('dim', text)}`);
}

export function printHeading(text: string): void {
  print(`\n${styleText('bold', text)}\n`);
}

/** Errors go to stderr. */
export function complain(sentence: string): void {
  process.stderr.write(`crucible: ${sentence}\n`);
}

export function printIndented(text: string): void {
  for (const line of text.split('\n')) print(`  ${line}`);
}

/** JSON for people: what fits on a line stays on a line. */
export function prettyJson(value: unknown, indent = ''): string {
  const flat = flatJson(value);
  if (typeof value !== 'object' || value === null || indent.length + flat.length <= screenWidth())
    return flat;
  const deeper = `${indent}  `;
  const isList = Array.isArray(value);
  const members = Object.entries(value).map(([name, member]) => {
    const label = isList ? '' : `${JSON.stringify(name)}: `;
    return `${deeper}${label}${prettyJson(member, deeper)}`;
  });
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  return `${open}\n${members.join(',\n')}\n${indent}${close}`;
}

function flatJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${value.map(flatJson).join(', ')}]`;
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}: ${flatJson(member)}`,
  );
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** `npub1abcdefgh…wxyz`: enough to recognise it by. */
export function shortened(text: string): string {
  return text.length <= 24 ? text : `${text.slice(0, 14)}…${text.slice(-6)}`;
}

export function amountText(amount: number, unit: string): string {
  return `${amount.toLocaleString('en-US')} ${unit}`;
}

export function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** The printed JSON is indented by two more. */
function screenWidth(): number {
  return Math.max(80, process.stdout.columns || usualWidth) - 2;
}
