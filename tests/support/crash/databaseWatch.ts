import { createRequire } from 'node:module';
import { mongo } from 'mongoose';
import type { Watch } from './watch.ts';

type Command = (this: object, ...words: unknown[]) => Promise<unknown>;

/** What the driver asks for itself, and what is asked before a server is up. */
const unwatched = new Set([
  'hello',
  'ismaster',
  'isMaster',
  'ping',
  'endSessions',
  'killCursors',
  'create',
  'createIndexes',
  'listCollections',
  'listIndexes',
]);

/**
 * Puts the watch at the lowest place that every command passes: the driver's connection. All of the driver stands above it,
 * so that it sees a lost reply as it would a cut line, with its own labels, repeats and commit rules.
 */
export function watchDatabase(watch: Watch): void {
  const prototype = connectionPrototype();
  const command: unknown = Reflect.get(prototype, 'command');
  if (!isCommand(command)) throw new Error('the driver’s Connection has no command()');
  const watched: Command = async function (...words) {
    const carry = () => command.apply(this, words);
    const [, asked] = words;
    // It comes by the clock, and now and then makes a transaction conflict and run twice: no two runs would be alike.
    if (watch.isArmed() && isRenewal(asked))
      throw new Error('a lease is not renewed while its server is watched');
    const name = nameOf(asked);
    if (name === null) return carry();
    const lose = () => {
      const error = new mongo.MongoNetworkError('the reply was lost');
      cut(this, error);
      throw error;
    };
    return watch.pass({ name, carry, lose, ...(isClaim(name) ? { isIdle: foundNothing } : {}) });
  };
  Reflect.set(prototype, 'command', watched);
}

/** `insert operations`, `commitTransaction`; null for what is not watched. */
function nameOf(command: unknown): string | null {
  if (typeof command !== 'object' || command === null) return null;
  const [verb, target] = Object.entries(command)[0] ?? [];
  if (verb === undefined || unwatched.has(verb)) return null;
  return typeof target === 'string' ? `db ${verb} ${target}` : `db ${verb}`;
}

/** Of all updates, only a lease's renewal is a pipeline. */
function isRenewal(command: unknown): boolean {
  const updates: unknown = command instanceof Object ? Reflect.get(command, 'updates') : undefined;
  return Array.isArray(updates) && updates.some((update: { u?: unknown }) => Array.isArray(update.u));
}

/** The worker's look for something due. */
const isClaim = (name: string): boolean => name === 'db findAndModify operations';

function foundNothing(reply: unknown): boolean {
  const document = reply instanceof Object && 'toObject' in reply ? toObject(reply) : reply;
  return (
    typeof document !== 'object' || document === null || (Reflect.get(document, 'value') ?? null) === null
  );
}

function toObject(reply: object): unknown {
  const convert: unknown = Reflect.get(reply, 'toObject');
  return typeof convert === 'function' ? convert.call(reply) : null;
}

/** As after a real network error: the connection is of no use any more. */
function cut(connection: object, error: Error): void {
  const onError: unknown = Reflect.get(connection, 'onError');
  if (typeof onError !== 'function') throw new Error('the driver’s Connection has no onError()');
  onError.call(connection, error);
}

/** mongoose may bring a driver of its own; the watch must stand in that one. It is no public part of the driver. */
function connectionPrototype(): object {
  const mongoosePath = createRequire(import.meta.url).resolve('mongoose');
  const module: unknown = createRequire(mongoosePath)('mongodb/lib/cmap/connection.js');
  const connection: unknown =
    typeof module === 'object' && module !== null ? Reflect.get(module, 'Connection') : undefined;
  if (typeof connection !== 'function') throw new Error('the driver has no Connection');
  return connection.prototype;
}

function isCommand(value: unknown): value is Command {
  return typeof value === 'function';
}
