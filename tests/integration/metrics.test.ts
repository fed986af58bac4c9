import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { documented } from '../support/metricNames.ts';
import { familiesIn, reading, samplesIn, scrape } from '../support/metrics.ts';
import { outside, proofsOf, unhurried } from '../support/money.ts';
import { expectAlert } from '../support/promtool.ts';
import { severable } from '../support/severable.ts';
import { newSigner, publicOrigin, signed } from '../support/signing.ts';
import { startWorld, until, type World } from '../support/world.ts';

const token = 'a-token-of-thirty-two-characters';

let world: World;
const read = () => scrape(world.url, token);
const value = async (name: string, labels: Record<string, string> = {}) =>
  (await reading(await read(), name, labels)) ?? 0;
beforeAll(async () => {
  world = await startWorld({
    env: {
      ...unhurried,
      CRUCIBLE_METRICS_TOKEN: token,
      CRUCIBLE_PUBLIC_ORIGIN: publicOrigin,
      CRUCIBLE_ANSWER_WITHIN_MS: '60000',
    },
  });
});
afterAll(() => world.end());

describe('metrics are shown', () => {
  const ask = (authorization?: string) =>
    fetch(`${world.url}/metrics`, authorization === undefined ? {} : { headers: { authorization } });

  it('to whoever has the token, as Prometheus reads them', async () => {
    const response = await ask(`Bearer ${token}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toContain('# TYPE crucible_build_info gauge');
  });

  it('to nobody else: not without it, not with another one, and not for an admin’s key or a signature', async () => {
    const key = await world.keyFor(['admin']);
    const signature = signed(newSigner(), { method: 'GET', target: '/metrics' });
    for (const shown of [undefined, `Bearer ${token}x`, `Bearer ${key}`, `Basic ${token}`, signature]) {
      const response = await ask(shown);
      expect({ shown, status: response.status }).toEqual({ shown, status: 401 });
      expect(await response.text()).not.toContain('crucible_build_info');
    }
  });
});

describe('what happens is counted', () => {
  it('a payment: its parts, how it came out, and each of its requests', async () => {
    const before = await read();
    const wallet = await world.wallet(1_000);
    const { invoice } = await world.sim.invoice({ amount: 210 });
    const key = { 'idempotency-key': randomUUID() };
    expect((await wallet.melt(invoice, {}, key)).status).toBe(200);
    expect((await wallet.melt(invoice, {}, key)).headers.get('idempotency-replayed')).toBe('true');
    const after = await read();
    const grown = (name: string, labels: Record<string, string> = {}) =>
      (reading(after, name, labels) ?? 0) - (reading(before, name, labels) ?? 0);
    const route = 'POST /api/wallet/:npub/melt';
    expect(grown('crucible_http_requests_total', { route, status: '200' })).toBe(2);
    expect(grown('crucible_http_request_duration_seconds_count', { route })).toBe(2);
    expect(grown('crucible_idempotency_replays_total', { route })).toBe(1);
    expect(grown('crucible_payments_total', { outcome: 'paid' })).toBe(1);
    expect(grown('crucible_melt_answers_total', { answer: 'paid' })).toBe(1);
    expect(grown('crucible_payment_duration_seconds_count', { outcome: 'paid' })).toBe(1);
    expect(grown('crucible_operations_ended_total', { kind: 'melt', state: 'settled' })).toBe(1);
    for (const phase of ['quote', 'preflight', 'selection', 'swap', 'mint', 'reserve', 'book'])
      expect({
        phase,
        grown: grown('crucible_melt_phase_duration_seconds_count', { phase, outcome: 'ok' }) > 0,
      }).toEqual({ phase, grown: true });
    for (const call of ['melt_quote', 'checkstate', 'swap', 'melt'])
      expect(
        grown('crucible_mint_call_duration_seconds_count', { call, outcome: 'answered' }),
      ).toBeGreaterThan(0);
    expect(reading(after, 'crucible_mint_up')).toBe(1);
  });

  it('a payment that hangs: as a 202, as an open operation with its age, and by the worker’s looks', async () => {
    const pending = { route: 'POST /api/wallet/:npub/melt', status: '202' };
    const before = await value('crucible_http_requests_total', pending);
    const wallet = await world.wallet(100);
    const { invoice } = await world.sim.invoice({ amount: 50, behaviour: 'pending' });
    expect((await wallet.melt(invoice, {}, { prefer: 'respond-async' })).status).toBe(202);
    const open = { kind: 'melt', state: 'pending' };
    await until(async () => (await value('crucible_operations', open)) === 1, 'the count', 20_000);
    await until(async () => (await value('crucible_operation_oldest_age_seconds', open)) > 0, 'its age');
    expect((await value('crucible_http_requests_total', pending)) - before).toBe(1);
    // Nobody has waited for it.
    expect(await value('crucible_melt_answers_total', { answer: 'async' })).toBe(1);
    expect(await value('crucible_melt_answers_total', { answer: 'pending' })).toBe(0);
    // Its own request still looks at this one; the worker has the mint quote that nobody pays.
    await world.call('POST', `${wallet.at}/mint`, { amount: 7 });
    const looks = () => value('crucible_recovery_runs_total', { kind: 'minting', result: 'waiting' });
    await until(async () => (await looks()) > 0, 'a look');
  });

  it('refusals: what was wrong, and who could not be told', async () => {
    const { npub, at } = await world.wallet();
    await world.call('POST', `${at}/melt`, { invoice: 1 });
    const signer = newSigner();
    const target = `/api/wallet/${npub}/balance`;
    const late = signed(signer, { method: 'GET', target, at: Math.floor(Date.now() / 1_000) - 90 });
    const otherwise = signed(signer, { method: 'POST', target });
    for (const headers of [
      {},
      { authorization: late },
      { authorization: otherwise },
      { authorization: 'Bearer crk_x' },
    ])
      expect((await fetch(world.url + target, { headers })).status).toBe(401);
    expect(await value('crucible_refusals_total', { code: 'VALIDATION_ERROR', severity: 'LOW' })).toBe(1);
    expect(await value('crucible_bad_signatures_total', { because: 'clock' })).toBe(1);
    expect(await value('crucible_bad_signatures_total', { because: 'other' })).toBeGreaterThan(0);
    expect(await value('crucible_unauthenticated_total', { scheme: 'none' })).toBeGreaterThan(0);
    expect(await value('crucible_unauthenticated_total', { scheme: 'key' })).toBeGreaterThan(0);
  });

  it('a discrepancy: its type, the sum that is missing, and the report', async () => {
    const wallet = await world.wallet(64);
    const [gone] = await proofsOf(world, wallet.npub);
    if (gone === undefined) throw new Error('the wallet has no proof');
    await world.sim.spendOutside([outside(gone)]);
    for (let looks = 1; looks <= 3; looks += 1) await world.call('POST', `${wallet.at}/proofs/status`, {});
    const looked = { type: 'DB_UNSPENT_MINT_SPENT', found_by: 'reconciliation' };
    expect(await value('crucible_discrepancies_total', looked)).toBe(3);
    // Seen three times, and in the books as it was.
    expect(await value('crucible_missing_ecash_total', { unit: 'sat' })).toBe(0);
    const { invoice } = await world.sim.invoice({ amount: 50 });
    expect((await wallet.melt(invoice)).body['code']).toBe('PROOF_STATE_INCONSISTENCY');
    const type = { type: 'DB_UNSPENT_MINT_SPENT', found_by: 'payment' };
    expect(await value('crucible_discrepancies_total', type)).toBe(1);
    expect(await value('crucible_missing_ecash_total', { unit: 'sat' })).toBe(64);
    expect(await value('crucible_reports_filed_total', { severity: 'CRITICAL' })).toBe(1);
    await until(
      async () => (await value('crucible_reports_open', { severity: 'CRITICAL' })) === 1,
      'open',
      20_000,
    );
  });

  it('a refusal of a mint whose backend has a known trouble', async () => {
    const wallet = await world.wallet(64);
    const { invoice } = await world.sim.invoice({ amount: 50 });
    await world.sim.addFaults({
      match: { method: 'POST', path: '/v1/melt/quote/bolt11' },
      fault: {
        kind: 'error_code',
        code: 20_000,
        detail: 'leaf is not available to transfer, status: TRANSFER_LOCKED',
      },
      times: 1,
    });
    await wallet.melt(invoice);
    expect(await value('crucible_mint_backend_troubles_total', { trouble: 'funds_locked' })).toBe(1);
  });
});

describe('docs/metrics.md', () => {
  it('tells every metric that there is, with its type and labels, and no other', async () => {
    const families = familiesIn(await read());
    expect(documented.map(({ name }) => name).sort()).toEqual([...families.keys()].sort());
    for (const { name, type, labels } of documented) {
      const family = families.get(name);
      expect({ name, type: family?.type }).toEqual({ name, type });
      const seen = [...(family?.labels ?? [])].sort();
      // A family that nothing has happened to yet shows no labels.
      if (seen.length > 0) expect({ name, labels: seen }).toEqual({ name, labels });
    }
  });
});

describe('labels', () => {
  it('stay few, whatever is asked for', async () => {
    const before = samplesIn(await read()).length;
    const key = await world.keyFor(['admin']);
    for (let each = 0; each < 40; each += 1) {
      const { npub } = newSigner();
      await fetch(`${world.url}/api/${randomUUID()}/${npub}`, { method: 'DELETE' });
      await fetch(`${world.url}/api/wallet/${npub}/balance`, { headers: { authorization: `Bearer ${key}` } });
      await fetch(`${world.url}/api/wallet/${npub}/melt/tx_melt_${each}`, {
        headers: { authorization: `Bearer crk_${randomUUID()}`, 'x-request-id': randomUUID() },
      });
    }
    const after = samplesIn(await read());
    // Routes that were not asked for before, each with its buckets, and no more of them however often they are.
    expect(after.length - before).toBeLessThan(100);
    expect(after.length).toBeLessThan(2_000);
  });

  it('hold no npub, quote, key, invoice or id', async () => {
    const values = samplesIn(await read()).flatMap(({ labels }) => Object.values(labels));
    for (const text of new Set(values))
      expect(text).not.toMatch(/npub1|lnbc|crk_|crt_|tx_|sup_|tok_|[0-9a-f]{16}/i);
  });
});

describe('ecash that the mint does not honour', () => {
  const everyMs = 2_000;
  let small: World;
  beforeAll(async () => {
    small = await startWorld({ env: { ...unhurried, CRUCIBLE_SOLVENCY_INTERVAL_MS: String(everyMs) } });
  });
  afterAll(() => small.end());
  const gap = async () => reading(await scrape(small.url), 'crucible_solvency_gap', { unit: 'sat' });
  const reportOf = (npub: string) =>
    small.context.database.reports.findOne({ npub, code: 'SOLVENCY_GAP' }).lean();

  it('shows as a gap of 1 sat, is reported, and is closed once the books are right', async () => {
    const wallet = await small.wallet(21);
    await until(async () => (await gap()) === 0, 'a first verification', 20_000);
    const gone = (await proofsOf(small, wallet.npub)).find(({ amount }) => amount === 1n);
    if (gone === undefined) throw new Error('the wallet has no proof of 1 sat');
    await small.sim.spendOutside([outside(gone)]);
    // The interval, and five seconds for what is counted in the database.
    await until(async () => (await gap()) === 1, 'the gap', everyMs + 5_000 + 3_000);
    expect(await reportOf(wallet.npub)).toMatchObject({ severity: 'CRITICAL', status: 'open' });
    const sample = samplesIn(await scrape(small.url)).find(({ name }) => name === 'crucible_solvency_gap');
    if (sample === undefined) throw new Error('the gap is not told');
    expectAlert('CrucibleSolvencyGap', [sample]);
    expect((await small.call('POST', `${wallet.at}/reconcile`, {})).status).toBe(200);
    await until(async () => (await gap()) === 0, 'the gap being closed', everyMs + 8_000);
    expect(await reportOf(wallet.npub)).toMatchObject({ status: 'closed' });
    const text = await scrape(small.url);
    expect(reading(text, 'crucible_solvency_booked')).toBe(20);
    expect(reading(text, 'crucible_solvency_verified')).toBe(20);
  });

  it('and so does a sum in the books that says 1 sat more than its proofs', async () => {
    const wallet = await small.wallet(8);
    await until(async () => (await gap()) === 0, 'a verification', 20_000);
    await small.context.database.tokens.updateOne({ npub: wallet.npub }, { $inc: { total_amount: 1n } });
    await until(async () => (await gap()) === 1, 'the gap', everyMs + 8_000);
    await small.context.database.tokens.updateOne({ npub: wallet.npub }, { $inc: { total_amount: -1n } });
    await until(async () => (await gap()) === 0, 'the gap being closed', everyMs + 8_000);
  });

  it('is looked for in a wallet though another is of an earlier mint at the address, and people are told of that', async () => {
    const { wallets, reports } = small.context.database;
    const [first, second] = await wallets.find().sort({ created_at: 1 }).lean();
    if (first === undefined || second === undefined) throw new Error('there are not two wallets');
    await wallets.updateOne({ _id: first._id }, { $set: { mint_id: `02${'ab'.repeat(32)}` } });
    const isTold = async () => (await reports.exists({ code: 'MINT_REPLACED', status: 'open' })) !== null;
    await until(isTold, 'the report', everyMs + 3_000);
    const from = new Date();
    const isVerified = async (_id: string) =>
      (await wallets.exists({ _id, solvency_at: { $gt: from } })) !== null;
    await until(() => isVerified(second._id), 'the other wallet verified', everyMs + 3_000);
    expect(await isVerified(first._id)).toBe(false);
    await wallets.updateOne({ _id: first._id }, { $set: { mint_id: first.mint_id } });
  });

  it('is counted once for all instances', async () => {
    const other = await small.instance();
    const claimed = async () =>
      (await small.context.database.standings.findById('operations').lean<{ claimed_until: Date }>())
        ?.claimed_until;
    const claims = async () => {
      await scrape(small.url);
      const at = await claimed();
      const theirs = await scrape(other.url);
      return { theirs, isSame: Number(await claimed()) === Number(at) };
    };
    // On a busy machine more time may pass between the two than a count is good for.
    await until(async () => (await claims()).isSame, 'one count for both', 30_000);
    const { theirs } = await claims();
    expect(reading(theirs, 'crucible_wallets', { unit: 'sat' })).toBe(2);
  });
});

it('an index that somebody drops shows as missing, and the next start of a server makes it again', async () => {
  const missing = async (url: string) => reading(await scrape(url, token), 'crucible_indexes_missing');
  const before = await world.instance();
  // Its first look: what is found is good for half a minute.
  await world.context.database.operations.collection.dropIndex('one_payment_per_invoice');
  expect(await missing(before.url)).toBe(1);
  const next = await world.instance();
  expect(await missing(next.url)).toBe(0);
  expect(await missing(before.url)).toBe(1);
});

it('a payment whose client waits in vain is told from one whose client did not want to wait', async () => {
  const hurried = await startWorld({ env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '500' } });
  try {
    const wallet = await hurried.wallet(100, 100);
    const pay = async (headers: Record<string, string>) => {
      const { invoice } = await hurried.sim.invoice({ amount: 50, behaviour: 'pending' });
      expect((await wallet.melt(invoice, {}, headers)).status).toBe(202);
      const text = await scrape(hurried.url);
      return ['paid', 'pending', 'async'].map((answer) =>
        reading(text, 'crucible_melt_answers_total', { answer }),
      );
    };
    expect(await pay({ prefer: 'respond-async' })).toEqual([0, 0, 1]);
    expect(await pay({})).toEqual([0, 1, 1]);
  } finally {
    await hurried.end();
  }
});

it('a scrape is answered while the database is not, and says so; what was counted is told for another minute', async () => {
  let aheadMs = 0;
  let relay: Awaited<ReturnType<typeof severable>> | undefined;
  const cut = await startWorld({
    workers: false,
    overrides: { now: () => new Date(Date.now() + aheadMs) },
    relay: async (uri) => {
      relay = await severable(uri);
      return relay.uri;
    },
  });
  try {
    expect(reading(await scrape(cut.url), 'crucible_database_up')).toBe(1);
    relay?.freeze();
    const startedMs = performance.now();
    const text = await scrape(cut.url);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(reading(text, 'crucible_database_up')).toBe(0);
    expect(reading(text, 'crucible_standing_up', { question: 'operations' })).toBe(1);
    expect(reading(text, 'crucible_operations')).toBe(0);
    expect(reading(text, 'process_start_time_seconds')).toBeGreaterThan(0);
    aheadMs = 180_000;
    const later = await scrape(cut.url);
    expect(reading(later, 'crucible_standing_up')).toBe(0);
    expect(reading(later, 'crucible_operations')).toBeNull();
    expect(reading(later, 'crucible_audit_events_unsealed')).toBeNull();
    relay?.mend();
    await until(async () => reading(await scrape(cut.url), 'crucible_database_up') === 1, 'the database');
  } finally {
    relay?.mend();
    await cut.end();
    await relay?.close();
  }
});
