import { expect } from '@jest/globals';
import type { RateLimitName } from '../../../../src/models/rateLimit.ts';
import type { RefusalCase } from '../cases.ts';
import { apiRoutes, nameOf, type Route, requestTo, stranger } from '../routes.ts';
import type { Headers, Stage } from '../stage.ts';
import type { Answer } from '../wire.ts';

/** A minute may end between two requests, and not twice in a row. */
const tries = 4;

/** Asks a server that allows one request a minute until that is too much. */
async function askTooOften(
  stage: Stage,
  name: RateLimitName,
  route: Route,
  headers: Headers = {},
  npub = stage.wallet.npub,
): Promise<Answer> {
  const { services } = stage.world.context;
  await services.rateLimits.set(name, 1);
  const server = await stage.serve({ env: { CRUCIBLE_RATE_LIMIT: 'on' } });
  const asked = requestTo(route, npub, 'lnbc1');
  const request = { ...asked, headers: { ...asked.headers, ...headers } };
  let answer = await stage.ask(request, server.url);
  for (let count = 1; count < tries && answer.status !== 429; count += 1)
    answer = await stage.ask(request, server.url);
  await services.rateLimits.reset(name);
  return answer;
}

const tooOften = (
  name: RateLimitName,
  what: string,
  says: RegExp,
  provoke: (stage: Stage) => Promise<Answer>,
): RefusalCase => ({
  code: 'RATE_LIMITED',
  what,
  provoke,
  says,
  retryable: true,
  members: { limitedBy: name, perMinute: 1, retryAfterSeconds: expect.any(Number) },
});

const from = (route: Route) =>
  tooOften(
    'address',
    `${nameOf(route)}, from one address`,
    /nothing was sent or paid for this request: requests from this address are limited to 1 a minute\. Try again in \d+ s/,
    (stage) => askTooOften(stage, 'address', route, { authorization: undefined }),
  );

export const limitCases: RefusalCase[] = [
  ...apiRoutes.map(from),
  ...apiRoutes
    .filter(({ path }) => path.endsWith('/balance'))
    .flatMap((route) => [
      tooOften('key', 'with one API key', /requests with this API key are limited to 1 a minute/, (stage) =>
        askTooOften(stage, 'key', route),
      ),
      tooOften('npub', 'of one owner', /requests of this owner are limited to 1 a minute/, async (stage) => {
        const { token } = await stage.world.context.services.bearerTokens.issue(stage.wallet.npub);
        return askTooOften(stage, 'npub', route, { authorization: `Bearer ${token}` });
      }),
    ]),
  ...apiRoutes
    .filter(({ path }) => path.endsWith('/melt'))
    .map((route) =>
      tooOften(
        'melt',
        'payments from one wallet',
        /payments from this wallet are limited to 1 a minute/,
        (stage) => askTooOften(stage, 'melt', route),
      ),
    ),
  ...apiRoutes
    .filter(({ path }) => path.endsWith('/proofs/status') || path.endsWith('/reconcile'))
    .map((route) =>
      tooOften(
        'compare',
        nameOf(route),
        /comparisons of this wallet with its mint are limited to 1 a minute/,
        (stage) => askTooOften(stage, 'compare', route),
      ),
    ),
  ...apiRoutes
    .filter(({ method, path }) => method === 'POST' && path.endsWith('/restore'))
    .map((route) =>
      tooOften('restore', nameOf(route), /recoveries of this wallet are limited to 1 a minute/, (stage) =>
        // Of the wallet that others pay from, even one would be too many.
        askTooOften(stage, 'restore', route, {}, stranger),
      ),
    ),
];
