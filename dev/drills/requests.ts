import { randomUUID } from 'node:crypto';
import { npubEncode } from 'nostr-tools/nip19';
import { finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import type { Drill } from './drill.ts';
import { type Scrape, sumOf } from './scrapes.ts';
import type { Stack } from './stack.ts';

/** So many at once, about once a second. */
const atOnce = 5;

const many = (ask: () => Promise<unknown>): Promise<unknown> =>
  Promise.all(Array.from({ length: atOnce }, ask));

const balance = (stack: Stack, key?: string) =>
  stack.call('GET', `/api/wallet/${stack.at().npub}/balance`, key === undefined ? {} : { key });

const hasGrown = (now: Scrape | null, calm: Scrape, name: string, ...labels: string[]): boolean =>
  now !== null && sumOf(now, name, ...labels) > sumOf(calm, name, ...labels);

/** Nothing was counted since the scrape before. */
const standsStill = (name: string, ...labels: string[]) => {
  let last: number | null = null;
  return (now: Scrape): boolean => {
    const before = last;
    last = sumOf(now, name, ...labels);
    return before === last;
  };
};

export const rateLimits: Drill = {
  name: 'rate-limits',
  symptom: 'clients are refused with 429 RATE_LIMITED, because a limit is too low for them',
  runbook: 'rate-limits',
  alert: 'CrucibleRateLimited',
  metric: 'crucible_rate_limited_total',
  async live(stack) {
    await many(() => balance(stack));
  },
  async provoke(stack) {
    await stack.crucible('limits', 'set', 'key', '10');
  },
  shows: (now, calm) => hasGrown(now, calm, 'crucible_rate_limited_total', 'limit="key"'),
  async cure(stack) {
    await stack.crucible('limits', 'reset', 'key');
  },
  isCured: standsStill('crucible_rate_limited_total'),
};

/** A client with a key of its own, which somebody revokes. */
function createUnauthenticated(): Drill {
  let key = '';
  const issue = async (stack: Stack) => {
    const told = await stack.crucible('keys', 'create', '--scopes', 'wallet:read', '--npub', stack.at().npub);
    key = /crk_\S+/.exec(told)?.[0] ?? '';
  };
  return {
    name: 'unauthenticated',
    symptom: 'a client is refused with 401, because its key was revoked or has expired',
    runbook: 'unauthenticated',
    alert: 'CrucibleUnauthenticated',
    metric: 'crucible_unauthenticated_total',
    prepare: issue,
    async live(stack) {
      await many(() => balance(stack, key));
    },
    async provoke(stack) {
      await stack.crucible('keys', 'revoke', String(key.split('_')[1]));
    },
    shows: (now, calm) => hasGrown(now, calm, 'crucible_unauthenticated_total', 'scheme="key"'),
    cure: issue,
    isCured: standsStill('crucible_unauthenticated_total'),
  };
}

/** A client that signs its requests (NIP-98), and whose clock goes wrong. */
function createClockSkew(): Drill {
  const secretKey = generateSecretKey();
  const npub = npubEncode(getPublicKey(secretKey));
  let behindSeconds = 0;
  const target = `/api/wallet/${npub}/balance`;
  const authorization = (url: string): string => {
    const event = finalizeEvent(
      {
        kind: 27_235,
        created_at: Math.floor(Date.now() / 1_000) - behindSeconds,
        content: '',
        tags: [
          ['u', url],
          ['method', 'GET'],
          ['nonce', randomUUID()],
        ],
      },
      secretKey,
    );
    return `Nostr ${Buffer.from(JSON.stringify(event)).toString('base64')}`;
  };
  return {
    name: 'clock-skew',
    symptom: 'signed requests are refused with 401, because the clock of a client is ten minutes behind',
    runbook: 'clock-skew',
    alert: 'CrucibleClientClocks',
    metric: 'crucible_bad_signatures_total',
    async prepare(stack) {
      await stack.call('POST', '/api/wallet/create', { key: stack.at().adminKey, body: { npub } });
    },
    async live(stack) {
      const headers = { authorization: authorization(`${stack.at().apiUrl}${target}`) };
      await stack.call('GET', target, { key: '', headers });
    },
    async provoke() {
      behindSeconds = 600;
    },
    shows: (now, calm) => hasGrown(now, calm, 'crucible_bad_signatures_total', 'because="clock"'),
    async cure() {
      behindSeconds = 0;
    },
    isCured: standsStill('crucible_bad_signatures_total', 'because="clock"'),
  };
}

/** A client that was changed, and sends its amounts as text now. */
function createValidationErrors(): Drill {
  let amount: number | string = 1_000;
  return {
    name: 'validation-errors',
    symptom: 'requests are refused with 400 VALIDATION_ERROR, because a client sends amounts as text',
    runbook: 'validation-errors',
    alert: 'CrucibleMalformedRequests',
    metric: 'crucible_refusals_total',
    async live(stack) {
      await balance(stack);
      await stack.call('POST', `/api/wallet/${stack.at().npub}/mint`, { body: { amount } });
    },
    async provoke() {
      amount = '1000 sat';
    },
    shows: (now, calm) => hasGrown(now, calm, 'crucible_refusals_total', 'code="VALIDATION_ERROR"'),
    async cure() {
      amount = 1_000;
    },
    isCured: standsStill('crucible_refusals_total', 'code="VALIDATION_ERROR"'),
  };
}

export const requestDrills = (): Drill[] => [
  rateLimits,
  createUnauthenticated(),
  createClockSkew(),
  createValidationErrors(),
];
