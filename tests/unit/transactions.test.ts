import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { presentMeltStatus } from '../../src/controllers/presentMelt.ts';
import { DomainError } from '../../src/models/errors.ts';
import { meltStates, mintingStates } from '../../src/models/operation.ts';
import type { MeltOutline, MintingOutline, TransactionOutline } from '../../src/models/transaction.ts';
import { cursorBehind, positionOf } from '../../src/services/transactions/cursor.ts';
import { kindsInStates, statusOf } from '../../src/services/transactions/status.ts';
import { createTransactionService } from '../../src/services/transactions/transactionService.ts';
import { melt, startedAt } from '../support/operations.ts';

const told = {
  id: 'tx_melt_1',
  createdAt: startedAt,
  updatedAt: startedAt,
  memo: null,
  externalId: null,
  amount: 1000n,
};
const meltOf = (differences: Partial<MeltOutline>): MeltOutline => ({
  ...told,
  kind: 'melt',
  state: 'settled',
  sourceAmount: 1152n,
  releasedAmount: null,
  isPaid: false,
  change: 0n,
  failureCause: null,
  ...differences,
});
const mintingOf = (state: MintingOutline['state']): MintingOutline => ({ ...told, kind: 'minting', state });

describe('A cursor', () => {
  const id = fc.stringMatching(/^tx_[A-Za-z0-9_-]{1,96}$/);
  const createdAt = fc.date({ min: new Date(0), noInvalidDate: true });

  it('names the place that it was made for, in characters that a query may hold', () => {
    fc.assert(
      fc.property(id, createdAt, (name, at) => {
        const cursor = cursorBehind({ createdAt: at, id: name });
        expect(cursor).toMatch(/^[A-Za-z0-9_-]{1,200}$/);
        expect(positionOf(cursor)).toEqual({ createdAt: at, id: name });
      }),
    );
  });

  const of = (text: string) => Buffer.from(text).toString('base64url');
  it.each([
    ['nothing', ''],
    ['anything', 'x'],
    ['another spelling of a right one', `${of('1.tx_melt_1')}=`],
    ['characters that base64 passes over', ` ${of('1.tx_melt_1')}`],
    ['another alphabet', Buffer.from('1.tx_?>?>').toString('base64')],
    ['no date', of('tx_melt_1')],
    ['no id', of('1.')],
    ['an id that is none', of('1.tok_1')],
    ['a date with a zero before it', of('01.tx_melt_1')],
    ['a date before 1970', of('-1.tx_melt_1')],
    ['a date with a fraction', of('1.5.tx_melt_1')],
    ['a date that no clock shows', of('8640000000000001.tx_melt_1')],
    ['an operator', of('{"$gt":""}')],
    ['something behind it', of('1.tx_melt_1\u0000')],
  ])('of %s is refused', (_what, cursor) => {
    expect(() => positionOf(cursor)).toThrow(DomainError);
  });
});

describe('What a state means', () => {
  it('is what the melt’s own route says, in every state', () => {
    for (const state of meltStates)
      expect([state, statusOf(meltOf({ state }))]).toEqual([
        state,
        presentMeltStatus(
          { ...melt({ state }), ...(state === 'settled' || state === 'paid' ? paid : {}) },
          startedAt,
        ).status,
      ]);
  });

  it('is found again by each status, in every state of every kind', () => {
    const all: TransactionOutline[] = [
      ...meltStates.map((state) => meltOf({ state })),
      ...mintingStates.map(mintingOf),
    ];
    for (const outline of all) {
      const { kind, state } = outline;
      const found = kindsInStates(kind === 'melt' ? 'melt' : 'mint', statusOf(outline));
      expect(found).toMatchObject([{ kind }]);
      expect(found[0]?.states).toContain(state);
    }
    expect(kindsInStates('mint', 'FAILED')).toEqual([]);
    expect(kindsInStates('melt', 'EXPIRED')).toEqual([]);
  });
});

const paid = {
  payment: { preimage: null, preimageVerified: false, paidAt: startedAt },
  atomicResult: {
    sourceTokensSpent: 1,
    keepTokenId: null,
    keepAmount: 0n,
    keepProofCount: 0,
    meltChangeTokenId: null,
    meltChangeAmount: 0n,
    meltChangeProofCount: 0,
  },
};

describe('What a transaction has cost', () => {
  const wallet = { id: 'w', npub: 'npub1x', mintUrl: '', mintId: null, unit: 'sat', createdAt: startedAt };
  const feeOf = async (outline: TransactionOutline) => {
    const service = createTransactionService({
      wallets: {
        get: async () => wallet,
        holding: async () => wallet,
      },
      transactionList: { newest: async () => [outline], story: async () => null, holder: async () => null },
    });
    const query = { limit: 1, cursor: undefined, type: undefined, status: undefined, externalId: undefined };
    return (await service.list({ npub: 'npub1x', walletId: null }, query)).transactions[0]?.fee;
  };

  it.each<[string, TransactionOutline, bigint | null]>([
    ['of a paid one all that left besides', meltOf({ isPaid: true, change: 150n }), 2n],
    [
      'while change may still come, as if none did',
      meltOf({ state: 'paid', isPaid: true, change: 100n }),
      52n,
    ],
    ['where the mint gave back too much, less than nothing', meltOf({ isPaid: true, change: 153n }), -1n],
    ['while it is under way, nobody knows', meltOf({ state: 'pending' }), null],
    ['of a cancelled one nothing', meltOf({ state: 'cancelled' }), 0n],
    ['of a released one what did not come back', meltOf({ state: 'released', releasedAmount: 1140n }), 12n],
    [
      'of one that a recovery ended, nobody knows',
      meltOf({ state: 'released', releasedAmount: 0n, failureCause: 'STORE_BEHIND_MINT' }),
      null,
    ],
    ['of one that needs a person, nobody knows', meltOf({ state: 'needs_attention' }), null],
    ['unless it was paid', meltOf({ state: 'needs_attention', isPaid: true, change: 152n }), 0n],
    ['of a minting nothing', mintingOf('issued'), 0n],
  ])('%s', async (_what, outline, fee) => {
    expect(await feeOf(outline)).toBe(fee);
  });
});
