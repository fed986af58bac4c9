import { transactionOf } from '../model.ts';
import type { Owner, Town } from '../town.ts';
import { always, expectAnswer, oneOf, type Step, said } from './step.ts';

/** An invoice for a wallet, which somebody pays, or only later. */
export async function fundFor(town: Town, owner: Owner, amount: number, isPaid = true): Promise<string> {
  town.touched.add(owner);
  const reply = await town.ask(owner, 'POST', `${owner.at}/mint`, { body: { amount } });
  expectAnswer(town, reply, 'a minting', [201]);
  const told = `${owner.name} asks for ${amount}: ${said(reply)}`;
  if (reply?.status !== 201) return told;
  const invoice = String(reply.body['invoice']);
  const quoteId = String(reply.body['quote']);
  const quote = { owner, id: transactionOf(reply) ?? '', quoteId, invoice, isPaid };
  town.quotes.push(quote);
  if (!isPaid) return `${told}, which nobody pays yet`;
  await town.world.sim.pay(invoice);
  return told;
}

const fund: Step = {
  name: 'fund',
  weight: 8,
  isBeside: true,
  isPossible: always,
  take(town, dice) {
    return fundFor(town, dice.pick(town.owners), dice.between(1, 700), dice.chance(0.85));
  },
};

const payLate: Step = {
  name: 'pay a quote late',
  weight: 2,
  isBeside: true,
  isPossible: ({ quotes }) => quotes.some(({ isPaid }) => !isPaid),
  async take(town, dice) {
    const quote = oneOf(
      dice,
      town.quotes.filter(({ isPaid }) => !isPaid),
    );
    if (quote === undefined) return 'no quote is unpaid';
    const { owner, quoteId, invoice } = quote;
    town.touched.add(owner);
    quote.isPaid = true;
    await town.world.sim.pay(invoice);
    const reply = await town.ask(owner, 'POST', `${owner.at}/mint/complete`, { body: { quoteId } });
    expectAnswer(town, reply, 'the completion of a paid minting', [200]);
    return `${owner.name} completes an old one: ${said(reply)}`;
  },
};

export const funding = [fund, payLate];
