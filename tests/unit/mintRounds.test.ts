import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/logger.ts';
import { DomainError } from '../../src/models/errors.ts';
import type { Wallet } from '../../src/models/wallet.ts';
import type { Circuit } from '../../src/services/mint/breaker.ts';
import { createMintDirectory } from '../../src/services/mint/mints.ts';
import type { Transport } from '../../src/services/mint/transport.ts';
import { createMintRounds, type Rounds } from '../../src/services/operations/rounds.ts';
import { createSolvencyRounds } from '../../src/services/solvency/solvencyRounds.ts';
import type { Verification } from '../../src/services/solvency/verification.ts';
import { common } from '../support/operations.ts';
import { until } from '../support/world.ts';

const { mintUrl } = common;
const Y = `02${'ab'.repeat(32)}`;

const begun: Rounds[] = [];
afterEach(async () => {
  for (const rounds of begun.splice(0)) await rounds.stop();
});
function begin(rounds: Rounds): void {
  begun.push(rounds);
  rounds.start();
}

const waits = (times: readonly number[]): number[] =>
  times.slice(1).map((at, number) => at - (times[number] ?? Number.NaN));
const mintAs = (circuit: () => Circuit) => ({
  health: () => [{ url: mintUrl, answeredMsAgo: null, circuit: circuit() }],
});

describe('work at a mint that nobody waits for', () => {
  it('asks nothing within a pause that the mint has demanded, though operations may after five seconds', async () => {
    const askedAt: number[] = [];
    const refusing: Transport = async () => {
      askedAt.push(performance.now());
      return { kind: 'reply', httpStatus: 429, body: '{}', retryAfterMs: 30_000 };
    };
    const limits = { mintTimeoutMs: 1_000, meltTimeoutMs: 1_000, paymentsPerMint: 1 };
    const mints = createMintDirectory([mintUrl], refusing, limits);
    begin(
      createMintRounds(20, mints, async (url, mayGoOn) => {
        while (mayGoOn()) await mints.at(url).gateway.proofStates([Y]);
        return 'done';
      }),
    );
    await until(async () => askedAt.length > 0 && mints.awake().length === 1, 'operations looked at again');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(askedAt).toHaveLength(1);
  });

  it('rests ever longer where the mint does not answer, and begins anew once all has been well for long', async () => {
    const lookedAt: number[] = [];
    let isAway = true;
    begin(
      createMintRounds(
        5,
        mintAs(() => 'closed'),
        async () => {
          lookedAt.push(performance.now());
          return isAway ? 'mint_unavailable' : 'done';
        },
      ),
    );
    // Twelve rounds, and twice as many each time, up to ten times.
    await until(async () => lookedAt.length >= 6, 'five rests');
    const rests = waits(lookedAt);
    for (const [number, shortestMs] of [60, 120, 240, 480, 600].entries())
      expect(rests[number]).toBeGreaterThanOrEqual(shortestMs);
    isAway = false;
    await until(async () => lookedAt.length > 50, 'rounds without a rest');
    await new Promise((resolve) => setTimeout(resolve, 650));
    isAway = true;
    const fromNow = lookedAt.length;
    await until(async () => lookedAt.length >= fromNow + 3, 'rests anew');
    const [, first] = waits(lookedAt.slice(fromNow));
    expect(first).toBeLessThan(480);
  });

  it('has one look at a mint that has gone silent, and goes on if that is how it is heard again', async () => {
    let circuit: Circuit = 'half_open';
    let heals = false;
    const looks: number[] = [];
    begin(
      createMintRounds(
        20,
        mintAs(() => circuit),
        async (_url, mayGoOn) => {
          let count = 0;
          for (; count < 5 && mayGoOn(); count += 1) if (heals) circuit = 'closed';
          looks.push(count);
          heals = true;
          return 'done';
        },
      ),
    );
    await until(async () => looks.length >= 2, 'two rounds');
    expect(looks.slice(0, 2)).toEqual([1, 5]);
  });
});

/** Wallets that are all due at once, and what is said of them in their turn. */
function held(
  count: number,
  everyMs: number,
  verify: (wallet: Wallet) => ReturnType<Verification['verify']>,
) {
  const due = Array.from(
    { length: count },
    (_, number): Wallet => ({
      ...common,
      id: `wal_${number}`,
      mintId: null,
    }),
  );
  return createSolvencyRounds({
    solvency: {
      take: async () => {
        const wallet = due.shift();
        return wallet === undefined ? null : { wallet, walk: null };
      },
      putOff: async () => undefined,
      countAt: async () => count,
    },
    verification: { verify: ({ wallet }) => verify(wallet) },
    mints: mintAs(() => 'closed'),
    everyMs,
    logger: createLogger('silent'),
    now: () => new Date(),
  });
}

const alike = { booked: 1n, verified: 1n, isWhole: true };

describe('wallets that are all due at once', () => {
  it('are looked at over the whole interval, not as fast as the mint answers', async () => {
    const lookedAt: number[] = [];
    // Rounds of 200 ms: eight of them make a turn through all.
    begin(
      held(40, 2_000, async () => {
        lookedAt.push(performance.now());
        return alike;
      }),
    );
    await until(async () => lookedAt.length === 40, 'all of them looked at');
    const within = (spanMs: number) =>
      Math.max(...lookedAt.map((from) => lookedAt.filter((at) => at >= from && at < from + spanMs).length));
    expect(within(150)).toBe(5);
    expect(Math.max(...lookedAt) - Math.min(...lookedAt)).toBeGreaterThanOrEqual(7 * 190);
  });

  it('are one in a round where they are few', async () => {
    const lookedAt: number[] = [];
    begin(
      held(3, 2_000, async () => {
        lookedAt.push(performance.now());
        return alike;
      }),
    );
    await until(async () => lookedAt.length === 3, 'all of them looked at');
    expect(Math.min(...waits(lookedAt))).toBeGreaterThanOrEqual(190);
  });
});

describe('a wallet that cannot be held against its mint', () => {
  it.each([
    ['since the mint refuses to speak of it holds up no other', 'MINT_ERROR', 5],
    ['since the mint does not answer has the others wait', 'MINT_UNAVAILABLE', 1],
  ] as const)('%s', async (_story, code, looks) => {
    const lookedAt: string[] = [];
    // Five in a round, and the next in half a second: this is the first alone.
    const rounds = held(40, 5_000, async ({ id }) => {
      lookedAt.push(id);
      throw new DomainError(code, 'HIGH', 'Not this one.');
    });
    begin(rounds);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(lookedAt).toHaveLength(looks);
  });
});
