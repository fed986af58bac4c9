import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { outside, proofsOf, unhurried } from '../support/money.ts';
import { type Json, startWorld, until, type World } from '../support/world.ts';

/** The examples of docs/api.md that are written out as JSON, each by the words that only it has. */
function exampleWith(words: string, file = 'docs/api.md'): Json {
  const written = [...readFileSync(file, 'utf8').matchAll(/```json\n([\s\S]*?)```/g)]
    .map(([, text = '']) => text)
    .filter((text) => text.includes(words));
  expect(written).toHaveLength(1);
  return JSON.parse(written[0] ?? '');
}

/** What of a body a client relies on: its fields, and of what type they are. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]));
}

describe('every example of docs/api.md is what the server says', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 2 },
      env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '60000' },
    });
  });
  afterAll(() => world.end());

  it('of a wallet, from its creation to a payment', async () => {
    const { npub, at, ...wallet } = await world.wallet();
    const asked = await world.call('POST', `${at}/mint`, { amount: 1_000 });
    expect(shapeOf(asked.body)).toEqual(shapeOf(exampleWith('"invoice": "lnbc10u1')));
    const complete = () => world.call('POST', `${at}/mint/complete`, { quoteId: asked.body['quote'] });
    expect(shapeOf((await complete()).body)).toEqual(shapeOf(exampleWith('"UNPAID"')));
    await world.sim.pay(String(asked.body['invoice']));
    await until(async () => (await complete()).status === 200, 'funded');
    expect(shapeOf((await complete()).body)).toEqual(shapeOf(exampleWith('"tx_mint_…", "totalAmount"')));

    const created = await world.call('POST', '/api/wallet/create', { npub });
    const { message, ...told } = exampleWith('"walletDetails"');
    expect({ message, ...created.body }).toMatchObject({ success: true });
    expect(shapeOf({ message, ...created.body })).toEqual(shapeOf({ message, ...told }));
    const info = await world.call('GET', `${at}/info`);
    expect(shapeOf(info.body)).toEqual(shapeOf(exampleWith('"walletInfo"')));
    const balance = await world.call('GET', `${at}/balance`);
    expect(shapeOf(balance.body)).toEqual(shapeOf(exampleWith('"reservedBalance"')));

    const compared = await world.call('POST', `${at}/proofs/status`, {});
    expect(shapeOf(compared.body)).toEqual(shapeOf(exampleWith('"totalProofs"')));
    const restored = await world.call('POST', `${at}/restore`, {});
    expect(shapeOf(restored.body)).toEqual(shapeOf(exampleWith('"watching"')));
    const last = await world.call('GET', `${at}/restore`);
    expect(shapeOf(last.body)).toEqual(shapeOf(exampleWith('"endedAt"')));
    const again = await world.call('POST', `${at}/restore`, {}, { prefer: 'respond-async' });
    expect(shapeOf(again.body)).toEqual(shapeOf(exampleWith('"RUNNING"')));
    const isOver = async () => (await world.call('GET', `${at}/restore`)).body['status'] === 'DONE';
    await until(isOver, 'the restore', 30_000);

    const { invoice } = await world.sim.invoice({ amount: 210 });
    const quote = await world.call('POST', `${at}/melt/quote`, { invoice });
    expect(shapeOf(quote.body)).toEqual(shapeOf(exampleWith('"feeReserve"')));
    const paid = await wallet.melt(invoice);
    expect(shapeOf(paid.body)).toEqual(shapeOf(exampleWith('"paymentResult": "PAID"')));
    const other = await world.sim.invoice({ amount: 20 });
    const begun = await wallet.melt(other.invoice, {}, { prefer: 'respond-async' });
    expect(shapeOf(begun.body)).toEqual(shapeOf(exampleWith('"paymentResult": "PENDING"')));

    const third = await world.sim.invoice({ amount: 20 });
    await wallet.melt(third.invoice, { memo: 'Coffee with Ann', externalId: 'order-1042' });
    const page = await world.call('GET', `${at}/transactions?limit=1`);
    expect(shapeOf(page.body)).toEqual(shapeOf(exampleWith('"externalId": "order-1042"')));
    const { body } = await world.call('POST', `${at}/mint`, { amount: 77 });
    const one = await world.call('GET', `${at}/transactions/${String(body['transactionId'])}`);
    expect(shapeOf(one.body)).toEqual(shapeOf(exampleWith('"state": "awaiting_payment",\n')));
  });

  it('of tokens', async () => {
    const [giver, taker] = [await world.wallet(100), await world.wallet()];
    const { body } = await world.call('POST', `${giver.at}/send`, { amount: 64 });
    expect(shapeOf(body)).toEqual(shapeOf(exampleWith('"status": "PENDING", "state": "sent" }')));
    const at = `${giver.at}/send/${String(body['transactionId'])}`;
    expect(shapeOf((await world.call('GET', at)).body)).toEqual(
      shapeOf(exampleWith('"claimedAmount": 0, "reclaimedAmount": null')),
    );
    const { encodedToken } = body;
    const async = { prefer: 'respond-async' };
    const begun = await world.call('POST', `${taker.at}/receive`, { encodedToken }, async);
    expect(shapeOf(begun.body)).toEqual(shapeOf(exampleWith('/transactions/tx_send_…"')));
    const { statusUrl } = begun.body;
    await until(
      async () => (await world.call('GET', String(statusUrl))).body['status'] === 'PAID',
      'received',
    );
    const received = await world.call('POST', `${taker.at}/receive`, { encodedToken });
    expect(shapeOf(received.body)).toEqual(shapeOf(exampleWith('"tx_receive_…"')));
    const again = await world.call('POST', `${giver.at}/send`, { amount: 16 });
    const back = await world.call(
      'POST',
      `${giver.at}/send/${String(again.body['transactionId'])}/reclaim`,
      {},
    );
    expect(shapeOf(back.body)).toEqual(shapeOf(exampleWith('"reclaimedAmount": 64')));
  });

  it('of books and mint, number by number', async () => {
    const wallet = await world.wallet(96);
    const [, gone] = (await proofsOf(world, wallet.npub)).sort((a, b) => Number(a.amount - b.amount));
    if (gone === undefined) throw new Error('the wallet has one proof');
    await world.sim.spendOutside([outside(gone)]);
    const file = 'docs/reconciliation.md';
    const told = JSON.stringify(exampleWith('"timestamp": "2026-11-22T03:05:12', file));
    const dry = JSON.stringify(exampleWith('"dryRun": true', file));
    const filled = (example: string, { timestamp }: Json) => ({
      ...JSON.parse(example.replaceAll('tok_…', gone.tokenId)),
      timestamp,
    });
    const status = await world.call('POST', `${wallet.at}/proofs/status`, {});
    expect(status.body).toEqual(filled(told, status.body));
    const planned = await world.call('POST', `${wallet.at}/reconcile`, { dryRun: true });
    expect(planned.body).toEqual(filled(dry, planned.body));
  });

  it('of reports', async () => {
    const about = { npub: (await world.wallet()).npub, transactionId: 'tx_melt_1_0a', quoteId: 'q1' };
    const { reports } = world.context.services;
    await reports.file({ ...about, dedupeKey: 'x', severity: 'HIGH', code: 'FEE_ABOVE_LIMIT', summary: 'x' });
    const listed = await world.call('GET', `/api/support/reports?npub=${about.npub}`);
    expect(shapeOf(listed.body)).toEqual(shapeOf(exampleWith('"reports"')));
    const [report] = await world.context.database.reports.find({ npub: about.npub }).lean();
    const at = `/api/support/reports/${report?._id}/resolve`;
    const resolved = await world.call('POST', at, { note: 'x' });
    expect(shapeOf(resolved.body)).toEqual(shapeOf(exampleWith('"alreadyResolved"')));
    const asked = await world.call('POST', `/api/wallet/${about.npub}/mint`, { amount: 5 });
    const id = String(asked.body['transactionId']);
    const rechecked = await world.call('POST', `/api/support/operations/${id}/recheck`, {});
    expect(shapeOf(rechecked.body)).toEqual(shapeOf(exampleWith('"outcome": "LOOKED_AT"')));
    const stopped = { $set: { state: 'needs_attention' }, $unset: { open: 1 } } as const;
    await world.context.database.operations.updateOne({ _id: id }, stopped);
    const wish = { decision: 'fence', note: 'The payee says that nothing came.' };
    const decided = await world.call('POST', `/api/support/operations/${id}/decide`, wish);
    expect(shapeOf(decided.body)).toEqual(shapeOf(exampleWith('"DECIDED"')));
  });

  it('of readiness, and of a refusal, word by word', async () => {
    const ready = await world.call('GET', '/readyz');
    expect(shapeOf(ready.body)).toEqual(shapeOf(exampleWith('"draining"')));

    const wallet = await world.wallet(1_000);
    const { invoice } = await world.sim.invoice({ amount: 210 });
    const refused = await wallet.melt(invoice, { maxFee: 0 });
    const example = exampleWith('"FEE_TOO_HIGH"');
    expect({ ...refused.body, instance: '', message: '' }).toEqual({
      ...example,
      instance: '',
      message: '',
    });
    expect(refused.body['message']).toBe(refused.body['detail']);
    const [beginning = ''] = String(example['message']).split('…');
    expect(refused.body['message']).toEqual(expect.stringMatching(`^${beginning}`));
  });
});
