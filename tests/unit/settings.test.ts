import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { ConfigError, loadConfig, secretFiles, settingNames } from '../../src/config.ts';
import { nearestName, slipsBetween } from '../../src/models/nearestName.ts';
import { refuseUnfitServer } from '../../src/productionRefusals.ts';
import { namesOfOthers } from '../../src/settings.ts';

const fit = {
  MONGODB_URI: 'mongodb://localhost/crucible?replicaSet=rs0',
  MINT_URL: 'https://mint.example.com',
  CRUCIBLE_MNEMONIC: generateMnemonic(wordlist),
  CRUCIBLE_MASTER_KEY: '9c1f1f8f0a3be5b6d0c7a2b94e51d37786f2a0c4b8d19e635a7c40f2e1d8b396',
};

/** What somebody who starts the server with these settings is told, line by line. */
function linesFor(environment: Record<string, string>): string[] {
  try {
    const { config, secrets } = loadConfig(environment);
    refuseUnfitServer(config, secrets);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n');
  }
}

describe('a person who starts the server', () => {
  test('is told every mistake at once, each in a line that begins with its variable', () => {
    const { MINT_URL: _forgotten, ...others } = fit;
    const lines = linesFor({
      ...others,
      PORT: 'http',
      CRUCIBLE_MASTER_KEY: 'short',
      CRUCIBLE_NETWORK: 'mainnet',
      CRUCIBLE_LEASE_MS: '1',
      CRUCIBLE_CORS_ORIGINS: '*',
      CRUCIBLE_TRUSTED_PROXIES: 'everybody',
      CRUCIBLE_FENCE_DELAI_MS: '5',
    });
    expect(lines.map((line) => line.split(' ')[0]).toSorted()).toEqual([
      'CRUCIBLE_CORS_ORIGINS',
      'CRUCIBLE_FENCE_DELAI_MS',
      'CRUCIBLE_LEASE_MS',
      'CRUCIBLE_MASTER_KEY',
      'CRUCIBLE_NETWORK',
      'CRUCIBLE_TRUSTED_PROXIES',
      'MINT_URL',
      'PORT',
    ]);
  });

  test.each([
    'localhost:27017/crucible',
    'http://localhost/crucible',
    'mongodb://',
    'mongodb://user:p@ss@host/crucible',
    'mongodb://user:pa/ss@host/crucible',
    'mongodb://host/cru cible',
  ])(
    'is told that %s is no address of MongoDB, together with what else is wrong, and reads no password',
    (uri) => {
      expect(linesFor({ ...fit, MONGODB_URI: uri, PORT: '0x10' })).toEqual([
        expect.stringMatching(/^PORT must be a whole number/),
        expect.stringMatching(/^MONGODB_URI must be an address of MongoDB, (?!.*pa?[@/]ss)/),
      ]);
    },
  );

  test.each([
    'mongodb://host1:27017,host2:27018,[::1]:27019/crucible?replicaSet=rs0&tlsCAFile=/etc/ca@1.pem',
    'mongodb+srv://user:p%40ss@cluster0.example.net/?retryWrites=true',
    'mongodb://%2Ftmp%2Fmongodb.sock/crucible',
    'mongodb://user@host',
  ])('may name a database by %s', (uri) => {
    expect(linesFor({ ...fit, MONGODB_URI: uri })).toEqual([]);
  });

  test('is told once of a secret whose file cannot be read, and not that it is missing, too', () => {
    const { CRUCIBLE_MASTER_KEY: _inAFile, ...others } = fit;
    const lines = linesFor({ ...others, CRUCIBLE_MASTER_KEY_FILE: '/nowhere/at/all' });
    expect(lines).toEqual(['CRUCIBLE_MASTER_KEY_FILE names /nowhere/at/all, which cannot be read (ENOENT).']);
  });

  test('is told at once of everything that production does not take', () => {
    const lines = linesFor({
      ...fit,
      MINT_URL: 'http://8.8.8.8,https://10.0.0.7,https://192.168.0.1',
      CRUCIBLE_MASTER_KEY: '00'.repeat(32),
      CRUCIBLE_RATE_LIMIT: 'off',
    });
    expect(lines).toEqual([
      expect.stringMatching(/^CRUCIBLE_MASTER_KEY is a pattern/),
      expect.stringMatching(/^MINT_URL has plain http for 8\.8\.8\.8/),
      expect.stringMatching(/^MINT_URL names 10\.0\.0\.7/),
      expect.stringMatching(/^MINT_URL names 192\.168\.0\.1/),
      expect.stringMatching(/^CRUCIBLE_RATE_LIMIT=off/),
    ]);
  });
});

describe('a name that no setting has', () => {
  test.each([
    ['CRUCIBLE_FENCE_DELAY', 'CRUCIBLE_FENCE_DELAY_MS'],
    ['CRUCIBLE_LOGLEVEL', 'CRUCIBLE_LOG_LEVEL'],
    ['CRUCIBLE_MNEMONICS', 'CRUCIBLE_MNEMONIC'],
    ['CRUCIBLE_MASTERKEY_FILE', 'CRUCIBLE_MASTER_KEY_FILE'],
    ['CRUCIBLE_OPEN_MELT_PER_WALLET', 'CRUCIBLE_OPEN_MELTS_PER_WALLET'],
    ['CRUCIBLE_PORT', 'PORT'],
    ['CRUCIBLE_MONGODB_URI', 'MONGODB_URI'],
  ])('%s is refused, and answered with %s', (wrong, right) => {
    expect(linesFor({ ...fit, [wrong]: 'hunter2' })).toEqual([
      `${wrong} is not a setting of Crucible. Did you mean ${right}?`,
    ]);
  });

  test('and is like none is refused without a guess', () => {
    expect(linesFor({ ...fit, CRUCIBLE_MAKE_COFFEE: 'hunter2' })).toEqual([
      'CRUCIBLE_MAKE_COFFEE is not a setting of Crucible. All settings are in README.md.',
    ]);
  });

  test('is none of ours without our prefix, and is not set where it is set to nothing', () => {
    expect(linesFor({ ...fit, MY_CRUCIBLE_PORT: '1', CRUCIBLE_PROT: ' ' })).toEqual([]);
  });
});

describe('the nearest name', () => {
  test('counts characters left out, put in and mistaken', () => {
    expect(slipsBetween('', 'abc')).toBe(3);
    expect(slipsBetween('kitten', 'sitting')).toBe(3);
    expect(slipsBetween('same', 'same')).toBe(0);
  });

  test('is none where there are none, or none is near', () => {
    expect(nearestName('anything', [])).toBeNull();
    expect(nearestName('abcdef', ['uvwxyz', 'abcxyz'])).toBeNull();
    expect(nearestName('abcdef', ['uvwxyz', 'abcdyz'])).toBe('abcdyz');
  });
});

describe('README.md', () => {
  const readme = readFileSync('README.md', 'utf8');
  const [ofServer = '', ofOthers = ''] = readme
    .slice(readme.indexOf('\n## Configuration\n'), readme.indexOf('\n## Running it in production\n'))
    .split('Only the development profile');
  const firstCells = (text: string): string[] =>
    [...text.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    );

  test('has a row for every variable that the server reads, and for no other', () => {
    expect(firstCells(ofServer).toSorted()).toEqual(settingNames().toSorted());
    for (const name of secretFiles.keys()) expect(readme).toContain(`\`${name}_FILE\``);
  });

  test('has one for every other CRUCIBLE_ name, which are those that development and tests read', () => {
    const others = firstCells(ofOthers).filter((name) => name.startsWith('CRUCIBLE_'));
    expect(others.toSorted()).toEqual(namesOfOthers.toSorted());
    const sources = globSync(['dev/**/*.ts', 'scripts/*.mjs', 'tests/**/*.{ts,mjs,py}', 'src/**/*.ts'])
      .filter((path) => !path.endsWith('settings.test.ts') && path !== 'src/settings.ts')
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
    for (const name of namesOfOthers) expect(sources).toContain(name);
    const read = [...sources.matchAll(/\benv(?:iron)?(?:\.|\[['"])(CRUCIBLE_[A-Z_]+)/g)];
    const known = [...settingNames(), ...namesOfOthers];
    expect(known).toEqual(expect.arrayContaining(read.map(([, name]) => name)));
  });
});
