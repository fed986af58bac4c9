import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { askedOfMint, timesPaid, unhurried } from '../support/money.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

/** Without workers, so that nobody advances anything but the requests and whoever has it rechecked. */
let world: World;
let headers: { authorization: string };
beforeAll(async () => {
  world = await startWorld({
    workers: false,
    simulator: { feeReserveMinSat: 4 },
    env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '2500' },
  });
  headers = { authorization: `Bearer ${await world.keyFor(['support:write'])}` };
});
afterAll(() => world.end());
afterEach(() => world.sim.clearFaults());

const recheck = (id: string, url = world.url) =>
  world.call('POST', `/api/support/operations/${id}/recheck`, {}, headers, url);

/** A payment that Lightning holds, left by its request. */
async function hanging(): Promise<{ wallet: TestWallet; id: string; paymentHash: string }> {
  const wallet = await funded();
  const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, behaviour: 'pending' });
  const asked = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
  expect(asked.status).toBe(202);
  const id = String(asked.body['transactionId']);
  await until(async () => (await recheck(id)).body['outcome'] === 'LOOKED_AT', 'the request to have left it');
  return { wallet, id, paymentHash };
}

const funded = () => world.wallet(512);

describe('an operation that support has rechecked', () => {
  it('is where it was while Lightning holds the payment, and settled once it was paid: at once, and once', async () => {
    const { wallet, id, paymentHash } = await hanging();
    const looks = await askedOfMint(world, '/v1/checkstate');
    expect((await recheck(id)).body).toMatchObject({
      outcome: 'LOOKED_AT',
      mintAnsweredMsAgo: expect.any(Number),
      transactionId: id,
      npub: wallet.npub,
      status: 'PENDING',
      state: 'pending',
    });
    expect(await askedOfMint(world, '/v1/checkstate')).toBeGreaterThan(looks);
    await world.sim.settle(paymentHash, 'paid');
    expect((await recheck(id)).body).toMatchObject({
      outcome: 'LOOKED_AT',
      status: 'PAID',
      state: 'settled',
      whereTheMoneyIs: expect.stringContaining('the invoice is paid'),
    });
    expect((await recheck(id)).body).toMatchObject({ outcome: 'ENDED_BEFORE', state: 'settled' });
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ reservedBalance: 0 });
  });

  it('is advanced by one of many who ask at once; the others are told that somebody is at it', async () => {
    const { id, paymentHash } = await hanging();
    await world.sim.settle(paymentHash, 'paid');
    const answers = await Promise.all(Array.from({ length: 5 }, () => recheck(id)));
    const outcomes = answers.map(({ body }) => body['outcome']);
    // On a busy machine the look may take longer than anybody waits.
    expect(outcomes.filter((outcome) => outcome === 'LOOKED_AT' || outcome === 'STILL_ASKING')).not.toEqual(
      [],
    );
    for (const outcome of outcomes)
      expect(['LOOKED_AT', 'STILL_ASKING', 'BUSY', 'ENDED_BEFORE']).toContain(outcome);
    await until(async () => (await recheck(id)).body['outcome'] === 'ENDED_BEFORE', 'the payment booked');
    expect((await recheck(id)).body).toMatchObject({ outcome: 'ENDED_BEFORE', state: 'settled' });
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('of a mint that is silent stays what it is, and the answer says how long the mint has been', async () => {
    const { id, paymentHash } = await hanging();
    await world.sim.addFaults({ match: { path: '/v1/*' }, fault: 'drop_before', times: null });
    const silent = await recheck(id);
    expect(silent).toMatchObject({ status: 200, body: { state: 'pending' } });
    expect(['LOOKED_AT', 'STILL_ASKING']).toContain(silent.body['outcome']);
    await world.sim.clearFaults();
    await world.sim.settle(paymentHash, 'paid');
    const isSettled = async () => (await recheck(id)).body['state'] === 'settled';
    await until(isSettled, 'the payment booked');
  });

  it('is never asked about at a mint that is not configured any more', async () => {
    const { id, paymentHash } = await hanging();
    const { operations } = world.context.database;
    await operations.updateOne({ _id: id }, { $set: { mint_url: 'https://gone.test' } });
    expect((await recheck(id)).body).toMatchObject({ outcome: 'MINT_NOT_CONFIGURED', state: 'pending' });
    await operations.updateOne({ _id: id }, { $set: { mint_url: world.env.MINT_URL } });
    await world.sim.settle(paymentHash, 'paid');
    expect((await recheck(id)).body).toMatchObject({ state: 'settled' });
  });

  it('and that a person must decide about is not touched', async () => {
    const { id, paymentHash } = await hanging();
    const { operations } = world.context.database;
    await operations.updateOne({ _id: id }, { $set: { state: 'needs_attention' }, $unset: { open: 1 } });
    const asked = await askedOfMint(world, '/v1/checkstate');
    expect((await recheck(id)).body).toMatchObject({ outcome: 'NEEDS_DECISION', status: 'NEEDS_ATTENTION' });
    expect(await askedOfMint(world, '/v1/checkstate')).toBe(asked);
    await operations.updateOne({ _id: id }, { $set: { state: 'pending', open: true } });
    await world.sim.settle(paymentHash, 'paid');
    expect((await recheck(id)).body).toMatchObject({ state: 'settled' });
  });

  it('that is a minting is credited once its invoice is paid', async () => {
    const wallet = await world.wallet();
    const asked = await world.call('POST', `${wallet.at}/mint`, { amount: 64 });
    const id = String(asked.body['transactionId']);
    expect((await recheck(id)).body).toMatchObject({ kind: 'minting', status: 'PENDING' });
    await world.sim.pay(String(asked.body['invoice']));
    await until(async () => (await recheck(id)).body['state'] === 'issued', 'the ecash issued');
    expect((await recheck(id)).body).toMatchObject({ outcome: 'ENDED_BEFORE', status: 'PAID' });
    expect(await wallet.balance()).toMatchObject({ unspentBalance: 64 });
  });
});

it('who wanted it stands in the audit log before the mint is asked', async () => {
  const { id } = await hanging();
  const { audit } = world.context.database;
  const before = await audit.countDocuments({ transaction_id: id, event: 'operation.recheck_wanted' });
  await recheck(id);
  const told = await audit
    .find({ transaction_id: id, event: 'operation.recheck_wanted' })
    .sort({ at: 1 })
    .lean();
  expect(told).toHaveLength(before + 1);
  expect(told.at(-1)).toMatchObject({
    details: { state: 'pending', label: 'test', keyId: expect.any(String), requestId: expect.any(String) },
  });
});
