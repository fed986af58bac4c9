import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import { freePort } from '../../dev/mongod/ports.ts';
import { watchOver } from '../../dev/mongod/processes.ts';
import { ensureMongod } from '../../dev/mongod.ts';
import { DatabaseUnfit } from '../../src/models/databaseUnfit.ts';
import { openDatabase } from '../../src/repositories/database.ts';
import { freshDatabase } from '../support/mongo.ts';
import { startNodes } from '../support/nodes.ts';
import { until } from '../support/world.ts';

/** A server that starts on a database which does not keep what it confirms would lose money later. */
it('a standalone mongod is refused in plain words, and nothing is written to it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'crucible-standalone-'));
  const port = await freePort();
  const words = ['--port', `${port}`, '--dbpath', directory, '--bind_ip', '127.0.0.1'];
  const mongod = spawn(await ensureMongod(), [...words, '--wiredTigerCacheSizeGB', '0.25'], {
    detached: true,
    stdio: 'ignore',
  });
  const watchdog = watchOver(mongod.pid ?? 0, undefined);
  const uri = `mongodb://127.0.0.1:${port}/crucible`;
  try {
    await until(() => answers(uri), 'mongod', 30_000);
    await expect(openDatabase(uri)).rejects.toThrow(/^MONGODB_URI names a standalone mongod.* --replSet rs0/);
    expect(await collectionsOf(uri)).toEqual([]);
  } finally {
    mongod.kill('SIGKILL');
    await once(mongod, 'exit');
    watchdog.dismiss();
    await rm(directory, { recursive: true, force: true });
  }
});

it('a replica set that confirms what a power cut takes back is refused', async () => {
  const nodes = await startNodes(1, { writeConcernMajorityJournalDefault: false });
  try {
    await expect(openDatabase(nodes.uri('crucible'))).rejects.toThrow(/writeConcernMajorityJournalDefault/);
    expect(await collectionsOf(nodes.uri('crucible'))).toEqual([]);
  } finally {
    await nodes.close();
  }
});

it.each(['w=1', 'journal=false', 'w=1&journal=false', 'readConcernLevel=local', 'readPreference=nearest'])(
  'an address with %s does not weaken what is asked of the database: it is overruled or refused',
  async (option) => {
    const fresh = await freshDatabase();
    try {
      const separator = fresh.uri.includes('?') ? '&' : '?';
      const opening = openDatabase(`${fresh.uri}${separator}${option}`);
      const outcome = await opening.catch((error: unknown) => error);
      if (outcome instanceof Error) return expect(outcome).toBeInstanceOf(DatabaseUnfit);
      const { connection, close } = await opening;
      const { writeConcern, readConcern, readPreference } = connection.getClient().options;
      await close();
      expect(writeConcern).toMatchObject({ w: 'majority', journal: true });
      expect(readConcern?.level).toBe('majority');
      expect(readPreference?.mode).toBe('primary');
    } finally {
      await fresh.drop();
    }
  },
);

async function answers(uri: string): Promise<boolean> {
  return collectionsOf(uri).then(
    () => true,
    () => false,
  );
}

async function collectionsOf(uri: string): Promise<string[]> {
  const client = new mongo.MongoClient(uri, { serverSelectionTimeoutMS: 500 });
  try {
    return (await client.db().listCollections().toArray()).map(({ name }) => name);
  } finally {
    await client.close();
  }
}
