import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());

const crucible = (...words: string[]) => runCli(world.env, words);

it('an operator makes a key, and the server takes it for its scopes alone', async () => {
  const { npub, at } = await world.wallet();
  const made = await crucible('keys', 'create', '--scopes', 'wallet:read', '--npub', npub, '--days', '7');
  expect(made.code).toBe(0);
  const authorization = { authorization: `Bearer ${made.stdout.trim()}` };
  expect((await world.call('GET', `${at}/balance`, undefined, authorization)).status).toBe(200);
  expect((await world.call('POST', `${at}/mint`, { amount: 1 }, authorization)).status).toBe(403);
});

it('wrong usage ends with code 2 and says what would be right, on stderr', async () => {
  const ended = await crucible('keys', 'create', '--scopes', 'everything');
  expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('there is no scope') });
});

it('who asks for help gets it on stdout, without any setting', async () => {
  const ended = await crucible('--help');
  expect(ended).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringContaining('crucible keys create'),
  });
});
