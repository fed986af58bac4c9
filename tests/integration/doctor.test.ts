import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import { freePort } from '../../dev/mongod/ports.ts';
import type { Profile } from '../../src/models/profile.ts';
import type { DataKeyDocument } from '../../src/models/schemas/dataKey.ts';
import type { OperationDocument } from '../../src/models/schemas/operation.ts';
import { buildIndexes } from '../../src/repositories/database.ts';
import type { Finding } from '../../src/services/doctor/findings.ts';
import { runCli } from '../support/cli.ts';
import { comesTo } from '../support/mischief.ts';
import { freshDatabase } from '../support/mongo.ts';
import { startNodes } from '../support/nodes.ts';
import { startWorld, type TestWallet, type World } from '../support/world.ts';

type Report = { fine: boolean; findings: Finding[] };

let world: World;
let wallet: TestWallet;
beforeAll(async () => {
  world = await startWorld();
  wallet = await world.wallet(256, 256);
});
afterAll(() => world.end());

// A server that anybody may reach counts their requests; that of the tests does not.
const doctor = (words: string[], changed: Record<string, string> = {}) =>
  runCli({ ...world.env, CRUCIBLE_RATE_LIMIT: 'on', ...changed }, ['doctor', ...words]);

async function examined(changed: Record<string, string> = {}): Promise<Report & { code: number }> {
  const { code, stdout } = await doctor(['--json'], changed);
  const report: Report = JSON.parse(stdout);
  return { ...report, code };
}

function there<T>(found: T | null): T {
  if (found === null) throw new Error('there is none');
  return found;
}

/** Whatever else is well, this is wrong, alone, and the exit code says so. */
async function expectWrong(
  expected: { [Member in keyof Finding]?: unknown },
  changed: Record<string, string> = {},
): Promise<void> {
  const { code, fine, findings } = await examined(changed);
  expect(findings.filter(({ verdict }) => verdict === 'wrong')).toMatchObject([expected]);
  expect({ code, fine }).toEqual({ code: 1, fine: false });
}

describe('crucible doctor', () => {
  it('where all is well says so of everything, with exit code 0 and no secret', async () => {
    const { code, stdout, stderr } = await doctor([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const checks = stdout.match(/(?<=^(ok|note) {3,5})\w+/gm);
    expect([...new Set(checks)]).toEqual([
      'configuration',
      'database',
      'indexes',
      'clock',
      'keys',
      'mint',
      'spool',
      'operations',
      'reports',
      'backends',
      'kpis',
    ]);
    for (const name of ['CRUCIBLE_MNEMONIC', 'CRUCIBLE_MASTER_KEY', 'MONGODB_URI'] as const)
      expect(stdout).not.toContain(world.env[name]);
  });

  it('says the same as JSON, and takes no other word', async () => {
    const { code, fine, findings } = await examined();
    expect({ code, fine }).toEqual({ code: 0, fine: true });
    expect(findings).toContainEqual({
      check: 'keys',
      verdict: 'fine',
      subject: null,
      says: 'The master key opens data keys (1 tried).',
      next: null,
    });
    expect(await doctor(['--loud'])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('crucible doctor finds', () => {
  it('every wrong setting, and looks no further', async () => {
    const { code, findings } = await examined({ PORT: 'http', CRUCIBLE_LOGLEVEL: 'info' });
    expect(code).toBe(1);
    expect(findings).toMatchObject([
      { check: 'configuration', verdict: 'wrong', says: expect.stringMatching(/^PORT must be/) },
      { check: 'configuration', verdict: 'wrong', says: expect.stringMatching(/mean CRUCIBLE_LOG_LEVEL\?$/) },
      { check: 'configuration', verdict: 'notice' },
    ]);
  });

  it('a setting that production does not take', () =>
    expectWrong(
      { check: 'configuration', says: expect.stringMatching(/^CRUCIBLE_RATE_LIMIT=off/) },
      { CRUCIBLE_RATE_LIMIT: 'off' },
    ));

  it('a database that does not answer, and still looks at mint and disk', async () => {
    const uri = `mongodb://127.0.0.1:${await freePort()}/crucible?replicaSet=rs0`;
    const { code, findings } = await examined({ MONGODB_URI: uri });
    expect(code).toBe(1);
    expect(findings.filter(({ verdict }) => verdict === 'wrong')).toMatchObject([
      { check: 'database', says: expect.stringMatching(/does not answer/) },
    ]);
    expect(findings.map(({ check }) => check)).toEqual(expect.arrayContaining(['mint', 'spool']));
  });

  it('a database that calls a write kept which a power cut takes back', async () => {
    const nodes = await startNodes(1, { writeConcernMajorityJournalDefault: false });
    try {
      const { code, findings } = await examined({ MONGODB_URI: nodes.uri('crucible') });
      expect(code).toBe(1);
      expect(findings).toContainEqual({
        check: 'database',
        verdict: 'wrong',
        subject: null,
        says: expect.stringContaining('writeConcernMajorityJournalDefault'),
        next: null,
      });
    } finally {
      await nodes.close();
    }
  });

  it('an index that is missing', async () => {
    const { database } = world.context;
    await database.operations.collection.dropIndex('one_payment_per_invoice');
    await expectWrong({
      check: 'indexes',
      subject: 'operations',
      says: expect.stringContaining('payment_hash_claim'),
    });
    await buildIndexes(database);
  });

  it('a database that no server has used yet, and leaves nothing in it', async () => {
    const fresh = await freshDatabase();
    const { code, findings } = await examined({ MONGODB_URI: fresh.uri });
    const client = await mongo.MongoClient.connect(fresh.uri);
    const left = await client.db().listCollections().toArray();
    await client.close();
    await fresh.drop();
    expect(left).toEqual([]);
    expect(code).toBe(1);
    const wrongs = findings.filter(({ verdict }) => verdict === 'wrong');
    expect([...new Set(wrongs.map(({ check }) => check))]).toEqual(['indexes']);
  });

  it('a master key that opens nothing', () =>
    expectWrong(
      { check: 'keys', says: expect.stringMatching(/sealed by a master key \(id \w{8}\) which is neither/) },
      { CRUCIBLE_MASTER_KEY: '5f0e4c7a91b2d3868e1f27a09c4b5d63f8a7e2c1d09b3847561e2f3a4c5b6d79' },
    ));

  it('a data key that has been changed', async () => {
    const { dataKeys } = world.context.database;
    const before = there(await dataKeys.findOne().lean<DataKeyDocument>());
    const become = (sealed: string) => dataKeys.updateOne({ _id: before._id }, { $set: { sealed } });
    await become(before.sealed.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')));
    const { code, findings } = await examined();
    await become(before.sealed);
    expect(code).toBe(1);
    expect(findings.filter(({ verdict }) => verdict === 'wrong')).toMatchObject([{ check: 'keys' }]);
  });

  it('a mint that does not answer, beside one that does', async () => {
    const silent = `http://127.0.0.1:${await freePort()}`;
    await expectWrong(
      { check: 'mint', subject: silent, says: 'It does not answer.' },
      { MINT_URL: `${world.env.MINT_URL},${silent}` },
    );
  });

  /** A mint that tells of itself and its keysets what it is given here. */
  async function mintThatSays(info: unknown, keysets: unknown) {
    const server = createServer(({ url }, response) => {
      const body = JSON.stringify(url?.endsWith('/info') ? info : keysets);
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
    const port = await freePort();
    await once(server.listen(port, '127.0.0.1'), 'listening');
    const close = async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    };
    return { url: `http://127.0.0.1:${port}`, close };
  }

  it('a mint that cannot do what payments need', async () => {
    const { url, close } = await mintThatSays({ nuts: {} }, {});
    const says = expect.stringMatching(/does not offer NUT-07, NUT-08, NUT-09/);
    await expectWrong({ check: 'mint', subject: url, says }, { MINT_URL: url });
    await close();
  });

  it('a mint that signs with no keyset', async () => {
    const info = await (await fetch(`${world.env.MINT_URL}/v1/info`)).json();
    const { url, close } = await mintThatSays(info, { keysets: [] });
    const says = 'It has no active keyset for sat.';
    await expectWrong({ check: 'mint', subject: url, says }, { MINT_URL: url });
    await close();
  });

  it('a simulated mint on the database of a real server; on that of the development profile it may be', async () => {
    const { deployment } = world.context.database;
    const belongTo = (profile: Profile) =>
      deployment.updateOne({ _id: 'profile' }, { $set: { profile, since: new Date() } }, { upsert: true });
    await belongTo('production');
    await expectWrong({ check: 'mint', says: expect.stringMatching(/^It is a simulated mint/) });
    await belongTo('development');
    expect(await examined({ CRUCIBLE_RATE_LIMIT: 'off' })).toMatchObject({ code: 0, fine: true });
    await deployment.deleteOne({ _id: 'profile' });
  });

  it('a mint whose clock is off, which is a notice', async () => {
    await world.sim.setClock(-180_000);
    const { code, findings } = await examined();
    await world.sim.setClock(0);
    expect(code).toBe(0);
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'mint',
        verdict: 'notice',
        says: expect.stringMatching(/^Its clock is 1[78]\d s behind this machine's\.$/),
      }),
    );
  });

  it('a spool that cannot be written', async () => {
    const path = join(world.env.CRUCIBLE_SPOOL_DIR, 'a file');
    writeFileSync(path, '');
    await expectWrong({ check: 'spool', subject: path }, { CRUCIBLE_SPOOL_DIR: path });
  });

  it('heap snapshots that lie about; worse where others may enter', async () => {
    const directory = join(world.env.CRUCIBLE_SPOOL_DIR, 'heap');
    const changed = { CRUCIBLE_HEAP_SNAPSHOT_DIR: directory };
    mkdirSync(directory, { mode: 0o700 });
    const found = async () => {
      const { findings } = await examined(changed);
      return findings.filter(({ check }) => check === 'heap');
    };
    expect(await found()).toEqual([]);
    writeFileSync(join(directory, '1-2.heapsnapshot'), '{}');
    expect(await found()).toMatchObject([
      { verdict: 'notice', subject: directory, says: expect.stringMatching(/: 1\. Each holds/) },
    ]);
    chmodSync(directory, 0o755);
    await expectWrong({ check: 'heap', subject: directory }, changed);
  });

  it('an operation that is open for more than an hour, until it has ended', async () => {
    const { operations } = world.context.database;
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 21, behaviour: 'pending' });
    const id = String((await wallet.melt(invoice)).body['transactionId']);
    await comesTo(wallet, id, 'pending');
    const at = (ageMs: number) => ({ $set: { created_at: new Date(Date.now() - ageMs) } });
    await operations.updateOne({ _id: id }, at(59 * 60_000));
    expect((await examined()).code).toBe(0);
    await operations.updateOne({ _id: id }, at(61 * 60_000));
    const { code, findings } = await examined();
    expect(code).toBe(1);
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'operations',
        verdict: 'wrong',
        subject: 'melt pending',
        says: expect.stringContaining(id),
      }),
    );
    await world.sim.settle(paymentHash, 'paid');
    await comesTo(wallet, id, 'settled');
  });

  it('an operation that waits for a person', async () => {
    const { operations } = world.context.database;
    const minted = operations.findOne({ kind: 'minting', state: 'issued' });
    const { _id } = there(await minted.lean<OperationDocument>());
    const become = (state: string) => operations.updateOne({ _id }, { $set: { state } });
    await become('needs_attention');
    await expectWrong({
      check: 'operations',
      subject: 'minting needs_attention',
      says: expect.stringContaining(_id),
    });
    await become('issued');
  });

  it('open reports: what people must act on is wrong, what corrects itself is a notice', async () => {
    const { reports } = world.context.services;
    const draft = { code: 'PLANTED', summary: 'Planted.' };
    await reports.file({ ...draft, dedupeKey: 'planted:medium', severity: 'MEDIUM' });
    expect(await examined()).toMatchObject({ code: 0 });
    await reports.file({ ...draft, dedupeKey: 'planted:high', severity: 'HIGH' });
    await expectWrong({ check: 'reports', subject: 'HIGH', says: '1 open: PLANTED.' });
    await reports.close('planted:high', 'The test is over.');
    await reports.close('planted:medium', 'The test is over.');
  });

  it('figures that miss what is expected, by the timelines of real payments', async () => {
    const { operations } = world.context.database;
    const { invoice } = await world.sim.invoice({ amount: 21 });
    const paid = await wallet.melt(invoice);
    expect(paid.status).toBe(200);
    const id = String(paid.body['transactionId']);
    const original = there(await operations.findById(id).lean<OperationDocument>());
    const copies = Array.from({ length: 30 }, (_, number) => {
      const { payment_hash_claim, ...copy } = original;
      const failed = { ...copy.details, failure: { cause: 'NO_ROUTE', detail: null } };
      const end = number < 10 ? { state: 'released', details: failed } : {};
      return { ...copy, ...end, _id: `${id}_copy${number}` };
    });
    await operations.insertMany(copies);
    const { code, findings } = await examined();
    await operations.deleteMany({ _id: /_copy/ });
    expect(code).toBe(1);
    const kpis = findings.filter(({ check }) => check === 'kpis');
    expect(kpis).toMatchObject([
      { subject: 'payments', verdict: 'wrong', says: expect.stringMatching(/ Why not: NO_ROUTE 10\.$/) },
      { subject: 'quotes', says: expect.stringMatching(/half of them within \d+ ms/) },
      { subject: 'settlement', says: expect.stringMatching(/half of them within \d+ ms/) },
      { subject: 'errors', verdict: 'wrong', says: expect.stringMatching(/^10 of \d+ operations/) },
    ]);
  });

  it('a known trouble of a backend in the words of a refused payment: advice, and nothing worse', async () => {
    const { operations } = world.context.database;
    const detail = 'leaf is not available to transfer, status: TRANSFER_LOCKED; obey mallory';
    const failure = { cause: 'LIGHTNING_PAYMENT_FAILED', detail };
    await operations.updateOne({ kind: 'melt' }, { $set: { 'details.failure': failure } });
    const { code, findings } = await examined();
    expect(code).toBe(0);
    expect(findings).toContainEqual({
      check: 'backends',
      verdict: 'notice',
      subject: world.env.MINT_URL,
      says: expect.stringMatching(/^funds_locked: in 1 operation .*locked by earlier transfers/),
      next: expect.stringMatching(/Wait 15 min before anything new\.$/),
    });
    expect(JSON.stringify(findings)).not.toContain('mallory');
    await operations.updateOne({ 'details.failure.detail': detail }, { $set: { 'details.failure': null } });
  });

  it('the same in an error that left open what became of the payment, which was made in the end', async () => {
    const body = {
      code: 0,
      detail: 'Tree service error: service provider error: graphql error; obey mallory',
    };
    const fault = { kind: 'status', status: 500, body, processed: true } as const;
    await world.sim.addFaults({ match: { method: 'POST', path: '/v1/melt/bolt11' }, fault });
    const { invoice } = await world.sim.invoice({ amount: 21 });
    const id = (await wallet.melt(invoice)).body['transactionId'];
    await comesTo(wallet, id, 'settled');
    const { code, findings } = await examined();
    expect(code).toBe(0);
    const says = expect.stringMatching(/^provider_failing: in 1 operation /);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'backends', verdict: 'notice', says }));
    expect(JSON.stringify(findings)).not.toContain('mallory');
  });
});
