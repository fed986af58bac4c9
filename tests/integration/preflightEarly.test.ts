import { afterEach, expect, it } from '@jest/globals';
import { expectAllSettled } from '../support/mischief.ts';
import { proofsOf } from '../support/money.ts';
import { discrepanciesOf } from '../support/preflight.ts';
import { posts, type Tale, type TellingMint, tellingMint } from '../support/tellingMint.ts';
import { until, type World } from '../support/world.ts';

let mint: TellingMint;
let world: World;
afterEach(async () => {
  mint.tale = null;
  await expectAllSettled(world);
  await world.end();
});

async function begin(): Promise<void> {
  mint = tellingMint();
  world = await mint.start();
}

const looks = () => mint.sent.filter((request) => posts(request, '/v1/checkstate')).length;

/** The first quote that is asked for comes back once `gate` is open; all others at once. */
function firstQuoteBehind(gate: Promise<unknown>): Tale {
  let quotes = 0;
  return (request, carry) => {
    if (!posts(request, '/v1/melt/quote/bolt11')) return undefined;
    quotes += 1;
    return quotes === 1 ? gate.then(() => carry()) : undefined;
  };
}

it('the mint is asked about a wallet’s proofs while it is asked for the quote, and not again', async () => {
  await begin();
  const wallet = await world.wallet(64, 32);
  const before = looks();
  mint.tale = firstQuoteBehind(until(async () => looks() > before, 'a look at the proofs before the quote'));
  const { invoice } = await world.sim.invoice({ amount: 20 });
  expect((await wallet.melt(invoice)).status).toBe(200);
  expect(looks() - before).toBe(1);
});

it('where another payment has taken ecash since that look, what is left is looked at again, and pays', async () => {
  await begin();
  const wallet = await world.wallet(64, 32);
  const other = Promise.withResolvers<void>();
  mint.tale = firstQuoteBehind(other.promise);
  const before = looks();
  const waiting = wallet.melt((await world.sim.invoice({ amount: 20 })).invoice);
  await until(async () => looks() > before, 'the early look');
  expect((await wallet.melt((await world.sim.invoice({ amount: 20 })).invoice)).status).toBe(200);
  other.resolve();
  expect((await waiting).status).toBe(200);
  expect(looks() - before).toBeGreaterThanOrEqual(3);
  expect(await wallet.balance()).toMatchObject({ totalBalance: 56, reservedBalance: 0 });
});

it('a mint that does not answer that look is asked again before anything is at stake', async () => {
  await begin();
  const wallet = await world.wallet(64);
  const before = looks();
  mint.tale = (request) =>
    posts(request, '/v1/checkstate') && looks() - before === 1
      ? Promise.resolve({ kind: 'reply', httpStatus: 400, body: '{"detail":"busy","code":0}' })
      : undefined;
  expect((await wallet.melt((await world.sim.invoice({ amount: 20 })).invoice)).status).toBe(200);
  expect(looks() - before).toBe(2);
});

it('a wallet of very many proofs is not looked at as a whole: the mint is asked about those that pay', async () => {
  await begin();
  const wallet = await world.wallet(...Array.from({ length: 65 }, () => 1), 64);
  const before = mint.sent.length;
  expect((await wallet.melt((await world.sim.invoice({ amount: 20 })).invoice)).status).toBe(200);
  const asked = mint.sent.slice(before).filter((request) => posts(request, '/v1/checkstate'));
  expect(asked).toHaveLength(1);
  const { Ys }: { Ys: string[] } = JSON.parse(asked[0]?.body ?? '');
  expect(Ys.length).toBeLessThan(64);
});

it('what that look saw wrong is looked at again before anybody is accused', async () => {
  await begin();
  const wallet = await world.wallet(64, 32);
  const [proof] = await proofsOf(world, wallet.npub);
  if (proof === undefined) throw new Error('the wallet is empty');
  await world.sim.addFaults({ fault: { kind: 'override_state', Y: proof.Y, state: 'SPENT' }, times: 2 });
  for (const amount of [50, 20])
    expect((await wallet.melt((await world.sim.invoice({ amount })).invoice)).status).toBe(200);
  expect((await discrepanciesOf(world, wallet.npub)).flat()).toEqual([]);
});

it('nobody is refused for what was not free when the quote was asked for', async () => {
  await begin();
  const wallet = await world.wallet(64);
  const settled = Promise.withResolvers<void>();
  const { invoice, paymentHash } = await world.sim.invoice({ amount: 20, behaviour: 'pending' });
  const first = wallet.melt(invoice);
  await until(async () => (await world.sim.ledger()).pendingTotal > 0, 'the first under way');
  mint.tale = firstQuoteBehind(settled.promise);
  const next = (await world.sim.invoice({ amount: 10 })).invoice;
  const quotes = () => mint.sent.filter((request) => posts(request, '/v1/melt/quote/bolt11')).length;
  const before = quotes();
  const second = wallet.melt(next, {}, { prefer: 'respond-async' });
  await until(async () => quotes() > before, 'the second asking for its quote');
  await world.sim.settle(paymentHash, 'paid');
  expect((await first).status).toBe(200);
  settled.resolve();
  expect((await second).status).toBe(202);
});
