import { randomBytes } from 'node:crypto';
import { describe, expect, jest, test } from '@jest/globals';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { ConfigError, loadConfig } from '../../src/config.ts';
import { defaultRateLimits, type RateLimits } from '../../src/models/rateLimit.ts';
import { refuseUnfitServer } from '../../src/productionRefusals.ts';
import { createHealthService } from '../../src/services/healthService.ts';
import { createRateLimitService } from '../../src/services/rateLimitService.ts';

const given = {
  MONGODB_URI: 'mongodb://localhost/crucible?replicaSet=rs0',
  MINT_URL: 'https://mint.example.com',
  CRUCIBLE_MNEMONIC: generateMnemonic(wordlist),
  CRUCIBLE_MASTER_KEY: randomBytes(32).toString('hex'),
};
const configOf = (more: Record<string, string>) => loadConfig({ ...given, ...more }).config;

describe('CRUCIBLE_TRUSTED_PROXIES', () => {
  test('takes addresses, networks and their names; without it nobody is believed', () => {
    expect(configOf({}).trustedProxies).toEqual([]);
    const all = ['loopback', '10.0.0.7', '172.16.0.0/12', '2001:db8::/32', '::1'];
    expect(configOf({ CRUCIBLE_TRUSTED_PROXIES: ` ${all.join(' , ')},` }).trustedProxies).toEqual(all);
  });

  test.each([
    'true',
    '1',
    '*',
    'proxy.internal',
    '10.0.0.0/33',
    '10.0.0.0/0',
    '::/0',
    '::/129',
    '10.0.0.0/8/8',
    '10.0.0/8',
    'loopback;10.0.0.1',
  ])('does not take %j', (text) => {
    const read = () => configOf({ CRUCIBLE_TRUSTED_PROXIES: `loopback,${text}` });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/^CRUCIBLE_TRUSTED_PROXIES must hold addresses/);
  });
});

describe('CRUCIBLE_CORS_ORIGINS', () => {
  test('takes origins; without it there are none', () => {
    expect(configOf({}).corsOrigins).toEqual([]);
    const all = ['https://shop.example', 'http://localhost:8080'];
    expect(configOf({ CRUCIBLE_CORS_ORIGINS: all.join(', ') }).corsOrigins).toEqual(all);
  });

  test.each(['*', 'null', 'shop.example', 'https://shop.example/till', 'https://*.example'])(
    'does not take %j',
    (text) => {
      const read = () => configOf({ CRUCIBLE_CORS_ORIGINS: text });
      expect(read).toThrow(/^CRUCIBLE_CORS_ORIGINS must be, separated by commas, scheme, host/);
    },
  );
});

test('limits are on unless somebody says off, which production refuses', () => {
  const start = (more: Record<string, string>) => () => {
    const { config, secrets } = loadConfig({ ...given, ...more });
    refuseUnfitServer(config, secrets);
  };
  expect(start({})).not.toThrow();
  expect(start({ CRUCIBLE_RATE_LIMIT: 'off' })).toThrow(ConfigError);
  expect(() => configOf({ CRUCIBLE_RATE_LIMIT: 'no' })).toThrow('CRUCIBLE_RATE_LIMIT must be one of on, off');
});

describe('what an instance knows of the limits', () => {
  const counted = { requests: 1, resetsAt: new Date() };
  const service = (all: () => Promise<Partial<RateLimits>>) => {
    const count = jest.fn(async () => counted);
    const limits = { all, set: async () => {}, remove: async () => {} };
    const made = createRateLimitService({ isOn: true, limits, counters: { count }, now: () => new Date() });
    return { ...made, asked: count };
  };

  test('comes from the database before the first request is counted', async () => {
    const { count, asked } = service(async () => ({ key: 7 }));
    await count('key', 'k');
    await count('npub', 'n');
    expect(asked.mock.calls).toEqual([
      ['key', 'k', 7],
      ['npub', 'n', defaultRateLimits.npub],
    ]);
  });

  test('is looked up once for however many requests come at once', async () => {
    const all = jest.fn(async () => ({ key: 7 }));
    const { count } = service(all);
    await Promise.all(Array.from({ length: 50 }, () => count('key', 'k')));
    expect(all).toHaveBeenCalledTimes(1);
  });

  test('is the default where the database does not answer', async () => {
    const { count, asked } = service(() => Promise.reject(new Error('away')));
    await count('melt', 'm');
    expect(asked.mock.calls).toEqual([['melt', 'm', defaultRateLimits.melt]]);
  });
});

test('whoever asks for the health of a server at once with others shares one look at the database', async () => {
  const isDatabaseWritable = jest.fn(async () => true);
  const { readiness } = createHealthService({
    isDatabaseWritable,
    mintHealth: () => [],
    isDraining: () => false,
  });
  await Promise.all(Array.from({ length: 100 }, readiness));
  expect(isDatabaseWritable).toHaveBeenCalledTimes(1);
  await readiness();
  expect(isDatabaseWritable).toHaveBeenCalledTimes(2);
});
