import { describe, expect, it } from '@jest/globals';
import { toJsonAmount, toJsonSum } from '../../src/controllers/amounts.ts';
import { presentMelt, presentMeltStatus } from '../../src/controllers/presentMelt.ts';
import { presentMinting, presentMintQuote } from '../../src/controllers/presentMinting.ts';
import { presentBalance } from '../../src/controllers/presentWallet.ts';
import { InvariantBroken } from '../../src/models/errors.ts';
import { melt, minting as mintingWith, startedAt } from '../support/operations.ts';

const later = new Date('2026-01-01T00:00:00.412Z');

const nothingBooked = {
  sourceTokensSpent: 0,
  keepTokenId: null,
  keepAmount: 0n,
  keepProofCount: 0,
  meltChangeTokenId: null,
  meltChangeAmount: 0n,
  meltChangeProofCount: 0,
};

const settled = {
  ...melt({ payment: { preimage: 'aa', preimageVerified: true, paidAt: later }, finishedAt: later }),
  state: 'settled',
  atomicResult: {
    sourceTokensSpent: 2,
    keepTokenId: 'token_keep',
    keepAmount: 100n,
    keepProofCount: 3,
    meltChangeTokenId: 'token_change',
    meltChangeAmount: 50n,
    meltChangeProofCount: 2,
  },
} as const;

const minting = mintingWith({ quoteId: 'quote_2', amount: 21n, expiry: startedAt, tokenId: 'token_1' });

describe('An amount in JSON', () => {
  it('is exact or nothing', () => {
    expect(toJsonAmount(2n ** 53n - 1n)).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => toJsonAmount(2n ** 53n)).toThrow(InvariantBroken);
  });

  it('is the nearest that fits where it is a sum: a wallet must stay readable', () => {
    expect(toJsonSum(2n ** 53n - 1n)).toBe(Number.MAX_SAFE_INTEGER);
    expect(toJsonSum(2n ** 60n)).toBe(Number.MAX_SAFE_INTEGER);
    expect(toJsonSum(-(2n ** 60n))).toBe(Number.MIN_SAFE_INTEGER);
    expect(toJsonSum(-2n)).toBe(-2);
  });
});

describe('A melt that is settled', () => {
  it('is told in the seed’s words, with fees that add up', () => {
    expect(presentMelt(settled, later)).toEqual({
      status: 200,
      body: {
        success: true,
        transactionId: 'tx_melt_1',
        paymentResult: 'PAID',
        paidAmount: 1000,
        feesPaid: 2,
        changeAmount: 150,
        quoteId: 'quote_1',
        preimage: 'aa',
        preimageVerified: true,
        changePending: false,
        atomicResult: {
          success: true,
          transaction_id: 'tx_melt_1',
          source_tokens_spent: 2,
          keep_token_id: 'token_keep',
          keep_amount: 100,
          melt_change_token_id: 'token_change',
          melt_change_amount: 50,
          operations: [
            { type: 'keep_change', token_id: 'token_keep', amount: 100, proof_count: 3 },
            { type: 'melt_change', token_id: 'token_change', amount: 50, proof_count: 2 },
          ],
        },
        operationDuration: 412,
      },
    });
  });

  it('names no change where none came back', () => {
    const exact = melt({
      state: 'settled',
      sourceAmount: 1000n,
      payment: { preimage: null, preimageVerified: false, paidAt: later },
      atomicResult: { ...nothingBooked, sourceTokensSpent: 1 },
    });
    expect(presentMelt(exact, later).body).toMatchObject({
      feesPaid: 0,
      changeAmount: 0,
      preimage: null,
      preimageVerified: false,
      atomicResult: { keep_token_id: null, melt_change_token_id: null, operations: [] },
    });
  });

  it('must have been booked', () => {
    expect(() => presentMelt({ ...settled, atomicResult: null }, later)).toThrow(InvariantBroken);
  });
});

describe('A melt that is paid while its change is still out', () => {
  const paid = { ...settled, state: 'paid', finishedAt: null } as const;

  it('is PAID with provisional fees: what has not come back counts as spent', () => {
    const atomicResult = {
      ...settled.atomicResult,
      meltChangeTokenId: null,
      meltChangeAmount: 0n,
      meltChangeProofCount: 0,
    };
    const { status, body } = presentMelt({ ...paid, atomicResult }, later);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      paymentResult: 'PAID',
      changePending: true,
      feesPaid: 52,
      changeAmount: 100,
    });
  });

  it('does not call the kept part of a swap a fee before it is booked', () => {
    const swap = { sendAmount: 1052n, keepAmount: 100n, fee: 0n };
    const { body } = presentMelt({ ...paid, atomicResult: null, swap }, later);
    expect(body).toMatchObject({ changePending: true, feesPaid: 52, changeAmount: 100, atomicResult: null });
  });
});

describe('A melt whose outcome nobody knows', () => {
  it.each(['prepared', 'swapping', 'swapped', 'melting', 'pending', 'releasing', 'needs_attention'] as const)(
    'in state %s is answered with 202 and where to ask',
    (state) => {
      expect(presentMelt(melt({ state }), later)).toEqual({
        status: 202,
        body: {
          success: true,
          transactionId: 'tx_melt_1',
          paymentResult: 'PENDING',
          quoteId: 'quote_1',
          statusUrl: '/api/wallet/npub1x/melt/tx_melt_1',
        },
      });
    },
  );

  it.each(['released', 'cancelled'] as const)('is never one that is %s', (state) => {
    expect(() => presentMelt(melt({ state }), later)).toThrow(InvariantBroken);
  });
});

describe('The status of a melt', () => {
  it('tells a paid one as its answer did, with the story of how', () => {
    const view = presentMeltStatus(settled, later);
    expect(view).toMatchObject(presentMelt(settled, later).body);
    expect(view).toMatchObject({
      status: 'PAID',
      state: 'settled',
      timeline: [{ at: '2026-01-01T00:00:00.000Z', state: 'prepared', event: 'reserved' }],
    });
  });

  it('tells a pending one', () => {
    expect(presentMeltStatus(melt({ state: 'pending' }), later)).toMatchObject({
      success: true,
      status: 'PENDING',
      state: 'pending',
      paymentResult: 'PENDING',
      quoteId: 'quote_1',
      operationDuration: 412,
    });
  });

  it('tells of a failed one what came back and why, not the mint’s own words', () => {
    const failure = { cause: 'NO_ROUTE', detail: 'whatever the mint wrote' };
    const view = presentMeltStatus(melt({ state: 'released', failure, releasedAmount: 1140n }), later);
    expect(view).toMatchObject({
      status: 'FAILED',
      paymentResult: 'FAILED',
      released: 1140,
      cause: 'NO_ROUTE',
    });
    expect(JSON.stringify(view)).not.toMatch(/whatever/);
  });

  it('tells that a cancelled one gave everything back', () => {
    expect(presentMeltStatus(melt({ state: 'cancelled' }), later)).toMatchObject({
      status: 'FAILED',
      released: 1152,
    });
  });

  it('tells of one that needs a person what is missing, also where it was paid', () => {
    const view = presentMeltStatus(melt({ state: 'needs_attention', missingAmount: 64n }), later);
    expect(view).toMatchObject({ status: 'NEEDS_ATTENTION', missing: 64 });
    expect(presentMeltStatus({ ...settled, state: 'needs_attention' }, later)).toMatchObject({
      status: 'NEEDS_ATTENTION',
      paymentResult: 'PAID',
      paidAmount: 1000,
    });
  });

  it('holds no proof, whatever the operation holds', () => {
    const proof = { Y: '02', keysetId: '00', amount: 8n, secret: 'bearer-money', C: '03' };
    const operation = {
      ...settled,
      inputs: [proof],
      change: [proof],
      held: { send: [proof], keep: [proof] },
    };
    expect(JSON.stringify(presentMeltStatus(operation, later))).not.toMatch(/bearer-money/);
  });
});

describe('A minting', () => {
  it('is told with its invoice; the expiry in unix seconds, as Cashu has it', () => {
    expect(presentMintQuote(minting)).toEqual({
      success: true,
      quote: 'quote_2',
      invoice: 'lnbc1',
      amount: 21,
      transactionId: 'tx_mint_1',
      expiry: 1_767_225_600,
      mintUrl: 'http://mint.test',
    });
  });

  it('is 202 until its ecash is credited', () => {
    expect(presentMinting(minting)).toMatchObject({ status: 202, body: { status: 'UNPAID' } });
    expect(presentMinting({ ...minting, state: 'issuing' })).toMatchObject({
      status: 202,
      body: { status: 'PAID' },
    });
    expect(presentMinting({ ...minting, state: 'issued' })).toEqual({
      status: 200,
      body: {
        success: true,
        tokenId: 'token_1',
        transactionId: 'tx_mint_1',
        totalAmount: 21,
        mintUrl: 'http://mint.test',
      },
    });
  });
});

describe('A balance', () => {
  it('is what can be spent now; the total adds what is reserved', () => {
    const balance = { unspent: 100n, reserved: 30n, spendable: 70n, pending: 5n, spent: 9n };
    expect(presentBalance({ balance })).toEqual({
      success: true,
      balance: 70,
      details: {
        totalBalance: 100,
        unspentBalance: 100,
        reservedBalance: 30,
        pendingBalance: 5,
        spentBalance: 9,
      },
    });
  });
});
