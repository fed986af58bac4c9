import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { askStatus, inOrder, proofOf, tokenWith } from '../support/books.ts';
import {
  dumpAtRest,
  expectProblem,
  mintUnavailable,
  outside,
  spyOnMint,
  tokensOf,
  unhurried,
} from '../support/money.ts';
import { outputsOf } from '../support/preflight.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

describe('whoever asks how a wallet’s books compare with its mint', () => {
  const spy = spyOnMint();
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '3000' },
      simulator: { feeReserveMinSat: 4 },
      overrides: { transport: spy.transport },
      // They write while a payment is open.
      workers: false,
    });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    spy.before = async () => undefined;
    await world.sim.clearFaults();
  });

  async function pay(wallet: TestWallet, amount: number): Promise<void> {
    const { invoice } = await world.sim.invoice({ amount });
    expect((await wallet.melt(invoice)).status).toBe(200);
  }

  /** What is told, while nothing whatever changes in the database. */
  async function told(wallet: TestWallet): Promise<unknown> {
    const before = withoutLooks(await dumpAtRest(world));
    const { status, body } = await askStatus(world, wallet);
    expect(status).toBe(200);
    expect(withoutLooks(await dumpAtRest(world)) === before).toBe(true);
    return body;
  }

  it('hears that an empty wallet is in order', async () => {
    const wallet = await world.wallet();
    expect(await told(wallet)).toMatchObject({ ...inOrder, totalProofs: 0, unspentCount: 0, spentCount: 0 });
  });

  it('hears of proofs that can be spent, are reserved, are held by a payment, and were spent', async () => {
    const wallet = await world.wallet(64, 96, 512);
    await pay(wallet, 60);
    // Its change is booked early, so that the operation alone has what it sent.
    const hanging = await world.sim.invoice({ amount: 400, behaviour: 'pending' });
    await wallet.melt(hanging.invoice);
    const open = () => world.context.database.operations.findOne({ npub: wallet.npub, open: true }).lean();
    const worker = await world.instance({ transport: spy.transport }, true);
    await until(async () => Number((await open())?.held_amount) > 0, 'a payment that hangs');
    await worker.stop();
    const operation = await open();
    const held = (await outputsOf(world, operation?._id)).filter(({ role }) => role === 'send').length;
    const tokens = await tokensOf(world, wallet.npub);
    const count = (wanted: string) =>
      tokens.filter(({ status }) => status === wanted).flatMap(({ proofs = [] }) => proofs).length;
    expect(await told(wallet)).toMatchObject({
      ...inOrder,
      totalProofs: count('unspent') + count('spent') + held,
      unspentCount: count('unspent'),
      pendingCount: held,
      spentCount: count('spent'),
      timestamp: expect.stringMatching(/^\d{4}-/),
    });
  });

  it('hears nothing of a difference about what a payment has reserved', async () => {
    const wallet = await world.wallet(64, 96);
    const reserved = await proofOf(world, wallet, 32);
    const reserve = (reserved_by: string | null) =>
      world.context.database.tokens.updateOne({ _id: reserved.tokenId }, { $set: { reserved_by } });
    await reserve('tx_melt_of_this_test');
    await world.sim.spendOutside([outside(reserved)]);
    expect(await told(wallet)).toMatchObject({ ...inOrder, totalProofs: 3, spentCount: 1 });
    await reserve(null);
    await world.sim.forget([reserved.Y]);
  });

  it('hears of each of the five kinds at once, gravest first, by token', async () => {
    const wallet = await world.wallet(96, 16, 128, 8, 512);
    const [lost, alsoLost] = [await proofOf(world, wallet, 64), await proofOf(world, wallet, 32)];
    const [sent, held, used] = [
      await proofOf(world, wallet, 16),
      await proofOf(world, wallet, 8),
      await proofOf(world, wallet, 128),
    ];
    await pay(wallet, 124);
    expect((await tokenWith(world, wallet, used.Y)).status).toBe('spent');
    await world.context.database.tokens.updateOne({ _id: sent.tokenId }, { $set: { status: 'pending' } });
    await world.sim.addFaults({ match: { path: '/v1/melt/bolt11' }, fault: 'hold' });
    const { invoice } = await world.sim.invoice({ amount: 300 });
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const state = async () => (await wallet.status(body['transactionId'])).body['state'];
    await until(async () => (await state()) === 'melting');
    const blank = (await outputsOf(world, body['transactionId'])).find(({ role }) => role === 'blank');
    if (blank === undefined) throw new Error('the payment has no blank');
    await world.sim.spendOutside([
      ...[lost, alsoLost, sent].map(outside),
      { secret: blank.secret, amount: 1, id: blank.keysetId },
    ]);
    await world.sim.holdOutside([outside(held)]);
    await world.sim.forget([used.Y]);

    const { HIGH, MEDIUM, LOW } = { HIGH: 'HIGH', MEDIUM: 'MEDIUM', LOW: 'LOW' } as const;
    const line = (
      type: string,
      severity: string,
      tokenId: string | null,
      amount: number,
      proofCount = 1,
    ) => ({
      type,
      severity,
      tokenId,
      transactionId: tokenId === null ? body['transactionId'] : null,
      amount,
      proofCount,
    });
    const answer = await told(wallet);
    expect(answer).toMatchObject({
      severityCounts: { HIGH: 1, MEDIUM: 2, LOW: 2 },
      consistent: false,
      hasHighSeverity: true,
      complete: true,
      discrepancies: expect.arrayContaining([
        line('DB_SPENT_MINT_UNSPENT', MEDIUM, used.tokenId, 128),
        line('DB_PENDING_MINT_SPENT', MEDIUM, sent.tokenId, 16),
        line('PROOF_NOT_IN_DB', LOW, null, 0),
        line('DB_UNSPENT_MINT_PENDING', LOW, held.tokenId, 8),
      ]),
    });
    expect(answer).toHaveProperty(
      'discrepancies.0',
      line('DB_UNSPENT_MINT_SPENT', HIGH, lost.tokenId, 96, 2),
    );
  });

  it('is not told what a mint says once and takes back', async () => {
    const wallet = await world.wallet(64);
    await world.sim.addFaults({ fault: { kind: 'override_state', Y: '*', state: 'SPENT' }, times: 1 });
    expect(await told(wallet)).toMatchObject(inOrder);
  });

  it('is told of ten thousand proofs at most, and that there are more', async () => {
    const wallet = await world.wallet(1);
    const [model] = await tokensOf(world, wallet.npub);
    const [real] = model?.proofs ?? [];
    if (model === undefined || real === undefined) throw new Error('the wallet has no token to take after');
    const many = (length: number) =>
      Array.from({ length }, () => ({ ...real, Y: `02${randomBytes(32).toString('hex')}`, amount: 1n }));
    const large = Array.from({ length: 11 }, (_, index) => ({
      ...model,
      _id: `tok_large_${index}`,
      transaction_id: `tx_large_${index}`,
      proofs: many(1_000),
      total_amount: 1_000n,
    }));
    await world.context.database.tokens.insertMany(large);
    expect((await askStatus(world, wallet)).body).toMatchObject({
      ...inOrder,
      totalProofs: 10_000,
      unspentCount: 10_000,
      complete: false,
    });
    await world.context.database.tokens.deleteMany({ _id: /^tok_large_/ });
    expect((await askStatus(world, wallet)).body).toMatchObject({ ...inOrder, totalProofs: 1 });
  }, 60_000);

  it('is told what is known when the mint falls silent on the way, and 503 where it says nothing', async () => {
    const wallet = await world.wallet(64, 128);
    await pay(wallet, 60);
    let asked = 0;
    spy.before = async ({ url }) => {
      if (url.endsWith('/checkstate') && ++asked === 2)
        await world.sim.addFaults({ match: { path: '/v1/checkstate' }, fault: 'drop_before', times: null });
    };
    const { body } = await askStatus(world, wallet);
    expect(body).toMatchObject({ ...inOrder, complete: false, spentCount: 1, unspentCount: 0 });
    await expectProblem(world, await askStatus(world, wallet), mintUnavailable);
  });
});

/** A worker that looks at a payment which hangs writes down when it looks next, whoever asks for what meanwhile. */
function withoutLooks(dumped: string): string {
  const ofLooks = ['due_at', 'lease_owner', 'lease_until'];
  return JSON.stringify(
    JSON.parse(dumped, (name, value: unknown) => (ofLooks.includes(name) ? undefined : value)),
  );
}
