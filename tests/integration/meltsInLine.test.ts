import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { pause } from '../../src/timing.ts';
import { askedOfMint, expectBalancedBooks, expectProblem, unhurried } from '../support/money.ts';
import { type Reply, startWorld, type TestWallet, until, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '30000' } });
});
afterAll(() => world.end());
afterEach(async () => {
  await world.sim.clearFaults();
  await world.sim.release();
  await expectBalancedBooks(world);
});

const isPaid = ({ status, body }: Reply): boolean => status === 200 && body['paymentResult'] === 'PAID';

async function pay(wallet: TestWallet, amounts: number[]): Promise<Reply[]> {
  const invoices = await Promise.all(amounts.map((amount) => world.sim.invoice({ amount })));
  return Promise.all(invoices.map(({ invoice }) => wallet.melt(invoice)));
}

it('payments that one proof must pay for, one after the other, are all paid: each waits for what the last leaves', async () => {
  const wallet = await world.wallet(256);
  const replies = await pay(wallet, [20, 21, 22, 23]);
  expect(replies.filter(isPaid)).toHaveLength(4);
  expect(await wallet.balance()).toMatchObject({ totalBalance: 170, reservedBalance: 0 });
});

it('who waits for ecash that is paid out in the end is told that it is too little', async () => {
  const wallet = await world.wallet(64);
  const replies = await pay(wallet, [50, 51]);
  expect(replies.filter(isPaid)).toHaveLength(1);
  const [refused] = replies.filter((reply) => !isPaid(reply));
  if (refused === undefined) throw new Error('none was refused');
  await expectProblem(world, refused, { status: 400, code: 'INSUFFICIENT_BALANCE', severity: 'LOW' });
});

it('a payment whose mint does not answer holds up no other of its wallet for long', async () => {
  const wallet = await world.wallet(32, 32);
  await world.sim.clearRequests();
  await world.sim.addFaults({ match: { path: '/v1/checkstate' }, fault: 'hold' });
  const held = pay(wallet, [30]);
  await until(async () => (await askedOfMint(world, '/v1/checkstate')) === 1, 'the first at the mint');
  expect((await pay(wallet, [30])).filter(isPaid)).toHaveLength(1);
  expect((await world.sim.faults()).held).toBe(1);
  await world.sim.release();
  expect((await held).filter(isPaid)).toHaveLength(1);
});

it('a payment that waits while its key is revoked is not made', async () => {
  const wallet = await world.wallet(64);
  const key = await world.keyFor(['wallet:melt'], wallet.npub);
  const { apiKeys } = world.context.database;
  await world.sim.addFaults({ match: { path: '/v1/melt/bolt11' }, fault: 'hold' });
  const held = pay(wallet, [30]);
  await until(async () => (await world.sim.faults()).held === 1, 'the first at the mint');
  const { invoice } = await world.sim.invoice({ amount: 5 });
  const waiting = wallet.melt(invoice, {}, { authorization: `Bearer ${key}` });
  const isKnown = { npub: wallet.npub, last_used_on: { $ne: null } };
  await until(async () => (await apiKeys.exists(isKnown)) !== null, 'the second in the line');
  const [, id = ''] = key.split('_');
  expect(await world.context.services.apiKeys.revoke(id)).toBe('revoked');
  // A request that has not waited for a tenth of a second has not waited.
  await pause(150);
  await world.sim.release();
  expect((await held).filter(isPaid)).toHaveLength(1);
  await expectProblem(world, await waiting, { status: 401, code: 'UNAUTHENTICATED', severity: 'LOW' });
  expect(await wallet.balance()).toMatchObject({ totalBalance: 34, reservedBalance: 0 });
});
