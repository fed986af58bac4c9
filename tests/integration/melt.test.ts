import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditDocument } from '../../src/models/schemas/audit.ts';
import type { TokenDocument } from '../../src/models/schemas/token.ts';
import {
  askedOfMint,
  dump,
  expectBalancedBooks,
  expectProblem,
  member,
  spyOnMint,
  timesPaid,
  tokensOf,
  unhurried,
} from '../support/money.ts';
import { type Json, startWorld, type TestWallet, type World } from '../support/world.ts';

const hex64 = /^[0-9a-f]{64}$/;

describe('paying an invoice', () => {
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
  afterEach(() => expectBalancedBooks(world));

  it('with a swap and Lightning change, it answers 200 with every member of the contract', async () => {
    const wallet = await world.wallet(1000);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
    const { status, body } = await wallet.melt(invoice);
    expect({ status, ...body }).toEqual({
      status: 200,
      success: true,
      transactionId: expect.stringMatching(/^tx_melt_\w+$/),
      paymentResult: 'PAID',
      paidAmount: 210,
      feesPaid: 1,
      changeAmount: 13,
      quoteId: expect.any(String),
      preimage: expect.stringMatching(hex64),
      preimageVerified: true,
      changePending: false,
      atomicResult: {
        success: true,
        transaction_id: body['transactionId'],
        source_tokens_spent: 1,
        keep_token_id: expect.any(String),
        keep_amount: 10,
        melt_change_token_id: expect.any(String),
        melt_change_amount: 3,
        operations: [
          {
            type: 'keep_change',
            token_id: member(body, 'atomicResult', 'keep_token_id'),
            amount: 10,
            proof_count: expect.any(Number),
          },
          {
            type: 'melt_change',
            token_id: member(body, 'atomicResult', 'melt_change_token_id'),
            amount: 3,
            proof_count: 2,
          },
        ],
      },
      operationDuration: expect.any(Number),
    });
    await expectBooked(wallet, body);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 789, reservedBalance: 0 });
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('from an exact subset of its proofs, the wallet asks the mint for no swap', async () => {
    const wallet = await world.wallet(214, 1000);
    const { invoice } = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
    await world.sim.clearRequests();
    const { body } = await wallet.melt(invoice);
    expect(await askedOfMint(world, '/v1/swap')).toBe(0);
    expect(body).toMatchObject({
      paymentResult: 'PAID',
      feesPaid: 1,
      changeAmount: 3,
      atomicResult: { keep_token_id: null, keep_amount: 0, melt_change_amount: 3 },
    });
    expect(member(body, 'atomicResult', 'operations')).toEqual([
      expect.objectContaining({ type: 'melt_change', amount: 3, proof_count: 2 }),
    ]);
    await expectBooked(wallet, body);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1003 });
  });

  it('when the route takes the whole fee reserve, there is no Lightning change and no token for it', async () => {
    const wallet = await world.wallet(300);
    const { invoice } = await world.sim.invoice({ amount: 210, routingFeeSat: 4 });
    const { body } = await wallet.melt(invoice);
    expect(body).toMatchObject({
      paymentResult: 'PAID',
      feesPaid: 4,
      changeAmount: 42,
      changePending: false,
      atomicResult: { keep_amount: 42, melt_change_token_id: null, melt_change_amount: 0 },
    });
    expect(member(body, 'atomicResult', 'operations')).toEqual([
      expect.objectContaining({ type: 'keep_change', amount: 42 }),
    ]);
    await expectBooked(wallet, body);
  });

  it('when everything is spent to the last unit, nothing comes back and nothing is left over', async () => {
    const wallet = await world.wallet(214);
    const { invoice } = await world.sim.invoice({ amount: 210, routingFeeSat: 4 });
    const { body } = await wallet.melt(invoice);
    expect(body).toMatchObject({
      feesPaid: 4,
      changeAmount: 0,
      atomicResult: { keep_token_id: null, melt_change_token_id: null, operations: [] },
    });
    await expectBooked(wallet, body);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 0, spentBalance: 214 });
  });

  it('tells the whole story of a payment afterwards, and of no payment that is not this wallet’s', async () => {
    const wallet = await world.wallet(500);
    const stranger = await world.wallet(10);
    const { invoice } = await world.sim.invoice({ amount: 210 });
    const { body } = await wallet.melt(invoice);
    const { status, body: told } = await wallet.status(body['transactionId']);
    expect({ httpStatus: status, ...told }).toMatchObject({
      ...body,
      httpStatus: 200,
      status: 'PAID',
      state: 'settled',
      timeline: expect.arrayContaining([expect.objectContaining({ state: 'settled' })]),
    });
    const timeline = asList(told['timeline']);
    expect(timeline.map((entry) => member(entry, 'state')).filter(changes)).toEqual([
      'prepared',
      'swapping',
      'swapped',
      'melting',
      'settled',
    ]);
    const times = timeline.map((entry) => String(member(entry, 'at')));
    expect(times).toEqual([...times].sort());
    for (const id of [body['transactionId'], 'tx_melt_1_0000000000000000']) {
      await expectProblem(world, await stranger.status(id), {
        status: 404,
        code: 'TRANSACTION_NOT_FOUND',
        severity: 'LOW',
      });
    }
  });

  it('a quote promises what a melt may cost, reserves nothing, and is what the melt then costs at most', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 210, routingFeeSat: 4 });
    const { status, body: quote } = await world.call('POST', `${wallet.at}/melt/quote`, { invoice });
    expect({ status, ...quote }).toEqual({
      status: 200,
      success: true,
      quoteId: expect.any(String),
      amount: 210,
      feeReserve: 4,
      inputFee: 0,
      total: 214,
      expiry: expect.any(Number),
    });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
    const { body } = await wallet.melt(invoice, { maxFee: 4 });
    expect(body).toMatchObject({ paidAmount: 210, feesPaid: 4 });
  });

  it('writes to the audit log what was reserved and what was booked', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
    const { body } = await wallet.melt(invoice);
    const events = await world.context.database.audit
      .find({ transaction_id: String(body['transactionId']) })
      .sort({ _id: 1 })
      .lean<AuditDocument[]>();
    expect(events.map(({ event, npub }) => ({ event, npub }))).toEqual([
      { event: 'melt.reserved', npub: wallet.npub },
      { event: 'melt.settled', npub: wallet.npub },
    ]);
    const [, settled] = events;
    expect(numbers(settled?.details)).toEqual({
      paid: 210,
      fees: 1,
      sourceTokensSpent: 1,
      keep: 10,
      change: 3,
    });
  });

  it('no secret of any proof that ever went to the mint stands in the database or in an answer', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 210 });
    const paid = await wallet.melt(invoice);
    const failing = await world.sim.invoice({ amount: 30, behaviour: 'fail' });
    const failed = await wallet.melt(failing.invoice);
    expect(failed.status).toBe(422);
    const told = await wallet.status(paid.body['transactionId']);
    const everything = (await dump(world)) + JSON.stringify([paid, failed, told]);
    expect(everything).toContain(String(paid.body['transactionId']));
    expect(spy.secrets.size).toBeGreaterThan(10);
    expect([...spy.secrets].filter((secret) => everything.includes(secret))).toEqual([]);
    const { CRUCIBLE_MASTER_KEY, CRUCIBLE_MNEMONIC } = world.env;
    for (const secret of [CRUCIBLE_MASTER_KEY, CRUCIBLE_MNEMONIC]) expect(everything).not.toContain(secret);
  });

  /** The books after a paid melt: what the answer says is what the database holds. */
  async function expectBooked(wallet: TestWallet, body: Json): Promise<void> {
    const id = String(body['transactionId']);
    const tokens = await tokensOf(world, wallet.npub);
    const booked = member(body, 'atomicResult');
    for (const [purpose, name] of [
      [`${id}_keep`, 'keep'],
      [`${id}_melt_change`, 'melt_change'],
    ]) {
      const token = tokens.find(({ transaction_id }) => transaction_id === purpose);
      expect(token?._id ?? null).toBe(member(booked, `${name}_token_id`));
      expect(Number(token?.total_amount ?? 0)).toBe(member(booked, `${name}_amount`));
      if (token !== undefined)
        expect(token).toMatchObject({ status: 'unspent', transaction_type: 'change', reserved_by: null });
    }
    const sources = await sourcesOf(id, tokens);
    expect(sources).toHaveLength(Number(member(booked, 'source_tokens_spent')));
    for (const source of sources)
      expect(source).toMatchObject({ status: 'spent', spent_at: expect.any(Date), reserved_by: null });
    const change = Number(member(booked, 'keep_amount')) + Number(member(booked, 'melt_change_amount'));
    expect(body['changeAmount']).toBe(change);
    expect(sum(sources)).toBe(Number(body['paidAmount']) + Number(body['feesPaid']) + change);
    expect(tokens.map(({ transaction_type }) => transaction_type)).not.toContain('melted');
  }

  async function sourcesOf(id: string, tokens: TokenDocument[]): Promise<TokenDocument[]> {
    const operation = await world.context.database.operations.findById(id).lean();
    const ids = asList(member(operation, 'details', 'sourceTokenIds'));
    return tokens.filter(({ _id }) => ids.includes(_id));
  }
});

const sum = (tokens: TokenDocument[]) =>
  tokens.reduce((total, { total_amount }) => total + Number(total_amount), 0);

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const changes = (state: unknown, position: number, all: unknown[]) => state !== all[position - 1];

function numbers(details: Record<string, unknown> | undefined): Record<string, number> {
  return Object.fromEntries(Object.entries(details ?? {}).map(([name, value]) => [name, Number(value)]));
}
