import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { TokenDocument } from '../../src/models/schemas/token.ts';
import {
  expectBalancedBooks,
  expectProblem,
  member,
  outside,
  proofsOf,
  spyOnMint,
  timesPaid,
  tokensOf,
  unhurried,
} from '../support/money.ts';
import { discrepanciesOf } from '../support/preflight.ts';
import { startWorld, type TestWallet, type World } from '../support/world.ts';

const lie = (state: 'SPENT' | 'PENDING' | 'UNSPENT', Y = '*') => ({
  kind: 'override_state' as const,
  Y,
  state,
});

describe('before a payment, the wallet’s books are compared with the mint’s', () => {
  const spy = spyOnMint();
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      env: unhurried,
      simulator: { feeReserveMinSat: 4 },
      overrides: { transport: spy.transport },
    });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    spy.before = async () => undefined;
    await world.sim.clearFaults();
    await expectBalancedBooks(world);
  });

  it('spent at the mint, unspent here (HIGH): only that proof is written off, and the rest can be spent', async () => {
    const wallet = await world.wallet(96);
    const [spent, survivor] = await proofs(wallet, 64, 32);
    await world.sim.spendOutside([outside(spent)]);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 50 });
    const refused = await wallet.melt(invoice);
    await expectProblem(world, refused, {
      status: 400,
      code: 'PROOF_STATE_INCONSISTENCY',
      severity: 'CRITICAL',
      cause: { code: 'HIGH_SEVERITY_DISCREPANCIES', severity: 'HIGH' },
      discrepancies: [
        { type: 'DB_UNSPENT_MINT_SPENT', severity: 'HIGH', tokenId: spent.tokenId, amount: 64 },
      ],
    });
    expect(await world.context.database.reports.findById(refused.body['supportId']).lean()).toMatchObject({
      npub: wallet.npub,
      count: 1,
      summary: expect.stringMatching(/1 proofs \(64 sat\).*written off \(spent_reason mint_reported\)/),
      details: { tokens: [{ tokenId: spent.tokenId, amount: '64', proofCount: 1 }] },
    });
    expect(await findings(wallet)).toEqual([
      { type: 'DB_UNSPENT_MINT_SPENT', severity: 'HIGH', ...namesOf(spent), amount: 64 },
    ]);
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await tokenWith(wallet, spent.Y)).toMatchObject({
      _id: spent.tokenId,
      status: 'spent',
      spent_at: expect.any(Date),
      spent_reason: 'mint_reported',
    });
    const saved = await tokenWith(wallet, survivor.Y);
    expect(saved).toMatchObject({ status: 'unspent', reserved_by: null, transaction_type: 'minted' });
    expect(saved._id).not.toBe(spent.tokenId);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 32, spentBalance: 64 });
    const affordable = await world.sim.invoice({ amount: 20 });
    expect((await wallet.melt(affordable.invoice)).status).toBe(200);
  });

  it('a mint that contradicts itself is not believed: the melt goes on and nothing is written off', async () => {
    const wallet = await world.wallet(64);
    const { invoice } = await world.sim.invoice({ amount: 50 });
    await world.sim.addFaults({ fault: lie('SPENT'), times: 1 });
    const { status } = await wallet.melt(invoice);
    expect(status).toBe(200);
    expect(await recorded(wallet)).toEqual([]);
    expect((await tokensOf(world, wallet.npub)).map(({ spent_reason }) => spent_reason)).not.toContain(
      'mint_reported',
    );
  });

  it('first spent, then pending: the milder answer counts, and the proof is left out', async () => {
    const wallet = await world.wallet(32, 64);
    const [unclear] = await proofs(wallet, 32);
    // Twice while the quote is asked for, which accuses nobody, and twice once it is known what pays.
    for (const state of ['SPENT', 'SPENT', 'SPENT', 'PENDING'] as const) {
      await world.sim.addFaults({ fault: lie(state, unclear.Y), times: 1 });
    }
    const { invoice } = await world.sim.invoice({ amount: 20 });
    expect((await wallet.melt(invoice)).status).toBe(200);
    expect(await recorded(wallet)).toEqual(['DB_UNSPENT_MINT_PENDING']);
    expect(await tokenWith(wallet, unclear.Y)).toMatchObject({ status: 'unspent', reserved_by: null });
  });

  it.each([
    ['was reserved', { reserved_by: 'tx_melt_another' }, 409, { reserved_by: null }],
    ['has another version', { version: 7 }, 200, {}],
  ])('a token that %s since the first look is not written off', async (_how, change, status, back) => {
    const wallet = await world.wallet(64);
    const [proof] = await proofs(wallet, 64);
    const alter = ($set: object) => world.context.database.tokens.updateOne({ _id: proof.tokenId }, { $set });
    let asked = 0;
    spy.before = async ({ url }) => {
      if (url.endsWith('/checkstate') && ++asked === 2) await alter(change);
    };
    await world.sim.addFaults({ fault: lie('SPENT'), times: 2 });
    const { invoice } = await world.sim.invoice({ amount: 50 });
    expect((await wallet.melt(invoice)).status).toBe(status);
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(await recorded(wallet)).toEqual([]);
    expect(await tokenWith(wallet, proof.Y)).not.toMatchObject({ spent_reason: 'mint_reported' });
    await alter(back);
  });

  it('spent here, unspent at the mint (MEDIUM): looked into by people, never resurrected; the melt goes on', async () => {
    const wallet = await world.wallet(64, 128);
    const [spent] = await proofs(wallet, 64);
    const first = await world.sim.invoice({ amount: 50 });
    expect((await wallet.melt(first.invoice)).status).toBe(200);
    await world.sim.addFaults({ fault: lie('UNSPENT', spent.Y), times: null });
    for (const amount of [40, 10]) {
      const { invoice } = await world.sim.invoice({ amount });
      expect((await wallet.melt(invoice)).status).toBe(200);
    }
    expect(await tokenWith(wallet, spent.Y)).toMatchObject({ status: 'spent', spent_reason: 'operation' });
    expect(await recorded(wallet)).toContain('DB_SPENT_MINT_UNSPENT');
    const reports = await world.context.database.reports.find({ npub: wallet.npub }).lean();
    expect(reports).toEqual([
      expect.objectContaining({
        code: 'DB_SPENT_MINT_UNSPENT',
        severity: 'MEDIUM',
        status: 'open',
        count: 2,
        details: { tokens: [{ tokenId: spent.tokenId, amount: '64', proofCount: 1 }] },
      }),
    ]);
  });

  it('pending here, spent at the mint (MEDIUM): corrected to spent; the melt goes on', async () => {
    const wallet = await world.wallet(32, 64);
    const [sent] = await proofs(wallet, 32);
    // A token that was handed out and has just been claimed by its receiver.
    await world.context.database.tokens.updateOne({ _id: sent.tokenId }, { $set: { status: 'pending' } });
    await world.sim.spendOutside([outside(sent)]);
    const { invoice } = await world.sim.invoice({ amount: 50 });
    expect((await wallet.melt(invoice)).status).toBe(200);
    expect(await recorded(wallet)).toEqual(['DB_PENDING_MINT_SPENT']);
    expect(await tokenWith(wallet, sent.Y)).toMatchObject({
      status: 'spent',
      spent_reason: 'mint_reported',
    });
  });

  it('pending here, unspent at the mint: a token that nobody has claimed yet is no discrepancy', async () => {
    const wallet = await world.wallet(32, 64);
    const [sent] = await proofs(wallet, 32);
    const status = (status: TokenDocument['status']) =>
      world.context.database.tokens.updateOne({ _id: sent.tokenId }, { $set: { status } });
    await status('pending');
    const { invoice } = await world.sim.invoice({ amount: 50 });
    expect((await wallet.melt(invoice)).status).toBe(200);
    expect(await recorded(wallet)).toEqual([]);
    expect(await tokenWith(wallet, sent.Y)).toMatchObject({ status: 'pending' });
    await status('unspent');
  });

  it('held at the mint by another payment (LOW): those proofs are left out, the others pay', async () => {
    const wallet = await world.wallet(32, 64);
    const [held] = await proofs(wallet, 32);
    await world.sim.holdOutside([outside(held)]);
    const { invoice } = await world.sim.invoice({ amount: 20 });
    expect((await wallet.melt(invoice)).status).toBe(200);
    expect(await recorded(wallet)).toEqual(['DB_UNSPENT_MINT_PENDING']);
    expect(await tokenWith(wallet, held.Y)).toMatchObject({ status: 'unspent', reserved_by: null });
    await world.sim.forget([held.Y]);
    const another = await world.sim.invoice({ amount: 28 });
    expect((await wallet.melt(another.invoice)).status).toBe(200);
  });

  it('in no token of ours any more (LOW): recorded, and the melt takes others', async () => {
    const wallet = await world.wallet(32, 64);
    const [lost] = await proofs(wallet, 32);
    const document = await tokenWith(wallet, lost.Y);
    let asked = 0;
    spy.before = async ({ url }) => {
      if (url.endsWith('/checkstate') && ++asked === 3)
        await world.context.database.tokens.deleteOne({ _id: lost.tokenId });
    };
    await world.sim.addFaults({ fault: lie('SPENT', lost.Y), times: 4 });
    const { invoice } = await world.sim.invoice({ amount: 20 });
    expect((await wallet.melt(invoice)).status).toBe(200);
    expect(await recorded(wallet)).toEqual(['PROOF_NOT_IN_DB']);
    await world.context.database.tokens.create([document]);
  });

  /** The wallet's proofs of these amounts, one each. */
  async function proofs(wallet: TestWallet, ...amounts: number[]) {
    const all = await proofsOf(world, wallet.npub);
    const [first, ...rest] = amounts.map((wanted) => {
      const found = all.find(({ amount }) => amount === BigInt(wanted));
      if (found === undefined) throw new Error(`the wallet has no proof of ${wanted}`);
      return found;
    });
    if (first === undefined) throw new Error('no proof was asked for');
    return [first, rest[0] ?? first] as const;
  }

  async function tokenWith(wallet: TestWallet, Y: string): Promise<TokenDocument> {
    const [token, ...more] = await tokensOf(world, wallet.npub, { 'proofs.Y': Y });
    expect(more).toEqual([]);
    if (token === undefined) throw new Error('no token holds that proof');
    return token;
  }

  const findings = async (wallet: TestWallet) => (await discrepanciesOf(world, wallet.npub)).flat();
  const recorded = async (wallet: TestWallet) =>
    (await findings(wallet)).map((found) => member(found, 'type'));
});

const namesOf = ({ Y, tokenId }: { Y: string; tokenId: string }) => ({ Y, tokenId, operationId: null });
