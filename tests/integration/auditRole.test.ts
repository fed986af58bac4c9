import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { freePort } from '../../dev/mongod/ports.ts';
import { watchOver } from '../../dev/mongod/processes.ts';
import { ensureMongod } from '../../dev/mongod.ts';
import { startWorld, type World } from '../support/world.ts';

const appendOnly = ['audit_events', 'audit_seals'];
const script = 'ops/mongodb/server-role.js';

describe('a user with the role, on a MongoDB with access control', () => {
  let directory: string;
  let mongod: ChildProcess;
  let watchdog: ReturnType<typeof watchOver> | undefined;
  let address: string;
  let world: World;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'crucible-role-'));
    address = `127.0.0.1:${await freePort()}`;
    await start();
    const admin = await becomeAdministrator();
    runScript();
    runScript();
    const roles = ['crucibleServer'];
    await admin.db('crucible').command({ createUser: 'crucible', pwd: 'secret', roles });
    await admin.close();
    const uri = `mongodb://crucible:secret@${address}/crucible?replicaSet=rs0`;
    world = await startWorld({ relay: async () => uri });
  }, 120_000);
  afterAll(async () => {
    await world.end();
    mongod.kill('SIGKILL');
    if (mongod.exitCode === null && mongod.signalCode === null)
      await new Promise((resolve) => mongod.once('close', resolve));
    watchdog?.dismiss();
    rmSync(directory, { recursive: true, force: true });
  });

  const connection = () => world.context.database.connection;

  async function start(): Promise<void> {
    const keyFile = join(directory, 'keyfile');
    writeFileSync(keyFile, 'a'.repeat(64), { mode: 0o400 });
    const place = ['--port', address.split(':')[1] ?? '', '--bind_ip', '127.0.0.1', '--dbpath', directory];
    const small = ['--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '64'];
    const words = [...place, ...small, '--replSet', 'rs0', '--keyFile', keyFile];
    mongod = spawn(await ensureMongod(), words, { stdio: 'ignore' });
    watchdog = mongod.pid === undefined ? undefined : watchOver(mongod.pid, undefined);
  }

  /** MongoDB lets a local client initiate the set and make the very first user. */
  async function becomeAdministrator(): Promise<mongo.MongoClient> {
    const local = await mongo.MongoClient.connect(`mongodb://${address}/?directConnection=true`);
    const admin = local.db('admin');
    await admin.command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: address }] } });
    while ((await admin.command({ hello: 1 }))['isWritablePrimary'] !== true)
      await new Promise((resolve) => setTimeout(resolve, 100));
    await admin.command({ createUser: 'admin', pwd: 'secret', roles: [{ role: 'root', db: 'admin' }] });
    await local.close();
    return mongo.MongoClient.connect(`mongodb://admin:secret@${address}/?replicaSet=rs0&authSource=admin`);
  }

  function runScript(): void {
    const uri = `mongodb://admin:secret@${address}/crucible?directConnection=true&authSource=admin`;
    const words = ['tests/support/mongosh.ts', uri, script];
    const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  }

  test('the role knows every collection of the server', () => {
    const { models } = connection();
    const all = Object.values(models).map(({ collection }) => collection.collectionName);
    const [, list = ''] = /const changing = \[([^\]]+)\]/.exec(readFileSync(script, 'utf8')) ?? [];
    const named = [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name);
    expect([...named, ...appendOnly].toSorted()).toEqual(all.toSorted());
  });

  test.each(appendOnly)('adds to %s, and neither changes nor removes what stands there', async (name) => {
    const collection = connection().collection(name);
    const { insertedId: _id } = await collection.insertOne({ wallet_id: 'wal_1', seq: 1, event_id: 1 });
    const refused = /not authorized/;
    await expect(collection.updateOne({ _id }, { $set: { seq: 2 } })).rejects.toThrow(refused);
    await expect(collection.replaceOne({ _id }, {})).rejects.toThrow(refused);
    await expect(collection.findOneAndDelete({ _id })).rejects.toThrow(refused);
    await expect(collection.deleteOne({ _id })).rejects.toThrow(refused);
    await expect(collection.drop()).rejects.toThrow(refused);
    await expect(collection.rename('elsewhere')).rejects.toThrow(refused);
    await expect(connection().dropDatabase()).rejects.toThrow(refused);
    expect(await collection.countDocuments()).toBe(1);
  });

  test('a server pays, and seals what it has done', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 100 });
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200 });
    await world.context.audit.seal();
    const report = await world.context.audit.verify({ npub: wallet.npub, kept: [] });
    expect(report).toMatchObject({ events: 3, sealed: 3, findings: [] });
  });

  test('changes and removes in the others', async () => {
    const collection = connection().collection('audit_unsealed');
    await collection.insertOne({ wallet_id: 'wal_1' });
    expect(await collection.updateOne({}, { $set: { wallet_id: 'wal_2' } })).toMatchObject({
      modifiedCount: 1,
    });
    expect(await collection.deleteMany({})).toMatchObject({ deletedCount: 1 });
  });
});
