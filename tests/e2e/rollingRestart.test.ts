import { randomUUID } from 'node:crypto';
import { types } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Answer, openPremises, type Premises, type RealServer } from '../support/realServers.ts';
import { until } from '../support/world.ts';

let premises: Premises;
let instances: RealServer[];
beforeAll(async () => {
  premises = await openPremises();
  instances = await Promise.all([premises.start(), premises.start()]);
}, 60_000);
afterAll(() => premises.close());

type Told = { at: string; paymentHash: string; key: string; answer: Answer };

/** What clients have met. `cutOff`: a request that ended without an answer. */
const met = { told: [] as Told[], draining: 0, nobody: 0, cutOff: [] as string[] };

it('two instances restarted one after the other under load lose nothing that was answered', async () => {
  const funds = 2_000;
  const clients = 3;
  const wallets = await Promise.all(
    Array.from({ length: clients }, () => premises.wallet(instances[0]?.url ?? '', funds)),
  );
  let isOver = false;
  const loads = wallets.map((at, number) => payOnAndOn(at, number, () => isOver));
  for (const index of instances.keys()) {
    const paidBefore = met.told.length;
    await until(async () => met.told.length > paidBefore + clients, 'some payments');
    await restart(index);
  }
  isOver = true;
  await Promise.all(loads);

  expect(met.cutOff).toEqual([]);
  expect(met.draining).toBeGreaterThan(0);
  const { payments, balance, outstanding } = await premises.sim.ledger();
  expect(balance.ok).toBe(true);
  const timesPaid = new Map(payments.map(({ paymentHash, count }) => [paymentHash, count]));
  for (const { answer, paymentHash } of met.told) {
    expect(answer).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
    expect(timesPaid.get(paymentHash)).toBe(1);
  }
  // Nothing was paid that nobody was told of; the rest are those that funded the wallets.
  expect(payments).toHaveLength(met.told.length + clients);
  await expectSamePresentOutcome(met.told.slice(0, 3));
  const held = await Promise.all(wallets.map(async (at) => (await read(`${at}/balance`)).body['balance']));
  expect(held.reduce<number>((sum, amount) => sum + Number(amount), 0)).toBe(outstanding);
});

/** One payment after the other; where an instance refuses or is not there, the other one is asked with the same key. */
async function payOnAndOn(at: string, first: number, isOver: () => boolean): Promise<void> {
  for (let turn = first; !isOver(); turn += 1) {
    const { invoice, paymentHash } = await premises.sim.invoice({ amount: 5 });
    const key = randomUUID();
    const answer = await answered(turn, at, invoice, key);
    if (answer !== null) met.told.push({ at, paymentHash, key, answer });
  }
}

async function answered(turn: number, at: string, invoice: string, key: string): Promise<Answer | null> {
  for (let asked = turn; ; asked += 1) {
    const url = instances[asked % instances.length]?.url ?? '';
    try {
      const answer = await premises.ask(url, 'POST', `${at}/melt`, { invoice }, key);
      if (answer.status !== 503) return answer;
      expect(answer.body).toMatchObject({ code: 'SHUTTING_DOWN', retryable: true });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      met.draining += 1;
    } catch (error) {
      const code: unknown = types.isNativeError(error) ? Reflect.get(error, 'code') : error;
      // It refuses connections while it starts again: nothing was sent.
      if (code === 'ECONNREFUSED') met.nobody += 1;
      else {
        met.cutOff.push(String(code));
        return null;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function restart(index: number): Promise<void> {
  const leaving = instances[index];
  if (leaving === undefined) throw new Error('there is no such instance');
  leaving.process.kill('SIGTERM');
  expect((await leaving.ended).code).toBe(0);
  instances[index] = await premises.start();
}

/** A replay tells the truth too, from whichever instance. */
async function expectSamePresentOutcome(told: Told[]): Promise<void> {
  for (const { at, answer, key } of told) {
    const { transactionId } = answer.body;
    const status = await read(`${at}/melt/${String(transactionId)}`);
    expect(status.body).toMatchObject({ status: 'PAID', state: 'settled' });
    for (const { url } of instances) {
      const { body } = await premises.ask(url, 'POST', `${at}/melt`, { invoice: 'another' }, key);
      expect(body['code']).toBe('IDEMPOTENCY_KEY_REUSED');
    }
  }
}

const read = (path: string): Promise<Answer> => premises.ask(instances[0]?.url ?? '', 'GET', path);
