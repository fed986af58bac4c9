import type { Drill } from './drill.ts';
import { hasGrown, standsStill } from './moves.ts';
import { sumOf } from './scrapes.ts';
import { type Reply, type Stack, worstOf } from './stack.ts';

/** So many at once, about once a second. */
const atOnce = 5;

const many = async (ask: () => Promise<Reply>): Promise<Reply> =>
  worstOf(await Promise.all(Array.from({ length: atOnce }, ask)));

const balance = (stack: Stack, key?: string) =>
  stack.call('GET', `/api/wallet/${stack.at().npub}/balance`, key === undefined ? {} : { key });

export const rateLimits: Drill = {
  name: 'rate-limits',
  symptom: 'clients are refused with 429 RATE_LIMITED, because a limit is too low for them',
  runbook: 'rate-limits',
  alert: 'CrucibleRateLimited',
  metric: 'crucible_rate_limited_total',
  async live(stack) {
    return many(() => balance(stack));
  },
  async provoke(stack) {
    await stack.crucible('limits', 'set', 'key', '10');
  },
  shows: (now, calm) => hasGrown(now, calm, 'crucible_rate_limited_total', 'limit="key"'),
  async cure(stack) {
    await stack.crucible('limits', 'reset', 'key');
  },
  isCured: standsStill((now) => sumOf(now, 'crucible_rate_limited_total')),
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
      return many(() => balance(stack, key));
    },
    async provoke(stack) {
      await stack.crucible('keys', 'revoke', String(key.split('_')[1]));
    },
    shows: (now, calm) => hasGrown(now, calm, 'crucible_unauthenticated_total', 'scheme="key"'),
    cure: issue,
    isCured: standsStill((now) => sumOf(now, 'crucible_unauthenticated_total')),
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
      return stack.call('POST', `/api/wallet/${stack.at().npub}/mint`, { body: { amount } });
    },
    async provoke() {
      amount = '1000 sat';
    },
    shows: (now, calm) => hasGrown(now, calm, 'crucible_refusals_total', 'code="VALIDATION_ERROR"'),
    async cure() {
      amount = 1_000;
    },
    isCured: standsStill((now) => sumOf(now, 'crucible_refusals_total', 'code="VALIDATION_ERROR"')),
  };
}

export const requestDrills = (): Drill[] => [rateLimits, createUnauthenticated(), createValidationErrors()];
