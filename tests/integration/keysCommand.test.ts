import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keysAsTable } from '../../src/cli/keyList.ts';
import { runCli } from '../support/cli.ts';
import { unhurried } from '../support/money.ts';
import { type Instance, startWorld, type TestWallet, until, type World } from '../support/world.ts';

let world: World;
let second: Instance;
let wallet: TestWallet;
beforeAll(async () => {
  world = await startWorld({
    simulator: { feeReserveMinSat: 10 },
    env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '30000' },
  });
  second = await world.instance({}, false);
  wallet = await world.wallet(100);
});
afterAll(() => world.end());

const crucible = (...words: string[]) => runCli(world.env, words);

type Listed = { id: string; [member: string]: unknown };

async function listed(): Promise<Listed[]> {
  const { code, stdout } = await crucible('keys', 'list', '--json');
  expect(code).toBe(0);
  const keys: unknown = JSON.parse(stdout);
  return Array.isArray(keys) ? keys : [];
}

const idOf = (token: string): string => token.slice(4, 20);

describe('crucible keys', () => {
  it('makes a key with a budget, tells what it has spent, and revokes it at once everywhere', async () => {
    const scopes = 'wallet:read,wallet:melt';
    const made = await crucible(
      ...['keys', 'create', '--scopes', scopes, '--npub', wallet.npub],
      ...['--label', 'till 7', '--days', '30', '--budget', '60'],
    );
    const token = made.stdout.trim();
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^crk_\S+\n$/) });
    const headers = { authorization: `Bearer ${token}` };
    const { invoice } = await world.sim.invoice({ amount: 40 });
    expect((await wallet.melt(invoice, {}, headers)).status).toBe(200);
    const over = await world.sim.invoice({ amount: 11 });
    expect((await wallet.melt(over.invoice, {}, headers)).body['code']).toBe('BUDGET_EXCEEDED');

    const today = new Date().toISOString().slice(0, 10);
    const key = (await listed()).find(({ id }) => id === idOf(token));
    expect(key).toEqual({
      id: idOf(token),
      label: 'till 7',
      state: 'active',
      scopes: scopes.split(','),
      npub: wallet.npub,
      budgetSatPerDay: 60,
      spentTodaySat: 40,
      expiresAt: expect.stringMatching(/^\d{4}-/),
      revokedAt: null,
      createdAt: expect.stringMatching(/^\d{4}-/),
      lastUsedOn: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    });
    expect(String(key?.['lastUsedOn']) >= today).toBe(true);

    for (const url of [world.url, second.url])
      expect((await world.call('GET', `${wallet.at}/balance`, undefined, headers, url)).status).toBe(200);
    expect((await crucible('keys', 'revoke', idOf(token))).code).toBe(0);
    for (const url of [world.url, second.url])
      expect((await world.call('GET', `${wallet.at}/balance`, undefined, headers, url)).status).toBe(401);
    const again = await crucible('keys', 'revoke', idOf(token));
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('revoked before') });
    const after = await world.context.services.apiKeys.list();
    expect(after.find(({ id }) => id === idOf(token))).toMatchObject({ state: 'revoked' });
  });

  it('lists keys for people, and neither a hash nor a token', async () => {
    const token = await world.keyFor(['support:read']);
    await world.context.services.apiKeys.authenticate(token);
    const wasNoted = async () =>
      (await world.context.database.apiKeys.findById(idOf(token)))?.last_used_on != null;
    await until(wasNoted, 'the use noted');
    const stdout = keysAsTable(await world.context.services.apiKeys.list());
    const line = stdout.split('\n').find((text) => text.startsWith(idOf(token)));
    expect(line).toMatch(/active +test +support:read +any +no limit +- +never +\d{4}-\d\d-\d\d$/);
    const everything = stdout + JSON.stringify(await listed());
    const stored = await world.context.database.apiKeys.find().lean();
    for (const { secret_hash } of stored) expect(everything).not.toContain(secret_hash);
    expect(everything).not.toMatch(/cr[kt]_|hash/i);
  });

  it('does not revoke what there is not', async () => {
    const ended = await crucible('keys', 'revoke', '0123456789abcdef');
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('There is no key') });
  });
});
