import { randomBytes } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { npubEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { freePort } from '../../dev/mongod/ports.ts';
import { SimulatorClient } from '../../simulator/client.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { loadConfig } from '../../src/config.ts';
import { createContext } from '../../src/context.ts';
import { type Profile, ProfileRefusal } from '../../src/models/profile.ts';
import { type BuiltServer, buildServer, type Running } from '../support/builtServer.ts';
import { disguisedMint } from '../support/disguisedMint.ts';
import { importsOf } from '../support/imports.ts';
import { type FreshDatabase, freshDatabase } from '../support/mongo.ts';
import { until } from '../support/world.ts';

const nobodysMint = 'http://127.0.0.1:1';

let built: BuiltServer;
let simulator: Simulator;
beforeAll(async () => {
  built = await buildServer();
  simulator = await startSimulator({});
}, 240_000);
afterAll(async () => {
  await simulator.close();
  await built.remove();
});

let database: FreshDatabase;
let endings: (() => Promise<unknown>)[];
beforeEach(async () => {
  database = await freshDatabase();
  endings = [() => database.drop()];
});
afterEach(async () => {
  for (const end of endings.toReversed()) await end();
});

it('what is built needs no package but the declared ones, and nothing outside of dist', () => {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  );
  const files = globSync('dist/**/*.js', { cwd: built.directory });
  expect(files.length).toBeGreaterThan(50);
  const strangers = files.flatMap((file) =>
    importsOf(readFileSync(join(built.directory, file), 'utf8'))
      .map(({ specifier }) => specifier)
      .filter((specifier) => !specifier.startsWith('node:'))
      .filter((specifier) =>
        specifier.startsWith('.')
          ? !files.includes(join(file, '..', specifier))
          : !Object.hasOwn(dependencies, packageOf(specifier)),
      )
      .map((specifier) => `${file}: ${specifier}`),
  );
  expect(strangers).toEqual([]);
});

it('the built server pays an invoice with production packages alone, and a signal ends it in good order', async () => {
  const mint = await disguisedMint(simulator);
  endings.push(mint.close);
  const env = settings({ MINT_URL: mint.url });
  const server = built.run('index.js', [], env);
  const url = await listening(server);
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ ready: true });
  for (const path of ['/openapi.json', '/docs', '/docs/swagger-ui-bundle.js', '/docs/swagger-ui.css'])
    expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);

  const made = await built.run('cli/index.js', ['keys', 'create', '--scopes', 'admin'], env).ended;
  expect(made.code).toBe(0);
  const call = caller(url, made.stdout.trim());
  const npub = npubEncode(getPublicKey(generateSecretKey()));
  const at = `/api/wallet/${npub}`;
  const sim = new SimulatorClient(simulator.url);
  expect((await call('POST', '/api/wallet/create', { npub })).status).toBe(201);
  await sim.pay(String((await call('POST', `${at}/mint`, { amount: 1000 })).body['invoice']));
  await until(async () => (await call('GET', `${at}/balance`)).body['balance'] === 1000, 'credited');
  const { invoice } = await sim.invoice({ amount: 210 });
  expect(await call('POST', `${at}/melt`, { invoice })).toMatchObject({
    status: 200,
    body: { paymentResult: 'PAID', paidAmount: 210 },
  });

  server.process.kill('SIGTERM');
  const { code, stderr } = await server.ended;
  expect(code).toBe(0);
  expect(stderr).toContain('draining');
}, 120_000);

it('a signal in the middle of the start is heard, as it must be by process 1 of a container', async () => {
  let requests = 0;
  const mint = await mintThat((_request, response) => {
    requests += 1;
    if (requests === 1) server.process.kill('SIGTERM');
    response.writeHead(500).end();
  });
  const server = built.run('index.js', [], settings({ MINT_URL: mint }));
  expect((await server.ended).code).toBe(0);
});

describe('production refuses', () => {
  const published = 'half depart obvious quality work element tank gorilla view sugar picture humble';
  it.each([
    ['a published mnemonic', { CRUCIBLE_MNEMONIC: published }, 'CRUCIBLE_MNEMONIC'],
    ['a master key that is a pattern', { CRUCIBLE_MASTER_KEY: 'deadbeef'.repeat(8) }, 'CRUCIBLE_MASTER_KEY'],
    ['a public mint without TLS', { MINT_URL: 'http://mint.example.com' }, 'MINT_URL'],
    ['a mint in a private network', { MINT_URL: 'http://10.0.0.7:3338' }, 'MINT_URL'],
  ])('%s, naming the variable and no secret', async (_what, wrong, name) => {
    const { code, stderr, stdout } = await built.run('index.js', [], settings(wrong)).ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^${name} [^\n]+\n$`));
    for (const [variable, secret] of Object.entries(wrong))
      if (variable !== 'MINT_URL') expect(stderr).not.toContain(secret);
  });

  it('the simulated mint, and leaves the database unclaimed', async () => {
    const env = settings({ MINT_URL: simulator.url });
    const { code, stderr } = await built.run('index.js', [], env).ended;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^MINT_URL names .+simulator/),
    });
    await opened(env, 'development');
  });

  it('a simulated mint that was down at the start, once it answers', async () => {
    const port = await freePort();
    const env = settings({ MINT_URL: `http://127.0.0.1:${port}` });
    const url = await listening(built.run('index.js', [], env));
    const late = await startSimulator({ port });
    endings.push(() => late.close());
    const made = await built.run('cli/index.js', ['keys', 'create', '--scopes', 'admin'], env).ended;
    const call = caller(url, made.stdout.trim());
    const npub = npubEncode(getPublicKey(generateSecretKey()));
    await until(
      async () => (await call('POST', '/api/wallet/create', { npub })).body['code'] === 'MINT_ERROR',
      'refused',
    );
    expect((await call('GET', `/api/wallet/${npub}/info`)).body['code']).toBe('WALLET_NOT_FOUND');
  });

  it('the database of the development profile', async () => {
    const env = settings({ MINT_URL: nobodysMint });
    await opened(env, 'development');
    const { code, stderr } = await built.run('index.js', [], env).ended;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^MONGODB_URI names a database/),
    });
  });
});

it('the development profile stays away from the database of a production server', async () => {
  const env = settings({ MINT_URL: nobodysMint });
  const server = built.run('index.js', [], env);
  await listening(server);
  await expect(opened(env, 'development')).rejects.toThrow(ProfileRefusal);
  await opened(env, 'production');
});

function settings(more: Record<string, string>): Record<string, string> {
  return {
    MONGODB_URI: database.uri,
    MINT_URL: nobodysMint,
    CRUCIBLE_PRIVATE_MINT_NETWORKS: '127.0.0.1',
    PORT: '0',
    CRUCIBLE_MNEMONIC: generateMnemonic(wordlist),
    CRUCIBLE_MASTER_KEY: randomBytes(32).toString('hex'),
    CRUCIBLE_WORKER_INTERVAL_MS: '50',
    ...more,
  };
}

/** Opens the database as a server of this profile would. */
async function opened(env: Record<string, string>, profile: Profile): Promise<void> {
  const context = await createContext({ ...loadConfig({ ...env, CRUCIBLE_LOG_LEVEL: 'silent' }), profile });
  await context.dispose();
}

async function listening(server: Running): Promise<string> {
  endings.push(async () => {
    server.process.kill('SIGKILL');
    await server.ended;
  });
  const line = () => server.stderr().match(/\{[^\n]*"listening"[^\n]*\}/)?.[0];
  await until(async () => line() !== undefined || server.process.exitCode !== null, 'listening', 40_000);
  const { url }: { url?: string } = JSON.parse(line() ?? '{}');
  if (url === undefined) throw new Error(`it did not start: ${server.stderr()}`);
  return url;
}

type Reply = { status: number; body: Record<string, unknown> };

function caller(url: string, key: string) {
  return async (method: 'GET' | 'POST', path: string, body?: object): Promise<Reply> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const json: unknown = await response.json();
    return { status: response.status, body: typeof json === 'object' && json !== null ? { ...json } : {} };
  };
}

async function mintThat(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  endings.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${port}`;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
