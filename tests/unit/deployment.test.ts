import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { freePort } from '../../dev/mongod/ports.ts';
import { loadConfig, secretFiles, settingNames } from '../../src/config.ts';
import { readCompose, type Service, shapeProblems } from '../support/compose.ts';

const read = (path: string): string => readFileSync(path, 'utf8');
const settings = settingNames();
const secretNames = [...secretFiles.keys()];

describe('.env.example', () => {
  const lines = read('.env.example').split('\n');
  const example = new Map(
    lines.flatMap((line) => {
      const [, name, value = ''] = /^#?([A-Z_]+)=(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value] as const];
    }),
  );

  test('has every setting that the server reads, and no CRUCIBLE_ setting that it does not', () => {
    expect(settings.length).toBeGreaterThan(15);
    const known = [...settings, ...secretNames.map((name) => `${name}_FILE`)];
    expect([...example.keys()]).toEqual(expect.arrayContaining(known));
    const crucibles = [...example.keys()].filter((name) => name.startsWith('CRUCIBLE_'));
    expect(known).toEqual(expect.arrayContaining(crucibles));
  });

  test('tells the defaults as they are, and no secret', () => {
    const required = {
      MONGODB_URI: 'mongodb://localhost/?replicaSet=rs0',
      MINT_URL: 'https://mint.example.com',
      CRUCIBLE_MNEMONIC:
        'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about',
      CRUCIBLE_MASTER_KEY: '00'.repeat(32),
    };
    const told = Object.fromEntries([...example].filter(([name]) => !name.endsWith('_FILE')));
    expect(loadConfig({ ...told, ...required })).toEqual(loadConfig(required));
    for (const name of secretNames) expect(example.get(name)).toBe('');
  });
});

describe('the image', () => {
  type Instruction = { word: string; rest: string };
  const stages = read('Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split(/^(?=FROM )/m)
    .slice(1)
    .map((text) => text.split('\n').filter((line) => line.trim() !== ''))
    .map((lines) => ({
      name: / AS (\w+)$/.exec(lines[0] ?? '')?.[1] ?? '',
      instructions: lines.map((line): Instruction => {
        const [word = '', ...rest] = line.trim().split(/\s+/);
        return { word, rest: rest.join(' ') };
      }),
    }));
  const production = stages.at(-1)?.instructions ?? [];
  const restOf = (word: string) => production.filter((one) => one.word === word).map(({ rest }) => rest);
  const health: string[] = JSON.parse(/ CMD (\[.*\])$/.exec(` ${restOf('HEALTHCHECK')[0]}`)?.[1] ?? 'null');

  test('has production for its last and therefore default stage, and runs it as a user of no privileges', () => {
    expect(stages.map(({ name }) => name)).toEqual([
      'manifest',
      'tools',
      'build',
      'packages',
      'development',
      'production',
    ]);
    expect(restOf('USER')).toEqual(['node']);
    expect(restOf('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(JSON.parse(restOf('CMD')[0] ?? '')).toEqual(['node', 'dist/index.js']);
    expect(restOf('ENV').join(' ')).toContain('NODE_ENV=production');
    const packages = stages.find(({ name }) => name === 'packages')?.instructions.at(-1);
    expect(packages?.rest).toBe('npm ci --ignore-scripts --omit=dev');
    expect(production.some(({ rest }) => /^--from=(tools|development)/.test(rest))).toBe(false);
  });

  test('holds no secret: nothing is copied but by name, and nothing sensitive is set', () => {
    for (const { instructions } of stages)
      for (const { word, rest } of instructions)
        if (word === 'ENV' || word === 'ARG')
          expect(rest).not.toMatch(/MNEMONIC|MASTER_KEY|MONGODB_URI|PASSWORD/);
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(allowed[0]).toBe('*');
    const copied = stages
      .flatMap(({ instructions }) => instructions)
      .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from='))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
    expect([...new Set(copied)].map((path) => `!${path}`).toSorted()).toEqual(allowed.slice(1).toSorted());
    for (const path of copied) expect(existsSync(path)).toBe(true);
  });

  test.each([
    ['healthy while /livez answers 200', 200, 0],
    ['unhealthy when it answers 503', 503, 1],
    ['unhealthy when nobody answers', null, 1],
  ])('is %s', async (_what, status, exitCode) => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(status ?? 200).end();
    });
    const port = await freePort();
    if (status !== null) await once(server.listen(port, '127.0.0.1'), 'listening');
    const [command, ...words] = health;
    expect(command).toBe('node');
    const [code] = await once(spawn(process.execPath, words, { env: { PORT: String(port) } }), 'close');
    server.close();
    expect(code).toBe(exitCode);
    expect(asked).toEqual(status === null ? [] : ['/livez']);
  });
});

describe('docker-compose.yml', () => {
  const { services, volumes, networks, secrets } = readCompose();
  const service = (name: string): Service => {
    const found = services[name];
    if (found === undefined) throw new Error(`there is no service ${name}`);
    return found;
  };
  const isDevelopment = ({ profiles = [] }: Service) => profiles.includes('development');
  const volumeNames = ({ volumes = [] }: Service) => volumes.map((volume) => volume.split(':')[0]);
  const api = service('api');

  test('hands every setting on to the API, and its secrets as files alone', () => {
    const handedOn = new Set([...Object.keys(api.environment), 'HOST', 'PORT']);
    for (const name of settings)
      expect(handedOn).toContain(secretNames.includes(name) ? `${name}_FILE` : name);
    for (const name of secretNames) {
      const path = api.environment[`${name}_FILE`] ?? '';
      expect(api.secrets).toContain(/^\/run\/secrets\/(\w+)$/.exec(path)?.[1]);
      expect(api.environment).not.toHaveProperty(name);
    }
  });

  test('waits for a healthy database, and lets a stopping server finish', () => {
    expect(api.depends_on).toEqual({ mongo: { condition: 'service_healthy' } });
    const longestDrainMs = 10_000;
    expect(Number.parseInt(api.stop_grace_period ?? '', 10) * 1000).toBeGreaterThan(2 * longestDrainMs);
  });

  test('opens no port but on the loopback address, and none of the database', () => {
    for (const { ports = [] } of Object.values(services))
      for (const port of ports) expect(port).toMatch(/^(127\.0\.0\.1:|\$\{API_ADDRESS:-127\.0\.0\.1:)/);
    expect(service('mongo')).not.toHaveProperty('ports');
    expect(service('mongo').networks).toEqual(['database']);
    expect(networks['database']).toEqual({ internal: true });
  });

  test('bounds every log', () => {
    for (const { logging } of Object.values(services))
      expect(logging).toEqual({ driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } });
  });

  test('gives the API no privileges, and no disk but for the reports that wait for the database', () => {
    expect(api).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      restart: 'unless-stopped',
    });
    const spool = api.environment['CRUCIBLE_SPOOL_DIR'];
    expect(api.volumes).toEqual([`api-spool:${spool}`]);
    const image = read('Dockerfile');
    expect(image).toMatch(new RegExp(`^ENV .*CRUCIBLE_SPOOL_DIR=${spool}$`, 'm'));
    expect(image).toMatch(new RegExp(`install -d -o node -g node -m 700 .*${spool}$`, 'm'));
  });

  test('keeps development and production apart: no volume, network, secret or database in common', () => {
    const of = (wanted: boolean) => Object.values(services).filter((one) => isDevelopment(one) === wanted);
    expect(Object.keys(services).filter((name) => isDevelopment(service(name)))).toEqual([
      'development-mongo',
      'simulator',
      'development',
    ]);
    const productionNames = of(false).flatMap((one) => [...volumeNames(one), ...(one.networks ?? [])]);
    for (const one of of(true)) {
      const named = [...volumeNames(one), ...(one.networks ?? [])].filter((name) => !name?.startsWith('./'));
      for (const name of named) expect(productionNames).not.toContain(name);
      expect(one.secrets ?? []).toEqual([]);
      expect(Object.keys(one.depends_on ?? {}).every((name) => isDevelopment(service(name)))).toBe(true);
    }
  });

  test('names only what there is: volumes, networks, secrets, mounted files', () => {
    for (const { volumes: mounted = [], networks: joined = [], secrets: told = [] } of Object.values(
      services,
    )) {
      for (const [source = ''] of mounted.map((volume) => volume.split(':')))
        expect(source.startsWith('./') ? existsSync(source) : Object.hasOwn(volumes, source)).toBe(true);
      for (const name of joined) expect(networks).toHaveProperty(name);
      for (const name of told) expect(secrets).toHaveProperty(name);
    }
  });

  test('has nothing but what the Compose Specification knows', () => {
    expect(shapeProblems(readCompose())).toBeNull();
  });

  test.each<[string, Record<string, unknown>]>([
    ['a word that it does not know', { depend_on: { mongo: { condition: 'service_healthy' } } }],
    ['a condition that there is not', { depends_on: { mongo: { condition: 'healthy' } } }],
    ['a duration without a unit', { stop_grace_period: 30 }],
    ['a number where a setting should be', { environment: { PORT: 3000 } }],
    ['a port that is none', { ports: ['here:3000'] }],
  ])('would not pass with %s', (_what, more) => {
    expect(shapeProblems({ services: { api: { ...api, ...more } } })).not.toBeNull();
  });

  test('names no variable but those of .env.example, each with a default', () => {
    const variables = read('docker-compose.yml').match(/\$(\{[^}]*\}|\w*)/g) ?? [];
    expect(variables.length).toBeGreaterThan(5);
    const example = read('.env.example');
    for (const variable of variables) {
      const name = /^\$\{([A-Z_]+):-[^}]+\}$/.exec(variable)?.[1];
      expect(example).toContain(`\n#${name}=`);
    }
  });

  // Beside what is checked above, Compose itself where this machine has it; the closing line counts it as skipped elsewhere.
  const tool = [['docker', 'compose'], ['docker-compose']].find(
    ([command = '', ...words]) => spawnSync(command, [...words, 'version']).status === 0,
  );
  (tool === undefined ? test.skip : test)('is taken by Compose itself, where that is installed', () => {
    const [command = '', ...words] = tool ?? [];
    const asked = [...words, '--profile', 'development', 'config', '--quiet'];
    const { status, stderr } = spawnSync(command, asked, { encoding: 'utf8' });
    expect(status === 0 ? '' : `refused: ${stderr}`).toBe('');
  });
});
