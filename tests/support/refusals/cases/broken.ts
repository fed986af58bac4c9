import { expect } from '@jest/globals';
import { askedOfMint } from '../../money.ts';
import { until } from '../../world.ts';
import type { RefusalCase } from '../cases.ts';
import { recovery } from '../contract.ts';

const lookFirst =
  'Look at the balance and the transaction before you repeat it, and repeat it with the same Idempotency-Key only';

/** The mint calls the quote paid, though it was never asked to; that it has done so for an hour is put into the books. */
const stoppedMelt: RefusalCase = {
  code: 'CRITICAL_MELT_FAILURE',
  what: 'the mint has called the quote paid for an hour, and our ecash is not spent',
  async provoke(stage) {
    const { sim, simulator, context } = stage.world;
    const { operations } = context.database;
    const wallet = await stage.world.wallet(512);
    const undelivered = { match: { method: 'POST' as const, path: '/v1/melt/bolt11' }, times: null };
    await sim.addFaults({ ...undelivered, fault: 'drop_before' });
    const key = { 'idempotency-key': 'stopped' };
    const invoice = await stage.invoice(500);
    const begun = await stage.melt(wallet, invoice, {}, { ...key, prefer: 'respond-async' });
    expect(begun.status).toBe(202);
    const open = { npub: wallet.npub, open: true } as const;
    await until(async () => (await operations.exists({ ...open, state: 'melting' })) !== null, 'the melt');
    const quoteId = (await operations.findOne(open).lean())?.quote_id;
    const quote: unknown = await (await fetch(`${simulator.url}/v1/melt/quote/bolt11/${quoteId}`)).json();
    const body = Object.assign({}, quote, { state: 'PAID' });
    await sim.addFaults({
      match: { path: '/v1/melt/quote/*' },
      fault: { kind: 'status', status: 200, body },
      times: null,
    });
    const anHourAgo = new Date(Date.now() - 3_600_000);
    await until(async () => {
      const doubted = { ...open, 'details.doubtedSince': { $ne: null } };
      const backdated = { $set: { 'details.doubtedSince': anHourAgo }, $inc: { version: 1 } };
      return (await operations.updateOne(doubted, backdated)).modifiedCount === 1;
    }, 'the doubt');
    await until(
      async () => (await operations.exists({ npub: wallet.npub, state: 'needs_attention' })) !== null,
      'the stop',
      30_000,
    );
    const told = await stage.melt(wallet, invoice, {}, key);
    expect(told.headers.get('idempotency-replayed')).toBe('true');
    const again = await stage.melt(wallet, invoice, {}, key);
    expect(again.body['supportId']).toBe(told.body['supportId']);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 512 });
    return told;
  },
  says: /^CRITICAL: the payment was stopped by a safety check .* Whether it was paid is not settled; do not pay again\. Contact support with quote \S+/,
  members: recovery('manual'),
  leaves: 'open',
  afterwards: async ({ world }, { body }) => {
    const { reports } = world.context.database;
    const stopped = { transaction_id: String(body['transactionId']), code: 'CRITICAL_MELT_FAILURE' };
    expect(await reports.countDocuments(stopped)).toBe(1);
  },
};

/** A document that is not as we write it, which is mended when the server has choked on it. */
const spoiltToken: RefusalCase = {
  code: 'INTERNAL_ERROR',
  what: 'melt: a proof that was changed in the database',
  severity: 'CRITICAL',
  error: 'Failed to melt tokens',
  async provoke(stage) {
    const wallet = await stage.world.wallet(64);
    const { tokens } = stage.world.context.database;
    const token = await tokens.findOne({ npub: wallet.npub }).lean();
    const sealed = token?.proofs?.[0]?.sealed ?? '';
    const put = (text: string) =>
      tokens.updateOne({ npub: wallet.npub }, { $set: { 'proofs.0.sealed': text } });
    await stage.arranged();
    await put(`${sealed.slice(0, 40)}${sealed.charAt(40) === 'A' ? 'B' : 'A'}${sealed.slice(41)}`);
    return stage.melt(wallet, await stage.invoice(40)).finally(() => put(sealed));
  },
  says: new RegExp(
    `^A safety check failed, and the server stopped before doing more\\. Support has been told\\. ${lookFirst}`,
  ),
};

/** The same with a payment under way: nothing more is done, and the funds stay where they are. */
function spoiltOperation(): RefusalCase {
  let mend = async (): Promise<void> => undefined;
  return {
    code: 'INTERNAL_ERROR',
    what: 'melt: an operation that was changed in the database',
    severity: 'CRITICAL',
    error: 'Failed to melt tokens',
    async provoke(stage) {
      const { sim, context } = stage.world;
      const wallet = await stage.world.wallet(512);
      const { collection } = context.database.operations;
      const which = { npub: wallet.npub, kind: 'melt' };
      await sim.clearRequests();
      await sim.addFaults({ match: { path: '/v1/swap' }, fault: 'hold' });
      const paying = stage.melt(wallet, await stage.invoice(100));
      await until(async () => (await askedOfMint(stage.world, '/v1/swap')) > 0, 'the swap');
      const sealed: unknown = (await collection.findOne(which))?.['sealed'];
      await collection.updateOne(which, { $set: { sealed: 'x.y' }, $inc: { version: 1 } });
      mend = async () => {
        await collection.updateOne(which, { $set: { sealed } });
        await until(async () => (await wallet.balance())['reservedBalance'] === 0, 'the funds', 30_000);
        expect(await wallet.balance()).toMatchObject({ totalBalance: 512 });
      };
      await sim.release();
      return paying;
    },
    says: /^Something went wrong inside the server, and support has been told\. The payment was not sent, and it will not be\. The funds set aside for it may stay reserved until support has looked into it; then try again/,
    members: { transactionId: expect.stringMatching(/^tx_melt_/) },
    retryable: true,
    leaves: 'open',
    afterwards: () => mend(),
  };
}

const spoiltWallet: RefusalCase = {
  code: 'INTERNAL_ERROR',
  what: 'info: a wallet without a date',
  severity: 'HIGH',
  async provoke(stage) {
    const { npub, at } = await stage.world.wallet();
    const { collection } = stage.world.context.database.wallets;
    const date = (await collection.findOne({ npub }))?.['created_at'];
    await stage.arranged();
    await collection.updateOne({ npub }, { $set: { created_at: 'once' } });
    return stage
      .get(`${at}/info`)
      .finally(() => collection.updateOne({ npub }, { $set: { created_at: date } }));
  },
  says: new RegExp(`^Something went wrong inside the server, and support has been told\\. ${lookFirst}`),
};

export const brokenCases: RefusalCase[] = [stoppedMelt, spoiltToken, spoiltOperation(), spoiltWallet];
