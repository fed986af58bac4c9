import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/logger.ts';
import type { MeltOperation, OperationKey } from '../../src/models/operation.ts';
import { createBreaker } from '../../src/services/mint/breaker.ts';
import type { Handler } from '../../src/services/operations/driver.ts';
import type { Rounds } from '../../src/services/operations/rounds.ts';
import { createWorker } from '../../src/services/operations/worker.ts';
import { melt } from '../support/operations.ts';
import { until } from '../support/world.ts';

const here = 'http://here.test';
const elsewhere = 'http://elsewhere.test';
const allAwake = { awake: () => [here, elsewhere], admitsLook: () => true, returnLook: () => undefined };

const unused = (): never => {
  throw new Error('the driver does all');
};
const handler: Handler<never> = { advance: unused, waitMs: unused, reread: unused };

/** What is due, in this order, of which some documents are locked by a transaction that does not end. */
function store(due: MeltOperation[], lockedForMs = 100) {
  const left = new Map(due.map((operation) => [operation.id, operation]));
  return {
    left,
    operations: {
      due: async (
        _now: Date,
        { limit, at, except }: { limit: number; at: readonly string[]; except: readonly string[] },
      ) =>
        [...left.values()]
          .filter(({ id, mintUrl }) => at.includes(mintUrl) && !except.includes(id))
          .slice(0, limit),
      claim: async ({ id }: OperationKey) => {
        if (!id.startsWith('locked')) return left.get(id) ?? null;
        await new Promise((resolve) => setTimeout(resolve, lockedForMs));
        return null;
      },
      postponeOpen: async () => undefined,
    },
  };
}

const several = (count: number, name: string, mintUrl: string): MeltOperation[] =>
  Array.from({ length: count }, (_, number) => melt({ id: `${name}_${number}`, mintUrl }));

describe('operations that cannot be claimed, longest due of all', () => {
  const workers: Rounds[] = [];
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.stop();
  });

  function workAt(
    { left, operations }: ReturnType<typeof store>,
    mints: Parameters<typeof createWorker>[0]['mints'] = allAwake,
  ): string[] {
    const done: string[] = [];
    const worker = createWorker({
      operations,
      mints,
      driver: {
        owner: 'worker',
        drive: async (operation) => {
          done.push(operation.id);
          left.delete(operation.id);
          return operation;
        },
      },
      handlers: { melt: handler, minting: handler, send: handler, receive: handler, upkeep: handler },
      intervalMs: 10,
      leaseMs: 2_000,
      logger: createLogger('silent'),
      now: () => new Date(),
    });
    workers.push(worker);
    worker.start();
    return done;
  }

  it.each([8, 70])('%i of one mint hide no others, of that mint or another', async (locked) => {
    const due = store([
      ...several(locked, 'locked', here),
      ...several(12, 'here', here),
      ...several(3, 'elsewhere', elsewhere),
    ]);
    workAt(due);
    await until(async () => due.left.size === locked, 'all that can be claimed');
  });

  it('use up no turn at a mint that is silent', async () => {
    let nowMs = 1_000_000;
    const breaker = createBreaker(() => nowMs);
    for (let failures = 0; failures < 3; failures += 1)
      breaker.report({ kind: 'lost', reason: 'not_sent' }, nowMs, 'settling');
    nowMs += 2_000; // one look is allowed now, and this clock stands still
    const due = store([...several(3, 'locked', here), ...several(3, 'free', here)], 20);
    const awake = () => (breaker.isResting() ? [] : [here]);
    const done = workAt(due, { awake, admitsLook: breaker.admitsLook, returnLook: breaker.returnLook });
    await until(async () => done.length > 0, 'the one look');
    expect(done).toHaveLength(1);
  });
});
