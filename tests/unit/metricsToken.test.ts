import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createMetricsService } from '../../src/services/metrics/metricsService.ts';

const token = 'a-token-of-thirty-two-characters';

const admitting = (settings: { token: string | null; isOpen: boolean }) =>
  createMetricsService({
    registry: new Registry(),
    process: { read: () => undefined },
    standings: {
      latest: async () => ({
        operations: null,
        reports: null,
        unsealed: null,
        recovering: null,
        solvency: null,
      }),
    },
    pulse: async () => ({ isWritable: true, seconds: 0, clockAheadSeconds: 0 }),
    missingIndexes: async () => 0,
    mints: { health: () => [] },
    reportsWaiting: () => 0,
    transactionsWaiting: () => 0,
    solvencyIntervalMs: 0,
    version: '0.0.0',
    curveBackend: 'wasm',
    now: () => new Date(),
    ...settings,
  }).admits;

test.each([
  ['production without a token shows nobody any metrics', { token: null, isOpen: false }, [null, token], []],
  [
    'the development profile without one shows them to everybody',
    { token: null, isOpen: true },
    [],
    [null, 'x'],
  ],
  ['a token is asked for wherever there is one', { token, isOpen: true }, [null, '', `${token} `], [token]],
  ['and in production, too', { token, isOpen: false }, [null, token.toUpperCase()], [token]],
])('%s', (_story, settings, refused, admitted) => {
  const admits = admitting(settings);
  for (const shown of refused) expect(admits(shown)).toBe(false);
  for (const shown of admitted) expect(admits(shown)).toBe(true);
});
