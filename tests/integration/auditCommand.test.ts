import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

describe('crucible audit verify', () => {
  let world: World;
  let directory: string;
  let wallet: TestWallet;
  beforeAll(async () => {
    world = await startWorld();
    directory = await mkdtemp(join(tmpdir(), 'crucible-audit-'));
    wallet = await world.wallet(100);
  });
  afterAll(async () => {
    await world.end();
    await rm(directory, { recursive: true, force: true });
  });

  const verify = (words: string[], more: Record<string, string> = {}) =>
    runCli({ ...world.env, ...more }, ['audit', ...words]);

  const sealed = () =>
    until(async () => (await world.context.database.unsealed.countDocuments()) === 0, 'all sealed');

  it('a server seals by itself; the heads are told, and hold later, in words and as JSON', async () => {
    await sealed();
    const text = await verify(['verify', '--npub', wallet.npub]);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(
      /^events: 1, sealed: 1, not sealed yet: 0\nhead: wal_\w+ 1 [0-9a-f]{64}\nthe audit log is what was written\n$/,
    );
    const json = await verify(['verify', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, events: 1, sealed: 1, findings: [] });

    await wallet.fund(64);
    await sealed();
    for (const [name, content] of Object.entries({ 'text.txt': text.stdout, 'json.json': json.stdout })) {
      const path = join(directory, name);
      await writeFile(path, content);
      expect(await verify(['verify', '--kept', path])).toMatchObject({ code: 0 });
    }
  }, 60_000);

  it('says by code 1 and by name what was changed', async () => {
    await sealed();
    const { audit } = world.context.database;
    const event = await audit
      .findOne({ npub: wallet.npub })
      .sort({ _id: 1 })
      .lean<{ _id: unknown; event: string }>();
    await audit.collection.updateOne(
      { npub: wallet.npub, event: event?.event },
      { $set: { event: 'forged' } },
    );
    const { code, stdout } = await verify(['verify']);
    expect(code).toBe(1);
    expect(stdout).toContain(`link 1, event ${String(event?._id)}: the event is not what was written`);
    expect(stdout).toMatch(/findings: 1\n$/);
    await audit.collection.updateOne({ event: 'forged' }, { $set: { event: event?.event } });
    expect(await verify(['verify'])).toMatchObject({ code: 0 });
  }, 60_000);

  it('what somebody else has written into an id ends no line and reaches no terminal', async () => {
    await sealed();
    const { collection } = world.context.database.seals;
    const wallet_id = '\u001b[2Jwal_x\nthe audit log is what was written';
    await collection.insertOne({ wallet_id, seq: 1, event_id: 'x\u009b1A', mac: '' });
    const { code, stdout } = await verify(['verify']);
    await collection.deleteOne({ wallet_id });
    expect(code).toBe(1);
    expect(stdout).toContain('seal_changed: wallet ??2Jwal_x?the?audit?log?is?what?was?written, link 1');
    expect(stdout).not.toMatch(/^head: (?!wal_)|^the audit log|[^\n -~]/m);
  }, 60_000);

  it('writes nothing: of a database that is not there it leaves nothing behind, and says so', async () => {
    const elsewhere = new URL(world.env.MONGODB_URI);
    elsewhere.pathname = '/not_there';
    expect(await verify(['verify'], { MONGODB_URI: elsewhere.href })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('see whether MONGODB_URI'),
    });
    const { databases } = await world.context.database.connection.listDatabases();
    expect(databases.map(({ name }) => name)).not.toContain('not_there');
  }, 60_000);

  it('says that the words may be wrong ones where nothing is as it was written', async () => {
    const CRUCIBLE_MNEMONIC = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
    expect(await verify(['verify'], { CRUCIBLE_MNEMONIC })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('see whether CRUCIBLE_MNEMONIC'),
    });
  }, 60_000);

  it('code 1 where there is no such wallet, code 2 for wrong usage', async () => {
    expect(await verify(['verify', '--npub', 'npub1nobody'])).toMatchObject({ code: 1, stdout: '' });
    const empty = join(directory, 'empty');
    await writeFile(empty, '');
    const wrong = [
      [],
      ['seal'],
      ['verify', '--all'],
      ['verify', '--kept', `${empty}.not`],
      ['verify', '--kept', empty],
    ];
    for (const words of wrong)
      expect(await verify(words)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('crucible audit verify [--npub'),
      });
  }, 60_000);
});
