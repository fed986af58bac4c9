import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { freePort } from '../../dev/mongod/ports.ts';
import { watchOver } from '../../dev/mongod/processes.ts';
import { ensureMongod } from '../../dev/mongod.ts';
import { loadConfig } from '../../src/config.ts';
import { refuseUnfitForProduction } from '../../src/productionRefusals.ts';
import { readCompose } from '../support/compose.ts';

let directory: string;
let secrets: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crucible-deployment-'));
  secrets = join(directory, 'secrets');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const makeSecrets = () =>
  spawnSync(process.execPath, ['ops/compose/make-secrets.mjs', secrets], { encoding: 'utf8' });
const secretPath = (name: string) => join(secrets, name);
const secret = (name: string) => readFileSync(secretPath(name), 'utf8').trim();

describe('make-secrets', () => {
  test('writes what docker-compose.yml wants, fit for production, into a directory of its own', () => {
    expect(makeSecrets()).toMatchObject({ status: 0, stderr: '' });
    const files = Object.values(readCompose().secrets).map(({ file }) => file);
    // A previous master key is there only while the key is being changed.
    const wanted = files.filter((file) => !file.includes('/dev/null')).map((file) => file.split('/').at(-1));
    expect(readdirSync(secrets).toSorted()).toEqual(wanted.toSorted());
    const { config, secrets: read } = loadConfig({
      MINT_URL: 'https://mint.example.com',
      MONGODB_URI_FILE: secretPath('mongodb_uri'),
      CRUCIBLE_MNEMONIC_FILE: secretPath('crucible_mnemonic'),
      CRUCIBLE_MASTER_KEY_FILE: secretPath('crucible_master_key'),
    });
    expect(() => refuseUnfitForProduction(config, read)).not.toThrow();
    expect(read.mnemonic.split(' ')).toHaveLength(24);
    expect(statSync(secrets).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(secrets)) expect(statSync(secretPath(name)).mode & 0o777).toBe(0o444);
  });

  test('never touches a secret that exists: another mnemonic would lose the wallets of the first', () => {
    makeSecrets();
    const before = secret('crucible_mnemonic');
    rmSync(secretPath('mongo_keyfile'));
    expect(makeSecrets().stdout).toMatch(/crucible_mnemonic: exists.*\n(.*\n)*mongo_keyfile: written/);
    expect(secret('crucible_mnemonic')).toBe(before);
  });
});

test('the entrypoint of MongoDB copies the key file for its user alone, and goes on as the image would', () => {
  for (const name of ['install', 'docker-entrypoint.sh']) {
    writeFileSync(join(directory, name), `#!/bin/sh\necho ${name} "$@"\n`);
    chmodSync(join(directory, name), 0o755);
  }
  const { command = [] } = readCompose().services['mongo'] ?? {};
  const { stdout, status } = spawnSync('sh', ['ops/compose/mongo-entrypoint.sh', ...command], {
    env: { PATH: `${directory}${delimiter}${process.env['PATH']}` },
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const keyFile = command[command.indexOf('--keyFile') + 1];
  expect(stdout.split('\n')).toEqual([
    `install -o mongodb -g mongodb -m 0400 /run/secrets/mongo_keyfile ${keyFile}`,
    `docker-entrypoint.sh ${command.join(' ')}`,
    '',
  ]);
});

describe('the health check of MongoDB', () => {
  let mongod: ChildProcess;
  let watchdog: ReturnType<typeof watchOver> | undefined;
  let address: string;
  let uriPath: string;
  let uri: URL;
  let operatorPath: string;
  let operator: URL;

  beforeEach(async () => {
    makeSecrets();
    address = `127.0.0.1:${await freePort()}`;
    uri = new URL(secret('mongodb_uri'));
    uri.host = address;
    uriPath = join(directory, 'uri');
    operator = new URL(secret('mongodb_operator_uri'));
    operator.host = address;
    operatorPath = join(directory, 'operator');
  }, 60_000);
  afterEach(async () => {
    mongod.kill('SIGKILL');
    if (mongod.exitCode === null && mongod.signalCode === null)
      await new Promise((resolve) => mongod.once('close', resolve));
    watchdog?.dismiss();
  });

  /** A server that nobody has initiated, as in a new container. `words`: how docker-compose.yml restricts access. */
  async function start(words: string[]): Promise<void> {
    const place = ['--port', address.split(':')[1] ?? '', '--bind_ip', '127.0.0.1', '--dbpath', directory];
    const small = ['--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '64'];
    mongod = spawn(await ensureMongod(), [...place, ...small, '--replSet', 'rs0', ...words], {
      stdio: 'ignore',
    });
    watchdog = mongod.pid === undefined ? undefined : watchOver(mongod.pid, undefined);
    await mongo.MongoClient.connect(`mongodb://${address}/?directConnection=true`).then((client) =>
      client.close(),
    );
  }

  /** `script`: where mongod’s container would have it. */
  function check(script = 'ops/compose/mongo-health.js'): { status: number | null; said: string[] } {
    writeFileSync(uriPath, `${uri.href}\n`);
    writeFileSync(operatorPath, `${operator.href}\n`);
    const env = {
      MONGODB_URI_FILE: uriPath,
      MONGODB_OPERATOR_URI_FILE: operatorPath,
      MONGO_ADMIN_PASSWORD_FILE: secretPath('mongo_admin_password'),
    };
    const words = ['tests/support/mongosh.ts', `mongodb://${address}/?directConnection=true`, script];
    const { status, stdout } = spawnSync(process.execPath, words, { env, encoding: 'utf8' });
    return { status, said: stdout.split('\n').filter((line) => line !== '') };
  }

  /** Docker asks again and again, and so do we: everything that it said until it was content. */
  function checkUntilHealthy(): string[] {
    const said: string[] = [];
    for (let tries = 0; tries < 30; tries += 1) {
      const answer = check();
      said.push(...answer.said.filter((line) => line !== 'not primary yet'));
      if (answer.status === 0) return said;
    }
    throw new Error(`it never became healthy: ${said.join('; ')}`);
  }

  /** What whoever has this address would find. */
  async function as<T>({ href }: URL, act: (database: mongo.Db) => Promise<T>): Promise<T> {
    const client = new mongo.MongoClient(href, { serverSelectionTimeoutMS: 5_000 });
    try {
      return await act(client.db());
    } finally {
      await client.close();
    }
  }
  const logIn = () => as(uri, (database) => database.collection('proof').insertOne({}));

  test('with access control: initiates once, makes the users, and afterwards only looks', async () => {
    const keyFile = join(directory, 'keyfile');
    writeFileSync(keyFile, secret('mongo_keyfile'), { mode: 0o400 });
    await start(['--keyFile', keyFile]);
    expect(checkUntilHealthy()).toEqual([
      `initiated the replica set rs0 at ${address}`,
      'made the administrator',
      'createRole crucibleServer in crucible',
      'createUser crucible',
      'createUser crucible_operator',
    ]);
    await logIn();
    expect(check()).toEqual({ status: 0, said: [] });

    const renewed = [
      'updateRole crucibleServer in crucible',
      'updateUser crucible',
      'updateUser crucible_operator',
    ];
    for (const changed of [uri, operator]) {
      changed.password = 'another';
      await expect(as(changed, (database) => database.listCollections().toArray())).rejects.toThrow(
        'Authentication failed',
      );
      expect(check()).toEqual({ status: 0, said: renewed });
      expect(check()).toEqual({ status: 0, said: [] });
    }
    await logIn();

    rmSync(secretPath('mongo_admin_password'));
    writeFileSync(secretPath('mongo_admin_password'), 'wrong');
    expect(check()).toEqual({ status: 0, said: [] });
    uri.password = 'a third';
    expect(check()).toEqual({ status: 1, said: [expect.stringContaining('mongo_admin_password is not')] });
  }, 120_000);

  test('the API cannot change the audit log, the operator can put back a backup, and a new version’s role is taken on', async () => {
    const keyFile = join(directory, 'keyfile');
    writeFileSync(keyFile, secret('mongo_keyfile'), { mode: 0o400 });
    await start(['--keyFile', keyFile]);
    checkUntilHealthy();
    const name = 'audit_events';
    const noted = await as(uri, (database) => database.collection(name).insertOne({ seq: 1 }));
    const forbidden: ((database: mongo.Db) => Promise<unknown>)[] = [
      (database) => database.collection(name).updateOne({}, { $set: { seq: 2 } }),
      (database) => database.collection(name).deleteMany({}),
      (database) => database.collection(name).drop(),
      (database) => database.dropDatabase(),
      (database) => database.collection('of_a_later_version').deleteMany({}),
    ];
    for (const act of forbidden) await expect(as(uri, act)).rejects.toThrow('not authorized');

    // As mongorestore --drop does.
    await as(operator, async (database) => {
      const kept = await database.collection(name).find().toArray();
      await database.collection(name).drop();
      await database.createCollection(name);
      await database.collection(name).insertMany(kept);
      await database.collection(name).createIndex({ seq: 1 }, { name: 'in_order' });
    });
    expect(await as(uri, (database) => database.collection(name).findOne())).toEqual({
      _id: noted.insertedId,
      seq: 1,
    });

    const later = join(directory, 'later');
    cpSync('ops', later, { recursive: true });
    const role = join(later, 'mongodb/server-role.js');
    writeFileSync(
      role,
      readFileSync(role, 'utf8').replace("'wallets',", "'wallets',\n  'of_a_later_version',"),
    );
    const script = join(later, 'compose/mongo-health.js');
    expect(check(script)).toMatchObject({ status: 0, said: expect.arrayContaining(['updateUser crucible']) });
    expect(check(script)).toEqual({ status: 0, said: [] });
    await as(uri, (database) => database.collection('of_a_later_version').deleteMany({}));
  }, 120_000);

  test('a user of an earlier installation, who could change everything, loses that', async () => {
    const keyFile = join(directory, 'keyfile');
    writeFileSync(keyFile, secret('mongo_keyfile'), { mode: 0o400 });
    await start(['--keyFile', keyFile]);
    checkUntilHealthy();
    const administrator = new URL(uri.href);
    administrator.username = 'admin';
    administrator.password = secret('mongo_admin_password');
    administrator.searchParams.set('authSource', 'admin');
    const roles = ['readWrite'];
    await as(administrator, (database) =>
      database.command({ updateUser: 'crucible', roles, customData: {} }),
    );
    expect(check()).toMatchObject({ status: 0 });
    const { insertedId: _id } = await as(uri, (database) =>
      database.collection('audit_events').insertOne({}),
    );
    await expect(
      as(uri, (database) => database.collection('audit_events').deleteOne({ _id })),
    ).rejects.toThrow('not authorized');
  }, 120_000);

  test('without access control (the development profile): initiates, and makes nobody', async () => {
    uri.username = '';
    uri.password = '';
    await start([]);
    expect(checkUntilHealthy()).toEqual([`initiated the replica set rs0 at ${address}`]);
    await logIn();
    expect(check()).toEqual({ status: 0, said: [] });
  }, 120_000);
});
