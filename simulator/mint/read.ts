import { limits } from '../limits.ts';
import { codes, refuse } from './errors.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Readers of request bodies: each returns what it names, or refuses with the field's name. */
export function fields(value: unknown, what = 'the body'): Fields {
  return isFields(value) ? value : malformed(`${what} must be a JSON object`);
}

export function list(from: Fields, name: string): readonly unknown[] {
  const value = from[name];
  return Array.isArray(value) ? value : malformed(`${name} must be a list`);
}

export function texts(from: Fields, name: string): string[] {
  return list(from, name).map((value) =>
    typeof value === 'string' ? value : malformed(`${name} must hold texts`),
  );
}

export function text(from: Fields, name: string): string {
  const value = from[name];
  if (typeof value !== 'string' || value === '') return malformed(`${name} must be a text`);
  return value.length <= limits.textLength ? value : malformed(`${name} is too long`);
}

export function optionalText(from: Fields, name: string): string | null {
  return isAbsent(from[name]) ? null : text(from, name);
}

export function optionalFlag(from: Fields, name: string): boolean {
  const value = from[name];
  if (isAbsent(value)) return false;
  return typeof value === 'boolean' ? value : malformed(`${name} must be true or false`);
}

/** A whole number ≥ 0 that JSON can hold exactly. */
export function count(from: Fields, name: string): number {
  const value = from[name];
  const fits = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  return fits ? value : malformed(`${name} must be a whole number, 0 or more`);
}

export function optionalCount(from: Fields, name: string): number | null {
  return isAbsent(from[name]) ? null : count(from, name);
}

/** A whole number of either sign that JSON can hold exactly. */
export function integer(from: Fields, name: string): number {
  const value = from[name];
  const fits = typeof value === 'number' && Number.isSafeInteger(value);
  return fits ? value : malformed(`${name} must be a whole number`);
}

export function amount(from: Fields, name: string): bigint {
  return BigInt(count(from, name));
}

export function choice<const Choices extends readonly string[]>(
  from: Fields,
  name: string,
  choices: Choices,
): Choices[number] {
  const value = from[name];
  return choices.find((one) => one === value) ?? malformed(`${name} must be one of ${choices.join(', ')}`);
}

export function optionalChoice<const Choices extends readonly string[]>(
  from: Fields,
  name: string,
  choices: Choices,
): Choices[number] | null {
  return isAbsent(from[name]) ? null : choice(from, name, choices);
}

/** For orders to the simulator, where a misspelt name would silently test nothing. */
export function refuseUnknown(from: Fields, known: readonly string[], what: string): void {
  const unknown = Object.keys(from).find((name) => !known.includes(name));
  if (unknown !== undefined) malformed(`${unknown} is not ${what}; there are ${known.join(', ')}`);
}

export function malformed(detail: string): never {
  return refuse(codes.malformed, detail);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
