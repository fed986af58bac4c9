import { describe, expect, it } from '@jest/globals';
import { DomainError } from '../../src/models/errors.ts';
import type { MeltQuote } from '../../src/models/operation.ts';
import type { Invoice } from '../../src/services/melt/invoice.ts';
import type { Preparation, Reserved } from '../../src/services/melt/preparation.ts';
import { createReserving } from '../../src/services/melt/reserving.ts';
import { melt, startedAt } from '../support/operations.ts';

const answerWithinMs = 6_000;
const wallet = {
  id: 'wal_1',
  npub: 'npub1x',
  mintUrl: 'http://mint.test',
  mintId: null,
  unit: 'sat',
  createdAt: startedAt,
};
const invoice: Invoice = {
  text: 'lnbc1',
  paymentHash: 'ff',
  amountMsat: 1_000_000n,
  expiresAt: startedAt,
};
const quoteFor = (id: string, livesMs: number): MeltQuote => ({
  id,
  amount: 1_000n,
  feeReserve: 1n,
  expiry: new Date(Date.now() + livesMs),
});
const lasting = quoteFor('lasting', 600_000);

/** The line of one wallet. `outcome`: what becomes of each try, by its number from 1. `claiming`: what pays this invoice already. */
function line(
  outcome: (number: number) => Promise<Reserved>,
  claiming: () => Promise<string | null> = async () => null,
) {
  const tries: MeltQuote[] = [];
  const reserve: Preparation['reserve'] = (_wallet, _invoice, quote) => {
    tries.push(quote);
    return outcome(tries.length);
  };
  const reserving = createReserving({
    preparation: { reserve },
    operations: { claiming },
    mints: { at: () => ({ payments: { enter: () => ({ leave: () => undefined }) } }) },
    answerWithinMs,
    onLastCall: () => () => undefined,
    now: () => new Date(),
  });
  /** A request that came `agoMs` ago. */
  const request = (how: { respondAsync?: boolean; agoMs?: number; quote?: MeltQuote } = {}) =>
    reserving.reserve(
      wallet,
      invoice,
      how.quote ?? lasting,
      null,
      {
        wallet: { npub: wallet.npub, walletId: null },
        invoice: invoice.text,
        amount: undefined,
        maxFee: undefined,
        maxTotal: undefined,
        memo: null,
        externalId: null,
        respondAsync: how.respondAsync ?? false,
        idempotency: undefined,
        requestId: 'request',
        budget: null,
        stillAllowed: async () => undefined,
        answerBy: new Date(Date.now() + answerWithinMs - (how.agoMs ?? 0)),
      },
      async () => quoteFor('anew', 60_000),
    );
  return { request, tries };
}

const reserved = async (): Promise<Reserved> => ({ kind: 'reserved', operation: melt({}) });
const busy = async (): Promise<Reserved> => ({ kind: 'busy', sight: 'little' });
const refused = { code: 'CONCURRENT_OPERATION' };

describe('a payment that has to wait for others of its wallet', () => {
  it('waits for ecash that they hold, unless its client does not want to wait', async () => {
    const patient = line((number) => (number < 3 ? busy() : reserved()));
    expect(await patient.request()).toMatchObject({ operation: { id: 'tx_melt_1' } });
    const hurried = line((number) => (number < 3 ? busy() : reserved()));
    await expect(hurried.request({ respondAsync: true })).rejects.toMatchObject(refused);
    expect(hurried.tries).toHaveLength(1);
  });

  it('and whose client does not want to wait, is refused before somebody who is stuck gives up the turn', async () => {
    const stuck = Promise.withResolvers<Reserved>();
    const { request, tries } = line((number) => (number === 1 ? stuck.promise : reserved()));
    const first = request();
    await expect(request({ respondAsync: true })).rejects.toMatchObject(refused);
    expect(tries).toHaveLength(1);
    stuck.resolve({ kind: 'reserved', operation: melt({}) });
    await first;
  });

  it('counts what its client has waited before it came into the line', async () => {
    const { request, tries } = line(busy);
    await expect(request({ agoMs: answerWithinMs / 2 })).rejects.toMatchObject(refused);
    expect(tries.length).toBeLessThanOrEqual(2);
  });

  it('has its quote renewed where that has too little time left by then', async () => {
    const { request, tries } = line(reserved);
    await request({ quote: quoteFor('old', 29_000) });
    expect(tries.map(({ id }) => id)).toEqual(['anew']);
    await request({ quote: quoteFor('young', 60_000) });
    expect(tries.map(({ id }) => id)).toEqual(['anew', 'young']);
  });
});

describe('a payment that is refused', () => {
  const noFunds = async (): Promise<Reserved> => {
    throw new DomainError('INSUFFICIENT_BALANCE', 'LOW', 'Too little.');
  };

  it('is told as the duplicate that it is, whatever else stood in the way, and the books are asked once', async () => {
    let asked = 0;
    const claiming = async () => {
      asked += 1;
      return 'tx_melt_earlier';
    };
    const duplicate = { code: 'DUPLICATE_PAYMENT' };
    await expect(line(noFunds, claiming).request()).rejects.toMatchObject(duplicate);
    await expect(line(busy, claiming).request()).rejects.toMatchObject(duplicate);
    expect(asked).toBe(2);
  });

  it('is told why, though the books cannot be asked whether it is a duplicate', async () => {
    const away = async () => {
      throw new Error('connection closed');
    };
    await expect(line(noFunds, away).request()).rejects.toMatchObject({ code: 'INSUFFICIENT_BALANCE' });
  });
});
