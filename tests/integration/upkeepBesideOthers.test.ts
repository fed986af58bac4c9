import { afterEach, expect, it } from '@jest/globals';
import { SimulatorClient } from '../../simulator/client.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { giveDust } from '../support/dust.ts';
import { expectBalancedBooks, unhurried } from '../support/money.ts';
import { askRestore } from '../support/restoring.ts';
import { newSigner } from '../support/signing.ts';
import { answer, posts, tellingMint } from '../support/tellingMint.ts';
import { startWorld, until } from '../support/world.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

it('upkeep goes on, round after round, while another mint keeps it waiting', async () => {
  const telling = tellingMint();
  const [quick, slow] = [await startSimulator(), await startSimulator({ seed: 'a slow mint' })];
  ends.push(quick.close, slow.close);
  const world = await startWorld({
    overrides: { transport: telling.transport },
    env: { ...unhurried, CRUCIBLE_UPKEEP_INTERVAL_MS: '50', MINT_URL: `${quick.url},${slow.url}` },
  });
  ends.push(world.end);
  /** A wallet of 255 there, in a keyset that is retired by now. */
  const retiredWallet = async (mintUrl: string) => {
    const { npub } = newSigner();
    const mint = new SimulatorClient(mintUrl);
    await world.call('POST', '/api/wallet/create', { npub, mintUrl });
    const { body } = await world.call('POST', `/api/wallet/${npub}/mint`, { amount: 255 });
    await mint.pay(String(body['invoice']));
    const { tokens, wallets } = world.context.database;
    await until(async () => (await tokens.exists({ npub, status: 'unspent' })) !== null, 'funded');
    await mint.rotate();
    return { npub, fallDue: () => wallets.updateOne({ npub }, { $unset: { upkeep_due_at: 1 } }) };
  };
  const released = Promise.withResolvers<void>();
  let isHeld = false;
  const isSlow = ({ url }: { url: string }) => url.startsWith(slow.url);
  telling.tale = (request, carry) => {
    if (!isSlow(request) || !request.url.endsWith('/v1/swap')) return undefined;
    isHeld = true;
    return released.promise.then(() => carry());
  };
  const waiting = await retiredWallet(slow.url);
  await until(async () => {
    await waiting.fallDue();
    return isHeld;
  }, 'the slow mint asked');

  const wallet = await retiredWallet(quick.url);
  const { operations } = world.context.database;
  const upkeep = { npub: wallet.npub, kind: 'upkeep' as const, state: 'kept_up' };
  await until(async () => {
    await wallet.fallDue();
    return (await operations.exists(upkeep)) !== null;
  }, 'the other wallet kept up').finally(released.resolve);
  const both = { kind: 'upkeep' as const, state: 'kept_up' };
  await until(async () => (await operations.countDocuments(both)) >= 2, 'both kept up');
}, 60_000);

it('a mint that calls ecash spent for a moment empties no wallet that nobody uses', async () => {
  const telling = tellingMint();
  const env = { ...unhurried, CRUCIBLE_UPKEEP_INTERVAL_MS: '50' };
  const world = await startWorld({ overrides: { transport: telling.transport }, env });
  ends.push(world.end);
  const wallet = await world.wallet(255);
  let looks = 0;
  telling.tale = (request) => {
    if (!posts(request, '/v1/checkstate')) return undefined;
    looks += 1;
    const { Ys }: { Ys: string[] } = JSON.parse(request.body ?? '{}');
    return answer(200, { states: Ys.map((Y) => ({ Y, state: 'SPENT', witness: null })) });
  };
  await world.sim.rotate();
  const { operations, wallets, tokens } = world.context.database;
  const fallDue = () => wallets.updateOne({ npub: wallet.npub }, { $unset: { upkeep_due_at: 1 } });
  const writtenOff = { npub: wallet.npub, spent_reason: 'mint_reported' as const };
  for (let turns = 1; turns <= 3; turns += 1) {
    const before = looks;
    await until(async () => {
      await fallDue();
      return looks > before;
    }, 'a look');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await tokens.countDocuments(writtenOff)).toBe(0);
  }
  telling.tale = null;
  const keptUp = { npub: wallet.npub, kind: 'upkeep' as const, state: 'kept_up' };
  await until(async () => {
    await fallDue();
    return (await operations.exists(keptUp)) !== null;
  }, 'the wallet kept up');
  expect(await tokens.countDocuments(writtenOff)).toBe(0);
  expect(await wallet.balance()).toMatchObject({ totalBalance: 255, reservedBalance: 0 });
  await expectBalancedBooks(world);
}, 60_000);

it('a payment has small proofs put together though a restore still waits for another one', async () => {
  const world = await startWorld({
    simulator: { feeReserveMinSat: 4 },
    env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '20000' },
  });
  ends.push(world.end);
  const wallet = await world.wallet(512);
  const hanging = await world.sim.invoice({ amount: 500, behaviour: 'pending' });
  await wallet.melt(hanging.invoice, {}, { prefer: 'respond-async' });
  const pending = { npub: wallet.npub, kind: 'melt' as const, state: 'pending' };
  await until(async () => (await world.context.database.operations.exists(pending)) !== null, 'pending');
  await giveDust(world, wallet, 600);
  expect((await askRestore(world, wallet)).body).toMatchObject({ watching: true });
  const { invoice } = await world.sim.invoice({ amount: 560 });
  expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
  await world.sim.settle(hanging.paymentHash, 'paid');
  const open = () => world.context.database.operations.countDocuments({ open: true });
  await until(async () => (await open()) === 0, 'both payments ended');
  await expectBalancedBooks(world);
}, 120_000);
