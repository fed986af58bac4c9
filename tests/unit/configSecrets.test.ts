import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { entropyToMnemonic, generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { ConfigError, loadConfig } from '../../src/config.ts';
import { refuseUnfitForProduction } from '../../src/productionRefusals.ts';

const fit = {
  MONGODB_URI: 'mongodb://localhost/crucible?replicaSet=rs0',
  MINT_URL: 'https://mint.example.com',
  CRUCIBLE_MNEMONIC: generateMnemonic(wordlist),
  CRUCIBLE_MASTER_KEY: randomBytes(32).toString('hex'),
};

describe('a secret in a file, as containers have it', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'crucible secrets '));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  function file(content: string): string {
    const path = join(directory, randomBytes(4).toString('hex'));
    writeFileSync(path, content);
    return path;
  }

  test.each(['MONGODB_URI', 'CRUCIBLE_MNEMONIC', 'CRUCIBLE_MASTER_KEY'] as const)('%s', (name) => {
    const { [name]: secret, ...others } = fit;
    const read = loadConfig({ ...others, [`${name}_FILE`]: file(`${secret}\n`) });
    expect(read).toEqual(loadConfig(fit));
  });

  test('and beside it in the environment is one too many', () => {
    const both = { ...fit, CRUCIBLE_MNEMONIC_FILE: file(fit.CRUCIBLE_MNEMONIC) };
    expect(() => loadConfig(both)).toThrow(
      new ConfigError('CRUCIBLE_MNEMONIC and CRUCIBLE_MNEMONIC_FILE are both set; leave one of them out.'),
    );
  });

  test.each([
    ['that is missing', () => join(directory, 'missing'), 'cannot be read (ENOENT)'],
    ['that is a directory', () => directory, 'cannot be read (EISDIR)'],
    ['that is empty', () => file(' \n'), 'is empty'],
  ])('%s is named, with the variable', (_what, path, reason) => {
    const { CRUCIBLE_MASTER_KEY: _unused, ...others } = fit;
    expect(() => loadConfig({ ...others, CRUCIBLE_MASTER_KEY_FILE: path() })).toThrow(
      new RegExp(`^CRUCIBLE_MASTER_KEY_FILE names .*${reason.replace(/[()]/g, '\\$&')}`),
    );
  });

  test('may be empty for other master keys alone, as a container has it while there are none', () => {
    expect(loadConfig({ ...fit, CRUCIBLE_MASTER_KEY_PREVIOUS_FILE: file('') })).toEqual(loadConfig(fit));
  });

  test('with a wrong value is refused without telling the value', () => {
    const { CRUCIBLE_MNEMONIC: _unused, ...others } = fit;
    const wrong = () => loadConfig({ ...others, CRUCIBLE_MNEMONIC_FILE: file('not really a mnemonic') });
    expect(wrong).toThrow(/^CRUCIBLE_MNEMONIC (?!.*really)/);
  });
});

describe('the address of a mint, which everybody is shown,', () => {
  test.each([
    'https://operator:hunter2@mint.example.com',
    'https://hunter2@mint.example.com',
    'https://:hunter2@mint.example.com',
    'https://mint.example.com/?key=hunter2',
    'https://mint.example.com/#hunter2',
    'https://mint.example.com,https://operator:hunter2@other.example.com',
  ])('holds no secret: %s is refused, and not repeated', (urls) => {
    const read = () => loadConfig({ ...fit, MINT_URL: urls });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/^MINT_URL (?!.*(hunter2|example))/);
  });

  test('may have a path', () => {
    const { config } = loadConfig({ ...fit, MINT_URL: 'https://example.com/Bitcoin/, http://nutshell:3338' });
    expect(config.mintUrls).toEqual(['https://example.com/Bitcoin', 'http://nutshell:3338']);
  });
});

describe('production', () => {
  const start = (changed: Partial<typeof fit> & { CRUCIBLE_PRIVATE_MINT_NETWORKS?: string }) => () => {
    const { config, secrets } = loadConfig({ ...fit, ...changed });
    refuseUnfitForProduction(config, secrets);
  };

  test('takes fresh secrets, always', () => {
    for (let round = 0; round < 300; round += 1) {
      const words = round % 2 === 0 ? 128 : 256;
      expect(
        start({
          CRUCIBLE_MNEMONIC: generateMnemonic(wordlist, words),
          CRUCIBLE_MASTER_KEY: randomBytes(32).toString('hex'),
        }),
      ).not.toThrow();
    }
  });

  const bytes = (byte: number, size: number) => new Uint8Array(size).fill(byte);
  test.each([
    'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about',
    'test test test test test test test test test test test junk',
    entropyToMnemonic(bytes(0x7f, 16), wordlist),
    entropyToMnemonic(bytes(0x80, 32), wordlist),
    'half depart obvious quality work element tank gorilla view sugar picture humble',
    'leader monkey parrot ring guide accident before fence cannon height naive bean',
  ])('refuses the well-known "%s", without repeating it', (mnemonic) => {
    expect(start({ CRUCIBLE_MNEMONIC: mnemonic })).toThrow(ConfigError);
    expect(start({ CRUCIBLE_MNEMONIC: mnemonic })).toThrow(
      new RegExp(`^CRUCIBLE_MNEMONIC (?!.*${mnemonic.slice(0, 20)})`),
    );
  });

  test.each([
    '00'.repeat(32),
    '0123456789abcdef'.repeat(4),
    'deadbeef'.repeat(8),
    Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('hex'),
    Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 17) % 256)).toString('hex'),
  ])('refuses the patterned master key %s, without repeating it', (key) => {
    expect(start({ CRUCIBLE_MASTER_KEY: key })).toThrow(ConfigError);
    expect(start({ CRUCIBLE_MASTER_KEY: key })).toThrow(new RegExp(`^CRUCIBLE_MASTER_KEY (?!.*${key})`));
  });

  test.each([
    'http://mint.example.com',
    'http://8.8.8.8:3338',
    'http://172.32.0.1',
    'http://[2001:db8::1]',
    'https://mint.example.com,http://other.example.com/Bitcoin',
  ])('refuses plain http to a mint on the internet: %s', (urls) => {
    expect(start({ MINT_URL: urls })).toThrow(/^MINT_URL has plain http for /);
  });

  const near = [
    ['http://127.0.0.1:3338', '127.0.0.0/8'],
    ['http://localhost:3338', '127.0.0.1'],
    ['http://mint.localhost', '::1'],
    ['http://10.1.2.3', '10.1.2.3'],
    ['http://172.31.0.1', '172.16.0.0/12'],
    ['http://192.168.1.1:3338', '10.0.0.0/8, 192.168.0.0/16'],
    ['http://[::1]:3338', '::1/128'],
    ['http://[fd00::1]', 'fd00::/8'],
    ['https://169.254.169.254', '169.254.0.0/16'],
    ['https://100.64.0.1', '100.64.0.0/10'],
    ['https://[::ffff:10.1.2.3]', '10.1.2.3'],
    ['https://0x7f.1', '127.0.0.1'],
  ] as const;

  test.each(near)('refuses %s, and names the setting that would allow it', (urls, _allowed) => {
    expect(start({ MINT_URL: `https://mint.example.com,${urls}` })).toThrow(
      /^MINT_URL names \S+, which is in a private .*CRUCIBLE_PRIVATE_MINT_NETWORKS=\S+$/,
    );
  });

  test.each([
    ...near,
    ['https://mint.example.com', ''],
    ['https://8.8.8.8', ''],
    ['http://nutshell:3338', ''],
    ['http://mint.internal', ''],
    ['http://abcdefghijklmnop.onion', ''],
  ])('takes %s where %j is allowed', (urls, allowed) => {
    expect(start({ MINT_URL: urls, CRUCIBLE_PRIVATE_MINT_NETWORKS: allowed })).not.toThrow();
  });

  test.each(['10.0.0.0/0', '10.0.0', 'loopback', 'mint.internal'])('allows no network like %s', (text) => {
    expect(start({ CRUCIBLE_PRIVATE_MINT_NETWORKS: text })).toThrow(
      /^CRUCIBLE_PRIVATE_MINT_NETWORKS must hold/,
    );
  });
});

describe('master keys beside the current one', () => {
  const [one, two] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];

  test('are one or several', () => {
    const { secrets } = loadConfig({
      ...fit,
      CRUCIBLE_MASTER_KEY_PREVIOUS: ` ${one}, ${two.toUpperCase()} `,
    });
    expect(secrets.otherMasterKeys).toEqual([Buffer.from(one, 'hex'), Buffer.from(two, 'hex')]);
    expect(loadConfig(fit).secrets.otherMasterKeys).toEqual([]);
  });

  test.each([
    ['too short', one.slice(2), /^CRUCIBLE_MASTER_KEY_PREVIOUS must be 64 hexadecimal digits/],
    ['no key at all', `${one},x`, /^CRUCIBLE_MASTER_KEY_PREVIOUS must be 64 hexadecimal digits/],
    [
      'the current one',
      fit.CRUCIBLE_MASTER_KEY.toUpperCase(),
      /^CRUCIBLE_MASTER_KEY_PREVIOUS holds the same key/,
    ],
  ])('are refused where one is %s', (_what, text, reason) => {
    expect(() => loadConfig({ ...fit, CRUCIBLE_MASTER_KEY_PREVIOUS: text })).toThrow(reason);
  });
});
