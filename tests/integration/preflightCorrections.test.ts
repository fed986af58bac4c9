import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Proof } from '../../src/models/proof.ts';
import { tokenDocument, tokenFrom } from '../../src/repositories/tokenDocuments.ts';
import { proofName } from '../../src/services/ecash/outputs.ts';
import { expectAllSettled } from '../support/mischief.ts';
import {
  expectProblem,
  member,
  outside,
  proofsOf,
  timesPaid,
  tokensOf,
  unhurried,
} from '../support/money.ts';
import { discrepanciesOf } from '../support/preflight.ts';
import { sealerBehind } from '../support/sealers.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

const everythingSpent = {
  fault: { kind: 'override_state' as const, Y: '*', state: 'SPENT' as const },
  times: null,
};
const inconsistency = { status: 400, code: 'PROOF_STATE_INCONSISTENCY', severity: 'CRITICAL' };

describe('what pre-flight writes off', () => {
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

  it('ten melts meet it at once, on two instances: it is written off once, and nobody gets a 5xx', async () => {
    const wallet = await spentOutside(64);
    const other = await world.instance();
    const invoices = await Promise.all(Array.from({ length: 10 }, () => world.sim.invoice({ amount: 50 })));
    const replies = await Promise.all(
      invoices.map(({ invoice }, index) => wallet.melt(invoice, {}, {}, index % 2 ? other.url : world.url)),
    );
    const codes = replies.map(({ status, body }) => `${status} ${String(body['code'])}`);
    expect(codes.filter((code) => code === '400 PROOF_STATE_INCONSISTENCY')).toHaveLength(1);
    const rest = codes.filter((code) => code !== '400 PROOF_STATE_INCONSISTENCY');
    for (const code of rest)
      expect(code).toMatch(/^(409 MELT_BLOCKED_BY_RECONCILIATION|400 INSUFFICIENT_BALANCE)$/);
    expect(await writeOffs(wallet)).toHaveLength(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 0, spentBalance: 64 });
    await other.stop();
  });

  it('while another correction of the token is under way: MELT_BLOCKED_BY_RECONCILIATION, and later it is known', async () => {
    const wallet = await spentOutside(64);
    const { connection, tokens } = world.context.database;
    const elsewhere = await connection.startSession();
    elsewhere.startTransaction();
    await tokens.updateOne({ npub: wallet.npub }, { $inc: { version: 1 } }, { session: elsewhere });
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 50 });
    await expectProblem(world, await wallet.melt(invoice), {
      status: 409,
      code: 'MELT_BLOCKED_BY_RECONCILIATION',
      severity: 'HIGH',
      retryable: true,
      retryAfter: true,
    });
    expect(await writeOffs(wallet)).toEqual([]);
    await elsewhere.commitTransaction();
    await elsewhere.endSession();
    await expectProblem(world, await wallet.melt(invoice), inconsistency);
    expect(await timesPaid(world, paymentHash)).toBe(0);
  });

  it('stands or falls with its line in the audit log', async () => {
    const wallet = await spentOutside(64);
    const { invoice } = await world.sim.invoice({ amount: 50 });
    await validateAudit({ event: { $ne: 'proofs.discrepancies' } });
    const failed = await wallet.melt(invoice);
    expect([failed.status, failed.body['severity']]).toEqual([500, 'HIGH']);
    expect(await tokensOf(world, wallet.npub)).toEqual([
      expect.objectContaining({ status: 'unspent', reserved_by: null }),
    ]);
    await validateAudit({});
    await expectProblem(world, await wallet.melt(invoice), inconsistency);
    expect(await writeOffs(wallet)).toHaveLength(1);
  });

  it('a mint that calls everything spent: only what was selected is written off, it is told, and it can be proven', async () => {
    const wallet = await world.wallet(512, 96);
    const hanging = await world.sim.invoice({ amount: 400, behaviour: 'pending' });
    const first = await wallet.melt(hanging.invoice, {}, { prefer: 'respond-async' });
    const keptOf512 = 108;
    await until(async () => (await wallet.balance())['unspentBalance'] === 608, 'the payment under way');
    await until(async () => (await tokensOf(world, wallet.npub, { total_amount: keptOf512 })).length === 1);
    const mine = await proofsOf(world, wallet.npub);
    await world.sim.addFaults(everythingSpent);
    const { invoice } = await world.sim.invoice({ amount: 96 + keptOf512 - 4 });
    const refused = await wallet.melt(invoice);
    await expectProblem(world, refused, inconsistency);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 404, reservedBalance: 404 });
    const report = await world.context.database.reports.findById(refused.body['supportId']).lean();
    expect(report?.summary).toContain(`${mine.length} proofs (204 sat)`);
    await world.sim.clearFaults();
    await world.sim.settle(hanging.paymentHash, 'paid');
    await until(async () => (await wallet.status(first.body['transactionId'])).body['status'] === 'PAID');
    const [recorded] = await writeOffs(wallet);
    const stored = await openedTokens(wallet, { spent_reason: 'mint_reported' });
    expect(sorted(recorded ?? [])).toEqual(sorted(mine));
    expect(sorted(stored)).toEqual(sorted(mine));
    expect(new Set(stored.map(({ secret }) => secret))).toEqual(new Set(mine.map(({ secret }) => secret)));
    await world.sim.spendOutside(mine.map(outside)); // so that the books agree again
  });

  it('of a token of 500 proofs, exactly those are written off that were selected and are spent', async () => {
    const wallet = await world.wallet(1);
    const { tokens } = world.context.database;
    const proofs = await large(wallet, 500);
    const gone = proofs.filter((_proof, index) => index % 8 === 3).slice(0, 60);
    await world.sim.spendOutside(gone.map(outside));
    const { invoice } = await world.sim.invoice({ amount: 490 });
    await expectProblem(world, await wallet.melt(invoice), inconsistency);
    const lost = await openedTokens(wallet, { spent_reason: 'mint_reported' });
    expect(lost.length).toBeGreaterThanOrEqual(60 - (501 - 495)); // all but what the payment did not need
    const goneYs = new Set(gone.map(({ Y }) => Y));
    expect(lost.filter(({ Y }) => !goneYs.has(Y))).toEqual([]);
    expect(sorted((await writeOffs(wallet)).flat())).toEqual(sorted(lost));
    const survivors = await openedTokens(wallet, { status: 'unspent' });
    expect([...lost, ...survivors].filter(({ Y }) => proofs.some((one) => one.Y === Y))).toHaveLength(500);
    expect(await wallet.balance()).toMatchObject({
      totalBalance: 501 - lost.length,
      reservedBalance: 0,
      spentBalance: lost.length,
    });
    await tokens.deleteMany({ npub: wallet.npub, total_amount: { $ne: 1n } });
    await world.sim.forget(gone.map(({ Y }) => Y));
  });

  /** A wallet with one proof that somebody else has spent. */
  async function spentOutside(amount: number): Promise<TestWallet> {
    const wallet = await world.wallet(amount);
    await world.sim.spendOutside((await proofsOf(world, wallet.npub)).map(outside));
    return wallet;
  }

  /** Gives the wallet a token of so many proofs of 1 sat that look real, as long as nobody spends them. */
  async function large(wallet: TestWallet, count: number): Promise<Proof[]> {
    const [model] = await tokensOf(world, wallet.npub);
    const [real] = await proofsOf(world, wallet.npub);
    if (model === undefined || real === undefined) throw new Error('the wallet has no token to take after');
    const proofs = Array.from({ length: count }, (_, index): Proof => {
      const secret = `${wallet.npub} ${index}`;
      return { Y: proofName(secret), keysetId: real.keysetId, amount: 1n, secret, C: real.C };
    });
    const sealer = await sealing();
    const token = { ...tokenFrom(model, sealer), proofs, totalAmount: BigInt(count) };
    const document = tokenDocument({ ...token, id: 'tok_large', transactionId: 'tx_receive_large' }, sealer);
    await world.context.database.tokens.create([document]);
    return proofs;
  }

  /** For each line of the audit log that tells of a write-off: the proofs in it. */
  async function writeOffs(wallet: TestWallet): Promise<{ Y: string; amount: bigint }[][]> {
    const found = await discrepanciesOf(world, wallet.npub);
    return found.map((discrepancies) =>
      discrepancies
        .filter((one) => member(one, 'type') === 'DB_UNSPENT_MINT_SPENT')
        .map((one) => ({ Y: String(member(one, 'Y')), amount: BigInt(Number(member(one, 'amount'))) })),
    );
  }

  async function openedTokens(wallet: TestWallet, filter: object): Promise<Proof[]> {
    const found = await tokensOf(world, wallet.npub, filter);
    const sealer = await sealing();
    return found.flatMap((token) => tokenFrom(token, sealer).proofs);
  }

  const sealing = () => sealerBehind(world.context.database.connection, world.env);

  async function validateAudit(validator: object): Promise<void> {
    await world.context.database.connection.db?.command({ collMod: 'audit_events', validator });
  }
});

const sorted = (proofs: readonly { Y: string; amount: bigint }[]) =>
  proofs.map(({ Y, amount }) => `${Y} ${amount}`).sort();
