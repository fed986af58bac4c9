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
  // What a dead server's transaction holds is freed by the clock, whatever becomes of the one who frees it.
  'killSessions',
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
    const isIdle = looks.get(name);
    return watch.pass({ name, carry, lose, ...(isIdle === undefined ? {} : { isIdle }) });
  };
  Reflect.set(prototype, 'command', watched);
}

/** `insert operations`, `commitTransaction`; null for what is not watched. */
function nameOf(command: unknown): string | null {
  if (typeof command !== 'object' || command === null) return null;
  const [verb, target] = Object.entries(command)[0] ?? [];
  if (verb === undefined || unwatched.has(verb) || isLookForDead(verb, target)) return null;
  if (verb === 'find' && target === 'wallets' && asksForRecoveries(command)) return null;
  if (seals(verb, target)) return null;
  if (verb === 'find' && target === 'operations' && asksForDue(command)) return lookForDue;
  return typeof target === 'string' ? `db ${verb} ${target}` : `db ${verb}`;
}

/** Of all updates, only a lease's renewal is a pipeline. */
function isRenewal(command: unknown): boolean {
  const updates: unknown = command instanceof Object ? Reflect.get(command, 'updates') : undefined;
  return Array.isArray(updates) && updates.some((update: { u?: unknown }) => Array.isArray(update.u));
}

/** `$currentOp` is asked of no collection. */
const isLookForDead = (verb: string, target: unknown): boolean => verb === 'aggregate' && target === 1;

/** Audit events are sealed by the clock, after their commit; no operation waits for it. Their marks are written by operations. */
const seals = (verb: string, target: unknown): boolean =>
  target === 'audit_seals' ||
  (target === 'audit_unsealed' && verb !== 'insert') ||
  (target === 'audit_events' && verb === 'find');

/** The worker's look for something due. */
const lookForDue = 'db find due operations';

/** What comes by the clock, and whether it found nothing. The other takes the wallet whose turn it is. */
const looks: ReadonlyMap<string, (reply: unknown) => boolean> = new Map([
  [lookForDue, foundNothing],
  ['db findAndModify wallets', tookNothing],
]);

/** It comes by the clock, and finds nothing unless a store was put back. */
const asksForRecoveries = (command: object): boolean =>
  JSON.stringify(Reflect.get(command, 'filter') ?? {}).includes('recovery.due_at');

function asksForDue(command: object): boolean {
  const filter: unknown = Reflect.get(command, 'filter');
  return filter instanceof Object && 'due_at' in filter;
}

function foundNothing(reply: unknown): boolean {
  const document = opened(reply);
  const cursor: unknown = document instanceof Object ? Reflect.get(document, 'cursor') : undefined;
  const batch: unknown = cursor instanceof Object ? Reflect.get(cursor, 'firstBatch') : undefined;
  return !Array.isArray(batch) || batch.length === 0;
}

function tookNothing(reply: unknown): boolean {
  const document = opened(reply);
  return document instanceof Object && Reflect.get(document, 'value') === null;
}

function opened(reply: unknown): unknown {
  return reply instanceof Object && 'toObject' in reply ? toObject(reply) : reply;
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
