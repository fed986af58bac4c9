import { randomUUID } from 'node:crypto';
import type { Reply } from '../../world.ts';
import { type Bill, transactionOf } from '../model.ts';
import { type Owner, type Town, tellPayees } from '../town.ts';
import { always, expectAnswer, oneOf, type Step, said, somebody, someOf } from './step.ts';

async function meltAs(
  town: Town,
  owner: Owner,
  { invoice, paymentHash }: Bill,
  headers: Record<string, string>,
  may: (number | string)[],
): Promise<Reply | null> {
  town.touched.add(owner);
  const reply = await town.ask(owner, 'POST', `${owner.at}/melt`, { body: { invoice }, headers });
  expectAnswer(town, reply, 'a melt', may);
  const id = reply === null ? null : transactionOf(reply);
  if (reply === null || id === null) return reply;
  const { paymentResult, code, changePending, paidAmount, feesPaid } = reply.body;
  if (paymentResult === 'PAID') {
    const movedSat = changePending === true ? null : -Number(paidAmount) - Number(feesPaid);
    town.promises.push({ id, what: 'paid', movedSat, paymentHash });
  }
  if (code === 'PAYMENT_FAILED') town.promises.push({ id, what: 'not paid', movedSat: null });
  return reply;
}

const behaviours = ['succeed', 'succeed', 'succeed', 'fail', 'pending'] as const;

const melt: Step = {
  name: 'melt',
  weight: 16,
  isBeside: true,
  isPossible: always,
  async take(town, dice) {
    const owner = somebody(town, dice);
    const amount = await someOf(town, dice, owner);
    const behaviour = dice.pick(behaviours);
    const terms = { amount, behaviour, routingFeeSat: dice.between(0, 3), delayMs: dice.between(0, 200) };
    const isPatient = behaviour !== 'pending' && dice.chance(0.8);
    const headers = {
      'idempotency-key': randomUUID(),
      ...(isPatient ? {} : { prefer: 'respond-async' }),
    };
    const times = dice.chance(0.15) ? 2 : 1;
    const bill = {
      ...(await town.world.sim.invoice(terms)),
      amount,
      hangs: behaviour === 'pending',
      decision: null,
    };
    town.bills.push(bill);
    const may = [200, 202, 'INSUFFICIENT_BALANCE', 'PAYMENT_FAILED', ...(times > 1 ? concurrent : [])];
    const replies = await Promise.all(
      Array.from({ length: times }, () => meltAs(town, owner, bill, headers, may)),
    );
    return `${owner.name} pays ${amount} (${behaviour}): ${replies.map(said).join(', ')}`;
  },
};

const concurrent = ['IDEMPOTENCY_CONFLICT', 'CONCURRENT_OPERATION', 'DUPLICATE_PAYMENT'];

const oneInvoice: Step = {
  name: 'melt one invoice from two wallets',
  weight: 3,
  isBeside: false,
  isPossible: always,
  async take(town, dice) {
    const [one, other] = town.owners;
    const amount = await someOf(town, dice, one);
    const bill = {
      ...(await town.world.sim.invoice({ amount, delayMs: 50 })),
      amount,
      hangs: false,
      decision: null,
    };
    town.bills.push(bill);
    town.isCalm = false;
    const may = [200, 202, 'INSUFFICIENT_BALANCE', 'PAYMENT_FAILED'];
    const replies = await Promise.all(
      [one, other].map((owner) => meltAs(town, owner, bill, { 'idempotency-key': randomUUID() }, may)),
    );
    town.isCalm = true;
    return `${one.name} and ${other.name} pay the same ${amount}: ${replies.map(said).join(', ')}`;
  },
};

/** A payee who has made up his mind. Whoever it is that waits for him, his wallet is another afterwards. */
export async function decide(town: Town, bill: Bill, result: 'paid' | 'failed'): Promise<void> {
  for (const owner of town.owners) town.touched.add(owner);
  bill.hangs = false;
  bill.decision = result;
  await tellPayees(town);
}

const decideOne: Step = {
  name: 'decide a payment that hangs',
  weight: 5,
  isBeside: true,
  isPossible: ({ bills }) => bills.some(({ hangs }) => hangs),
  async take(town, dice) {
    const bill = oneOf(
      dice,
      town.bills.filter(({ hangs }) => hangs),
    );
    if (bill === undefined) return 'no payment hangs';
    const result = dice.pick(['paid', 'failed'] as const);
    await decide(town, bill, result);
    return `${bill.amount} is ${result}`;
  },
};

export const meltSteps = [melt, oneInvoice, decideOne];
