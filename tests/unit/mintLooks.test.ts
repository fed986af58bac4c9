import { beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/logger.ts';
import type { MeltOperation } from '../../src/models/operation.ts';
import { type Breaker, createBreaker } from '../../src/services/mint/breaker.ts';
import type { Exchange } from '../../src/services/mint/transport.ts';
import type { Driver, Handler } from '../../src/services/operations/driver.ts';
import { createWorker } from '../../src/services/operations/worker.ts';
import { melt } from '../support/operations.ts';
import { until } from '../support/world.ts';

const refusedConnection: Exchange = { kind: 'lost', reason: 'not_sent' };
const answer = (httpStatus: number, retryAfterMs?: number): Exchange => ({
  kind: 'reply',
  httpStatus,
  body: '{}',
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

describe('looks at the operations that wait for a mint', () => {
  let now: number;
  let breaker: Breaker;
  beforeEach(() => {
    now = 1_000_000;
    breaker = createBreaker(() => now);
  });

  const fails = (): void => breaker.report(refusedConnection, now, 'settling');

  it('are as many as are asked for while it answers', () => {
    breaker.report(answer(200), now, 'settling');
    fails();
    fails();
    for (let look = 0; look < 100; look += 1) expect(breaker.admitsLook()).toBe(true);
    expect(breaker.isResting()).toBe(false);
  });

  it('are one at a time while it is silent, soon once in one to two seconds', () => {
    for (let failures = 0; failures < 3; failures += 1) fails();
    expect([breaker.isResting(), breaker.admitsLook()]).toEqual([true, false]);
    const admitted: number[] = [];
    for (const endsAt = now + 60_000; now < endsAt; now += 10) {
      if (!breaker.admitsLook()) continue;
      admitted.push(now);
      expect(breaker.admitsLook()).toBe(false);
      fails();
    }
    const waits = admitted.slice(1).map((at, number) => at - (admitted[number] ?? Number.NaN));
    expect(Math.min(...waits.slice(3))).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2_010);
  });

  it('come about though others use up every turn to start something', () => {
    for (let failures = 0; failures < 3; failures += 1) fails();
    let looks = 0;
    for (const endsAt = now + 10_000; now < endsAt; now += 10) {
      if (breaker.admits('starting')) breaker.report(refusedConnection, now, 'starting');
      if (breaker.admitsLook()) looks += 1;
    }
    expect(looks).toBeGreaterThanOrEqual(5);
  });

  it('are free again with the first answer to anybody', () => {
    for (let failures = 0; failures < 3; failures += 1) fails();
    breaker.report(answer(200), now, 'starting');
    for (let look = 0; look < 10; look += 1) expect(breaker.admitsLook()).toBe(true);
  });

  it('leave their turn to another where they are not made, unless the mint was heard, or missed, since', () => {
    for (let failures = 0; failures < 3; failures += 1) fails();
    now += 2_000;
    expect([breaker.admitsLook(), breaker.admitsLook()]).toEqual([true, false]);
    breaker.returnLook();
    expect([breaker.admitsLook(), breaker.admitsLook()]).toEqual([true, false]);
    fails();
    breaker.returnLook();
    expect(breaker.isResting()).toBe(true);
    breaker.report(answer(200), now, 'settling');
    breaker.returnLook();
    expect([breaker.admitsLook(), breaker.isResting()]).toEqual([true, false]);
  });

  it('rest for as long as the mint has asked for, five seconds at most', () => {
    breaker.report(answer(429, 60_000), now, 'settling');
    now += 4_900;
    expect([breaker.isResting(), breaker.admitsLook()]).toEqual([true, false]);
    now += 200;
    expect([breaker.isResting(), breaker.admitsLook()]).toEqual([false, true]);
  });
});

describe('a worker with hundreds of operations that are due', () => {
  const slow = 'http://slow.test';
  const other = 'http://other.test';
  const perMint = 40;

  /** Works off as many at each of two mints; every look is over at once. @returns when each was begun, by mint */
  async function worksOff(admitsLook: (mintUrl: string) => boolean) {
    const due = new Map(
      [slow, other].flatMap((mintUrl) =>
        Array.from({ length: perMint }, (_, number): [string, MeltOperation] => {
          const operation = melt({ id: `${mintUrl}/${number}`, mintUrl });
          return [operation.id, operation];
        }),
      ),
    );
    const begun: { id: string; mintUrl: string; atMs: number }[] = [];
    const driver: Driver = {
      owner: 'worker',
      drive: async (operation) => {
        begun.push({ id: operation.id, mintUrl: operation.mintUrl, atMs: performance.now() });
        due.delete(operation.id);
        return operation;
      },
    };
    const unused = (): never => {
      throw new Error('the driver does all');
    };
    const handler: Handler<never> = { advance: unused, waitMs: unused, reread: unused };
    const worker = createWorker({
      operations: {
        due: async (_now, { limit, at }) =>
          [...due.values()].filter(({ mintUrl }) => at.includes(mintUrl)).slice(0, limit),
        claim: async ({ id }) => due.get(id) ?? null,
        postponeOpen: async () => undefined,
      },
      mints: { awake: () => [slow, other], admitsLook, returnLook: () => undefined },
      driver,
      handlers: { melt: handler, minting: handler, send: handler, receive: handler, upkeep: handler },
      intervalMs: 10,
      leaseMs: 2_000,
      logger: createLogger('silent'),
      now: () => new Date(),
    });
    return { worker, begun, due };
  }

  const within = (times: readonly number[], spanMs: number): number =>
    Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + spanMs).length));

  it('begins eight at each mint in a quarter of a second, however quick they are, in the order of their times', async () => {
    const { worker, begun, due } = await worksOff(() => true);
    worker.start();
    await until(async () => due.size === 0, 'all of them looked at');
    await worker.stop();
    for (const mint of [slow, other]) {
      const at = begun.filter(({ mintUrl }) => mintUrl === mint);
      expect(at.map(({ id }) => id)).toEqual(at.map((_, number) => `${mint}/${number}`));
      expect(
        within(
          at.map(({ atMs }) => atMs),
          200,
        ),
      ).toBe(8);
    }
  });

  it('leaves those of a mint alone that rests, and works off the others’', async () => {
    let turns = 1;
    const { worker, begun, due } = await worksOff((mintUrl) => {
      if (mintUrl === other) return true;
      turns -= 1;
      return turns >= 0;
    });
    worker.start();
    await until(async () => due.size === perMint - 1, 'the others’ looked at');
    await worker.stop();
    expect(begun.filter(({ mintUrl }) => mintUrl === slow)).toHaveLength(1);
  });
});
