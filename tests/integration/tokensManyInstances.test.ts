import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Instances, openInstances } from '../support/manyInstances.ts';
import { until } from '../support/world.ts';

const limitMs = 120_000;

let instances: Instances;
beforeAll(async () => {
  // So long a reclaim that was beaten is watched as well, before that is taken for sure.
  const env = { CRUCIBLE_ANSWER_WITHIN_MS: '60000', CRUCIBLE_FENCE_DELAY_MS: '1000' };
  instances = await openInstances(env);
  await instances.run(2);
}, limitMs);
afterAll(() => instances.close(), limitMs);

const sumOf = async (...wallets: string[]): Promise<number> => {
  const balances = await Promise.all(wallets.map((at) => instances.balance(at)));
  return balances.reduce((sum, { totalBalance = Number.NaN }) => sum + totalBalance, 0);
};

it(
  'one token, asked for through two servers at once by its giver and two takers: one of them has it, once',
  async () => {
    const [giver, taker, other] = await Promise.all([
      instances.wallet(64, 64),
      instances.wallet(),
      instances.wallet(),
    ]);
    const ask = (turn: number, path: string, body: object) =>
      instances.ask(instances.alive[turn % 2]?.url ?? '', 'POST', path, body);
    const { outstanding } = await instances.sim.books();
    for (let round = 0; round < 3; round += 1) {
      const { body } = await ask(round, `${giver}/send`, { amount: 21 });
      const given = { encodedToken: body['encodedToken'] };
      const reclaim = `${giver}/send/${String(body['transactionId'])}/reclaim`;
      const replies = await Promise.all([
        ask(0, `${taker}/receive`, given),
        ask(1, `${taker}/receive`, given),
        ask(0, `${other}/receive`, given),
        ask(1, `${other}/receive`, given),
        ask(0, reclaim, {}),
        ask(1, reclaim, {}),
      ]);
      const winners = [replies.slice(0, 2), replies.slice(2, 4), replies.slice(4)].filter((pair) =>
        pair.some(({ status }) => status === 200),
      );
      expect(winners.length).toBeLessThanOrEqual(1);
      // What was taken is out until that is noticed; it comes to one of them, and to nobody twice.
      await until(async () => (await sumOf(giver, taker, other)) === outstanding, 'all of it held', 30_000);
      const { operations } = instances.database;
      const open = () => operations.countDocuments({ open: true, kind: { $in: ['send', 'receive'] } });
      await until(async () => (await open()) === 0, 'nothing under way', 30_000);
      expect((await instances.sim.books()).outstanding).toBe(outstanding);
    }
  },
  limitMs,
);
