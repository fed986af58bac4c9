import { afterEach, expect, it } from '@jest/globals';
import type { MeltDetails } from '../../src/models/operation.ts';
import { expectAllSettled } from '../support/mischief.ts';
import { unhurried } from '../support/money.ts';
import { posts, tellingMint } from '../support/tellingMint.ts';
import { type TestWallet, until, type World } from '../support/world.ts';

const answerWithinMs = 6_000;
/** So long somebody whose mint does not answer keeps a turn. */
const turnMs = 2_000;

let world: World;
let mint: ReturnType<typeof tellingMint>;
afterEach(() => world.end());

/** A wallet, a payment of which has its turn and is stuck in asking the mint about its outputs. */
async function stuckLine(): Promise<{ wallet: TestWallet; goOn: () => Promise<unknown> }> {
  mint = tellingMint();
  world = await mint.start({}, { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: String(answerWithinMs) });
  const wallet = await world.wallet(32, 32);
  const gate = Promise.withResolvers<void>();
  let held = 0;
  mint.tale = (request, carry) => {
    if (!posts(request, '/v1/restore') || held > 0) return undefined;
    held += 1;
    return gate.promise.then(() => carry());
  };
  const { invoice } = await world.sim.invoice({ amount: 30 });
  const first = wallet.melt(invoice);
  await until(async () => held > 0, 'the first in its turn');
  return {
    wallet,
    goOn: () => {
      gate.resolve();
      return first;
    },
  };
}

async function meltOf(transactionId: unknown) {
  const found = await world.context.database.operations.findById(String(transactionId)).lean();
  if (found === null || !('paymentHash' in found.details)) throw new Error('there is no such melt');
  const details: MeltDetails = found.details;
  return { details, createdMs: found.created_at.getTime() };
}

it('a client whose payment waited for others of its wallet is answered as soon as it would have been without them', async () => {
  const { wallet, goOn } = await stuckLine();
  const { invoice, paymentHash } = await world.sim.invoice({ amount: 30, behaviour: 'pending' });
  const from = Date.now();
  const second = await wallet.melt(invoice);
  expect(Date.now() - from).toBeLessThan(answerWithinMs + turnMs);
  expect(second).toMatchObject({ status: 202, body: { paymentResult: 'PENDING' } });
  const { details, createdMs } = await meltOf(second.body['transactionId']);
  // On a busy machine it may have come into the line late.
  expect(details.answerBy?.getTime()).toBeLessThan(createdMs + answerWithinMs - turnMs / 4);
  await goOn();
  await world.sim.settle(paymentHash, 'paid');
  await expectAllSettled(world);
});

it('a quote that has run too short in the line is asked for again before anything is reserved', async () => {
  const { wallet, goOn } = await stuckLine();
  const { tale } = mint;
  const quotes: string[] = [];
  mint.tale = (request, carry) => {
    if (!posts(request, '/v1/melt/quote/bolt11')) return tale?.(request, carry);
    return carry().then((exchange) => {
      if (exchange.kind !== 'reply') return exchange;
      const quote: { quote: string; expiry: number } = JSON.parse(exchange.body);
      quotes.push(quote.quote);
      const expiry = quotes.length === 1 ? Math.ceil(Date.now() / 1000) + 30 : quote.expiry;
      return { ...exchange, body: JSON.stringify({ ...quote, expiry }) };
    });
  };
  const { invoice } = await world.sim.invoice({ amount: 30 });
  const second = await wallet.melt(invoice);
  expect(second).toMatchObject({ status: 200, body: { paymentResult: 'PAID', quoteId: quotes[1] } });
  expect(quotes).toHaveLength(2);
  await goOn();
  await expectAllSettled(world);
});
