import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { httpTransport } from '../support/carrier.ts';
import { type Body, retold } from '../support/liar.ts';
import { expectBalancedBooks, expectRealMoney, unhurried } from '../support/money.ts';
import { askRestore, presentRestore } from '../support/restoring.ts';
import { backUp, putBack, recoveryOf, walletOn } from '../support/rolledBack.ts';
import { lost, posts, type Tale, tellingMint } from '../support/tellingMint.ts';
import { type TestWallet, until, type World } from '../support/world.ts';

type Sent = Parameters<Tale>[0];

const meltPath = '/v1/melt/bolt11';
const namesIn = ({ body }: Sent): string[] => {
  const { outputs = [] }: { outputs?: { B_: string }[] } = JSON.parse(body ?? '{}');
  return outputs.map(({ B_ }) => B_);
};

let mint: ReturnType<typeof tellingMint>;
let world: World;
let wallet: TestWallet;
beforeEach(async () => {
  mint = tellingMint();
  const env = { ...unhurried, CRUCIBLE_FENCE_DELAY_MS: '20000' };
  world = await mint.start({ feeReserveMinSat: 4 }, env);
  wallet = await world.wallet(256, 128);
});
afterEach(() => world.end());

/** A payment of all of a token that is under way at the mint, and of which no change will come. @returns how it goes through */
async function hang(): Promise<() => Promise<void>> {
  const wishes = { amount: 252, behaviour: 'pending' as const, routingFeeSat: 4 };
  const { invoice, paymentHash } = await world.sim.invoice(wishes);
  expect((await wallet.melt(invoice, {}, { prefer: 'respond-async' })).status).toBe(202);
  await until(async () => (await world.sim.ledger()).pendingTotal > 0, 'the payment under way');
  return async () => {
    await world.sim.settle(paymentHash, 'paid');
  };
}

/** Another, of all of the other token, whose request does not come through. @returns the request */
async function payInVain(): Promise<Sent> {
  const sent = Promise.withResolvers<Sent>();
  mint.tale = (request) => {
    if (!posts(request, meltPath)) return undefined;
    sent.resolve(request);
    return lost();
  };
  const { invoice } = await world.sim.invoice({ amount: 124 });
  expect((await wallet.melt(invoice, {}, { prefer: 'respond-async' })).status).toBe(202);
  return sent.promise;
}

/** The first look at these outputs comes a moment before the mint has signed them. */
function signLate(names: readonly string[]): void {
  const hide = (body: Body & { outputs?: { B_: string }[] }): void => {
    const { outputs = [], signatures = [] } = body;
    body.signatures = signatures.filter((_, at) => !names.includes(outputs[at]?.B_ ?? ''));
    body.outputs = outputs.filter(({ B_ }) => !names.includes(B_));
  };
  mint.tale = (request, carry) => {
    if (!posts(request, '/v1/restore') || !namesIn(request).some((B_) => names.includes(B_)))
      return undefined;
    mint.tale = null;
    return retold(carry, hide);
  };
}

it('a restore that looks once more finds the change of a payment that goes through only then, signed a moment later', async () => {
  const backup = await backUp(world);
  const settle = await hang();
  const late = await payInVain();
  const restored = await putBack(world, world, backup);
  mint.tale = null;
  expect((await askRestore(restored, wallet, { prefer: 'respond-async' })).status).toBe(202);
  const recovery = async () => (await recoveryOf(restored, wallet.npub))?.recovery;
  await until(async () => (await recovery())?.state === 'watching', 'all looked through', 60_000);
  await settle();
  const isBegunAgain = async () =>
    Object.values((await recovery())?.scans ?? {}).some(({ next, done }) => next === 0 && !done);
  await until(isBegunAgain, 'another look about to be taken', 60_000);
  signLate(namesIn(late));
  expect(await httpTransport(late)).toMatchObject({ kind: 'reply', httpStatus: 200 });
  const status = async () => (await presentRestore(restored, wallet)).body['status'];
  await until(async () => (await status()) === 'DONE', 'the end of the restore', 60_000);
  expect(mint.tale).toBeNull();
  expect(await walletOn(restored, wallet).balance()).toMatchObject({ totalBalance: 4 });
  await expectBalancedBooks(restored);
  await expectRealMoney(restored, wallet.npub);
}, 150_000);
