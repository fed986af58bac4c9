import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../dev/mongod/ports.ts';
import { type Ended, runCli } from '../support/cli.ts';
import { createSearch } from '../support/leakScan/search.ts';
import { comesTo } from '../support/mischief.ts';
import { proofsOf } from '../support/money.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

let world: World;
let wallet: TestWallet;
let directory: string;
let hanging: string;
beforeAll(async () => {
  world = await startWorld({ env: { CRUCIBLE_ANSWER_WITHIN_MS: '600' } });
  wallet = await world.wallet(256, 256);
  const { invoice } = await world.sim.invoice({ amount: 21, behaviour: 'pending' });
  hanging = String((await wallet.melt(invoice)).body['transactionId']);
  await comesTo(wallet, hanging, 'pending');
  directory = await mkdtemp(join(tmpdir(), 'crucible-bundle-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await world.end();
});

const crucible = (
  words: string[],
  { changed = {}, input }: { changed?: Record<string, string>; input?: string } = {},
): Promise<Ended> => runCli({ ...world.env, CRUCIBLE_RATE_LIMIT: 'on', ...changed }, words, input);

describe('crucible status', () => {
  it('shows on one screen what there is', async () => {
    await world.context.audit.seal();
    const { code, stdout, stderr } = await crucible(['status']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').length).toBeLessThan(24);
    expect(stdout).toMatch(/^crucible +0\.1\.0, Node \d+/);
    expect(stdout).toMatch(/^database +up, MongoDB \d/m);
    expect(stdout).toMatch(/^mint +http\S+: up, CrucibleSimulator\S*, \d+ ms$/m);
    expect(stdout).toContain(`melt pending: 1, the oldest from `);
    expect(stdout).toContain(hanging);
    expect(stdout).toMatch(/^reports +none is open$/m);
    expect(stdout).toMatch(/^audit log +sealed \d+ s ago/m);
    expect(stdout).toMatch(/^backups +not known/m);
  });

  it('says the same as JSON', async () => {
    const { code, stdout } = await crucible(['status', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      versions: { crucible: '0.1.0' },
      mints: [{ answers: true }],
      store: { operations: [{ kind: 'melt', state: 'pending', count: 1, oldestId: hanging }], reports: [] },
      lastBackupAt: null,
      trouble: null,
    });
  });

  it('ends with 1 where the database is down, and still tells of the mint', async () => {
    const MONGODB_URI = `mongodb://127.0.0.1:${await freePort()}/crucible?replicaSet=rs0`;
    const { code, stdout } = await crucible(['status'], { changed: { MONGODB_URI } });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^database +DOWN: .*does not answer/m);
    expect(stdout).toMatch(/^mint .*: up,/m);
  });

  it('takes no other word', async () => {
    expect(await crucible(['status', '--loud'])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('crucible logs', () => {
  const lines = [
    '{"level":"info","message":"request refused or failed","requestId":"order-7","npub":"npub1aaa","ids":{}}',
    'api-1  | {"level":"warn","message":"later","transactionId":"tx_melt_1_aa","requestId":"order-71"}',
    '{"message":"other","transactionId":"tx_melt_1_aab"}',
    'not JSON, about order-7',
    `{"message":"careless","requestId":"order-7","secret":"hidden","note":"cashuBabcdefghijk"}`,
  ].join('\n');

  it('finds what is about a request, an operation or an npub, whole, and redacts it', async () => {
    const byRequest = await crucible(['logs', '--request', 'order-7'], { input: lines });
    expect(byRequest.code).toBe(0);
    expect(byRequest.stdout.trim().split('\n')).toHaveLength(2);
    expect(byRequest.stdout).not.toMatch(/hidden|cashuB|order-71/);
    expect(byRequest.stderr).toContain('1 lines that name it');
    const file = join(directory, 'server.log');
    await writeFile(file, lines);
    const byOperation = await crucible(['logs', '--transaction', 'tx_melt_1_aa', '--file', file]);
    expect(
      byOperation.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([{ level: 'warn', message: 'later', transactionId: 'tx_melt_1_aa', requestId: 'order-71' }]);
    expect((await crucible(['logs', '--npub', 'npub1aaa'], { input: lines })).stdout).toContain('order-7');
  });

  it('ends with 1 where there is nothing, or no file, and with 2 where nobody says about what', async () => {
    expect(await crucible(['logs', '--request', 'nobody'], { input: lines })).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'No line is about it.\n',
    });
    expect(await crucible(['logs', '--request', 'a', '--file', join(directory, 'none')])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ENOENT'),
    });
    expect(await crucible(['logs'])).toMatchObject({ code: 2 });
    expect(await crucible(['logs', '--request', 'a', '--npub', 'b'])).toMatchObject({ code: 2 });
  });
});

describe('crucible support-bundle', () => {
  it('is one file for its owner alone, with what helps and no secret', async () => {
    const { reports } = world.context.services;
    await reports.file({
      dedupeKey: 'planted',
      severity: 'MEDIUM',
      code: 'MINT_ERROR',
      summary: 'Planted.',
      npub: wallet.npub,
      transactionId: hanging,
      details: { careless: { secret: 'hidden' } },
    });
    const { invoice } = await world.sim.invoice({ amount: 21 });
    const paid = await wallet.melt(invoice);
    await until(async () => (await wallet.status(paid.body['transactionId'])).body['state'] === 'settled');
    const sent = await world.call('POST', `${wallet.at}/send`, { amount: 5 });
    const authorization = await world.keyFor(['wallet:read']);

    const out = join(directory, 'bundle.json.gz');
    const { code, stdout, stderr } = await crucible(['support-bundle', '--out', out]);
    expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: out });
    expect(stderr).toContain('npubs');
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const text = gunzipSync(await readFile(out)).toString('utf8');
    const bundle = JSON.parse(text);
    expect(bundle).toMatchObject({
      versions: { crucible: '0.1.0' },
      doctor: expect.arrayContaining([expect.objectContaining({ check: 'mint', verdict: 'fine' })]),
      settings: { mintUrls: [world.env.MINT_URL], network: 'bitcoin' },
      status: { store: { operations: expect.any(Array) } },
      trouble: null,
      reports: [expect.objectContaining({ code: 'MINT_ERROR', transactionId: hanging })],
      operations: expect.arrayContaining([
        expect.objectContaining({
          id: hanging,
          timeline: expect.arrayContaining([expect.objectContaining({ state: 'prepared' })]),
        }),
      ]),
    });

    const search = createSearch();
    for (const name of ['CRUCIBLE_MNEMONIC', 'CRUCIBLE_MASTER_KEY', 'MONGODB_URI'] as const)
      search.add(name, world.env[name]);
    for (const { secret } of await proofsOf(world, wallet.npub)) search.add('a proof', secret);
    search.add('a token', String(sent.body['encodedToken']));
    search.add('a key', authorization);
    search.add('a preimage', String((await wallet.status(paid.body['transactionId'])).body['preimage']));
    search.add('an invoice', invoice);
    expect(search.size()).toBeGreaterThan(8);
    expect(search.inText(text)).toEqual(new Set());
    expect(text).not.toContain('hidden');

    // Never over another.
    expect(await crucible(['support-bundle', '--out', out])).toMatchObject({ code: 1, stdout: '' });
    expect(await crucible(['support-bundle', '--in', out])).toMatchObject({ code: 2, stdout: '' });
  });

  it('is made of what can be read where settings or database are wrong', async () => {
    const out = join(directory, 'unset.json.gz');
    expect(await crucible(['support-bundle', '--out', out], { changed: { PORT: 'http' } })).toMatchObject({
      code: 0,
    });
    const bundle = JSON.parse(gunzipSync(await readFile(out)).toString('utf8'));
    expect(bundle).toMatchObject({ settings: null, reports: [], trouble: 'The settings cannot be read.' });
    expect(JSON.stringify(bundle.doctor)).toContain('PORT must be');
  });
});
