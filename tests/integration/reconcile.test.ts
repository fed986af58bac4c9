import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RecoveryDocument } from '../../src/models/schemas/account.ts';
import { fresh } from '../../src/repositories/recoveryDocuments.ts';
import { askReconcile, askStatus, inOrder, proofOf, tokenWith } from '../support/books.ts';
import { expectAllSettled } from '../support/mischief.ts';
import {
  dumpAtRest,
  expectBalancedBooks,
  member,
  outside,
  proofsOf,
  tokensOf,
  unhurried,
} from '../support/money.ts';
import { discrepanciesOf } from '../support/preflight.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

describe('a reconciliation that was asked for', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '6000' },
      simulator: { feeReserveMinSat: 4 },
    });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    await expectAllSettled(world);
  });

  async function pay(wallet: TestWallet, amount: number): Promise<void> {
    const { invoice } = await world.sim.invoice({ amount });
    expect((await wallet.melt(invoice)).status).toBe(200);
  }

  const typesRecorded = async ({ npub }: TestWallet) =>
    (await discrepanciesOf(world, npub)).flat().map((one) => member(one, 'type'));

  it('lists in a dry run what it would do, and changes nothing; then it does exactly that', async () => {
    const wallet = await world.wallet(96);
    const [gone, survivor] = [await proofOf(world, wallet, 64), await proofOf(world, wallet, 32)];
    await world.sim.spendOutside([outside(gone)]);
    const discrepancy = {
      type: 'DB_UNSPENT_MINT_SPENT',
      severity: 'HIGH',
      tokenId: gone.tokenId,
      transactionId: null,
      amount: 64,
      proofCount: 1,
    };
    const action = {
      action: 'mark_spent',
      type: 'DB_UNSPENT_MINT_SPENT',
      tokenId: gone.tokenId,
      amount: 64,
      proofCount: 1,
    };
    const before = await dumpAtRest(world);
    const dry = await askReconcile(world, wallet, { dryRun: true });
    expect(dry).toMatchObject({
      status: 200,
      body: { dryRun: true, discrepancies: [discrepancy], actions: [{ ...action, done: false }] },
    });
    expect(await dumpAtRest(world)).toBe(before);

    const done = await askReconcile(world, wallet);
    expect(done).toMatchObject({
      status: 200,
      body: {
        dryRun: false,
        totalProofs: 2,
        spentCount: 1,
        discrepancies: [discrepancy],
        actions: [{ ...action, done: true }],
        consistent: false,
        hasHighSeverity: true,
      },
    });
    expect(await tokenWith(world, wallet, gone.Y)).toMatchObject({
      _id: gone.tokenId,
      status: 'spent',
      spent_reason: 'mint_reported',
      total_amount: 64,
    });
    expect(await tokenWith(world, wallet, survivor.Y)).toMatchObject({ status: 'unspent', total_amount: 32 });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 32, spentBalance: 64 });
    expect(await typesRecorded(wallet)).toEqual(['DB_UNSPENT_MINT_SPENT']);
    expect(await world.context.database.reports.find({ npub: wallet.npub }).lean()).toEqual([
      expect.objectContaining({
        code: 'PROOF_STATE_INCONSISTENCY',
        severity: 'CRITICAL',
        request_ids: [done.headers.get('x-request-id')],
        summary: expect.stringMatching(/1 proofs \(64 sat\).*A reconciliation that was asked for found it/),
      }),
    ]);
    expect((await askReconcile(world, wallet)).body).toMatchObject({ ...inOrder, actions: [] });
    await pay(wallet, 20);
    await expectBalancedBooks(world);
  });

  it('marks what was sent and claimed as spent, records the rest, and brings nothing back', async () => {
    const wallet = await world.wallet(16, 128, 8);
    const [sent, used, held] = [
      await proofOf(world, wallet, 16),
      await proofOf(world, wallet, 128),
      await proofOf(world, wallet, 8),
    ];
    await pay(wallet, 124);
    await world.context.database.tokens.updateOne({ _id: sent.tokenId }, { $set: { status: 'pending' } });
    await world.sim.spendOutside([outside(sent)]);
    await world.sim.holdOutside([outside(held)]);
    await world.sim.forget([used.Y]);
    const { body } = await askReconcile(world, wallet);
    expect(body).toMatchObject({
      severityCounts: { HIGH: 0, MEDIUM: 2, LOW: 1 },
      hasHighSeverity: false,
      actions: [{ type: 'DB_PENDING_MINT_SPENT', tokenId: sent.tokenId, amount: 16, done: true }],
    });
    expect(await tokenWith(world, wallet, sent.Y)).toMatchObject({
      status: 'spent',
      spent_reason: 'mint_reported',
    });
    expect(await tokenWith(world, wallet, used.Y)).toMatchObject({
      status: 'spent',
      spent_reason: 'operation',
    });
    expect(await tokenWith(world, wallet, held.Y)).toMatchObject({ status: 'unspent', reserved_by: null });
    expect((await typesRecorded(wallet)).sort()).toEqual([
      'DB_PENDING_MINT_SPENT',
      'DB_SPENT_MINT_UNSPENT',
      'DB_UNSPENT_MINT_PENDING',
    ]);
    expect(await world.context.database.reports.find({ npub: wallet.npub }).lean()).toEqual([
      expect.objectContaining({ code: 'DB_SPENT_MINT_UNSPENT', severity: 'MEDIUM' }),
    ]);
    await world.sim.forget([held.Y]);
    await world.sim.spendOutside([outside(used)]);
  });

  it('leaves alone what a payment has reserved, though the mint calls it spent', async () => {
    const wallet = await world.wallet(64);
    const { Y } = await proofOf(world, wallet, 64);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 60, behaviour: 'pending' });
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const isPending = async () => (await wallet.status(body['transactionId'])).body['state'] === 'pending';
    await until(isPending, 'a payment that hangs');
    await world.sim.addFaults({ fault: { kind: 'override_state', Y, state: 'SPENT' }, times: null });
    expect((await askReconcile(world, wallet)).body).toMatchObject({
      ...inOrder,
      spentCount: 1,
      actions: [],
    });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 64, reservedBalance: 64 });
    await world.sim.clearFaults();
    await world.sim.settle(paymentHash, 'paid');
  });

  it('of one wallet touches no other, though the mint calls the ecash of both spent', async () => {
    const [mine, other] = [await world.wallet(64), await world.wallet(64)];
    const [gone, alsoGone] = [await proofOf(world, mine, 64), await proofOf(world, other, 64)];
    await world.sim.spendOutside([gone, alsoGone].map(outside));
    const before = await tokensOf(world, other.npub);
    const key = await world.keyFor(['wallet:read', 'wallet:write'], mine.npub);
    const as = { authorization: `Bearer ${key}` };
    for (const route of ['proofs/status', 'reconcile', 'restore']) {
      expect((await world.call('POST', `${other.at}/${route}`, {}, as)).status).toBe(403);
      const { status, body } = await world.call('POST', `${mine.at}/${route}`, {}, as);
      expect(status).toBeLessThan(300);
      expect(JSON.stringify(body)).not.toContain(alsoGone.tokenId);
    }
    expect(await tokenWith(world, mine, gone.Y)).toMatchObject({ spent_reason: 'mint_reported' });
    expect(await tokensOf(world, other.npub)).toEqual(before);
    expect(await typesRecorded(other)).toEqual([]);
    await askReconcile(world, other);
  });

  it('does what it can where one token is just being changed, and says what it did not do', async () => {
    const wallet = await world.wallet(64, 128);
    const [free, busy] = [await proofOf(world, wallet, 64), await proofOf(world, wallet, 128)];
    await world.sim.spendOutside([free, busy].map(outside));
    const { connection, tokens } = world.context.database;
    const elsewhere = await connection.startSession();
    elsewhere.startTransaction();
    await tokens.updateOne({ _id: busy.tokenId }, { $inc: { version: 1 } }, { session: elsewhere });
    const { status, body } = await askReconcile(world, wallet);
    await elsewhere.commitTransaction();
    await elsewhere.endSession();
    expect(status).toBe(200);
    expect(body['actions']).toHaveLength(2);
    expect(body['actions']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ tokenId: free.tokenId, done: true }),
        expect.objectContaining({ tokenId: busy.tokenId, done: false }),
      ]),
    );
    expect(await wallet.balance()).toMatchObject({ totalBalance: 128, spentBalance: 64 });
    expect((await askReconcile(world, wallet)).body['actions']).toEqual([
      expect.objectContaining({ tokenId: busy.tokenId, done: true }),
    ]);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 0, spentBalance: 192 });
  });

  it('races with payments of the same tokens, on two instances: all is written off once, and nobody gets a 5xx', async () => {
    const wallet = await world.wallet(64, 64, 256);
    const other = await world.instance();
    const spent = (await proofsOf(world, wallet.npub)).filter(({ amount }) => amount === 64n);
    await world.sim.spendOutside(spent.map(outside));
    const invoices = await Promise.all(Array.from({ length: 6 }, () => world.sim.invoice({ amount: 20 })));
    const replies = await Promise.all(
      invoices.flatMap(({ invoice }, index) => {
        const url = index % 2 ? other.url : world.url;
        return [wallet.melt(invoice, {}, {}, url), askReconcile(world, wallet, {}, url)];
      }),
    );
    for (const { status } of replies) expect(status).toBeLessThan(500);
    const answers = replies.filter((_reply, index) => index % 2 === 1);
    for (const { status } of answers) expect(status).toBe(200);
    expect((await askReconcile(world, wallet)).status).toBe(200);
    const lost = await tokensOf(world, wallet.npub, { spent_reason: 'mint_reported' });
    expect(lost.flatMap(({ proofs = [] }) => proofs.map(({ Y }) => Y)).sort()).toEqual(
      spent.map(({ Y }) => Y).sort(),
    );
    expect((await typesRecorded(wallet)).filter((type) => type === 'DB_UNSPENT_MINT_SPENT')).toHaveLength(2);
    await expectAllSettled(world);
    await expectBalancedBooks(world);
    expect((await askStatus(world, wallet)).body).toMatchObject(inOrder);
    await other.stop();
  });

  it('is refused while the wallet is being recovered, which compares everything itself; a dry run is not', async () => {
    const wallet = await world.wallet(64);
    const { wallets } = world.context.database;
    const recovery: RecoveryDocument = {
      ...fresh('spent_proofs', new Date()),
      state: 'running',
      due_at: new Date(Date.now() + 3_600_000),
    };
    await wallets.updateOne({ npub: wallet.npub }, { $set: { recovery } });
    expect(await askReconcile(world, wallet)).toMatchObject({
      status: 409,
      body: { code: 'MELT_BLOCKED_BY_RECONCILIATION', retryable: true, retryAfterSeconds: 30 },
    });
    expect((await askReconcile(world, wallet, { dryRun: true })).status).toBe(200);
    await wallets.updateOne({ npub: wallet.npub }, { $unset: { recovery: 1 } });
  });
});
