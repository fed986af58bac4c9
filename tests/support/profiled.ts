import type { Connection, mongo } from 'mongoose';

/** One command as the database's own profiler has seen it. */
export type Profiled = {
  collection: string;
  command:
    | 'find'
    | 'aggregate'
    | 'insert'
    | 'update'
    | 'delete'
    | 'findAndModify'
    | 'count'
    | 'distinct'
    | 'other';
  /** What it looks for; null where it looks for nothing. */
  filter: Readonly<Record<string, unknown>> | null;
  /** How, e.g. `IXSCAN { wallet_id: 1 }`; '' where it looks for nothing. */
  plan: string;
  docsExamined: number;
  keysExamined: number;
  docsReturned: number;
  inTransaction: boolean;
};

/** Enough for some thousand commands; what does not fit would push out the first. */
const profileBytes = 256 * 1024 * 1024;

/** Everything that is asked of a database while something is done. One at a time in each database. */
export async function profiled(connection: Connection, act: () => Promise<unknown>): Promise<Profiled[]> {
  const { db } = connection;
  if (db === undefined) throw new Error('not connected');
  await db.command({ profile: 0 });
  await db.collection('system.profile').drop();
  await db.createCollection('system.profile', { capped: true, size: profileBytes });
  await db.command({ profile: 2 });
  try {
    await act();
  } finally {
    await db.command({ profile: 0 });
  }
  const entries = await db.collection('system.profile').find().sort({ ts: 1 }).toArray();
  return entries.filter(({ ns }) => !String(ns).includes('system.')).map(read);
}

function read(entry: mongo.Document): Profiled {
  const given: mongo.Document = entry['command'] ?? {};
  const command = nameOf(String(entry['op']), given);
  return {
    collection: String(entry['ns']).split('.').slice(1).join('.'),
    command,
    filter: filterOf(command, given),
    plan: entry['planSummary'] ?? '',
    docsExamined: entry['docsExamined'] ?? 0,
    keysExamined: entry['keysExamined'] ?? 0,
    docsReturned: entry['nreturned'] ?? 0,
    inTransaction: given['autocommit'] === false,
  };
}

function nameOf(op: string, given: mongo.Document): Profiled['command'] {
  switch (op) {
    case 'insert':
      return 'insert';
    case 'update':
      return 'update';
    case 'remove':
      return 'delete';
    case 'query':
      return 'find';
    default:
      for (const name of ['aggregate', 'findAndModify', 'count', 'distinct'] as const)
        if (name in given) return name;
      return 'other';
  }
}

function filterOf(command: Profiled['command'], given: mongo.Document): Profiled['filter'] {
  switch (command) {
    case 'find':
      return given['filter'] ?? {};
    case 'update':
    case 'delete':
      return given['q'] ?? {};
    case 'findAndModify':
    case 'count':
    case 'distinct':
      return given['query'] ?? {};
    case 'aggregate':
      return given['pipeline']?.[0]?.$match ?? {};
    case 'insert':
    case 'other':
      return null;
  }
}
