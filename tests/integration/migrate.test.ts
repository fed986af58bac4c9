import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mongo } from 'mongoose';
import { startSimulator } from '../../simulator/simulator.ts';
import { StoreNotMigrated } from '../../src/models/errors.ts';
import { type OddStore, oddStore, owners } from '../fixtures/legacyStore/odd.ts';
import { type Database, type Ended, type LegacyStore, startLegacyStore } from '../support/legacyStore.ts';
import { member } from '../support/money.ts';
import { type Json, until } from '../support/world.ts';

/** Whole processes, each of which loads everything anew, on machines that may be busy. */
jest.setTimeout(120_000);

let store: LegacyStore;
let keysetId: string;
let odd: OddStore;
beforeAll(async () => {
  store = await startLegacyStore();
  keysetId = String(member(await store.sim.ledger(), 'keysets', 0, 'id'));
  odd = oddStore(store.mintUrl, keysetId);
});
afterAll(() => store.end());

/** Which documents a report names, and for what. */
function findingsIn({ stdout }: Ended): [unknown, unknown, unknown][] {
  const findings = member(JSON.parse(stdout), 'findings');
  return Array.isArray(findings)
    ? findings.map((finding) => [
        member(finding, 'document'),
        member(finding, 'kind'),
        member(finding, 'reasons'),
      ])
    : [];
}

function expectNoSecret(text: string): void {
  expect(odd.secrets.length).toBeGreaterThan(40);
  for (const secret of odd.secrets) expect(text).not.toContain(secret);
}

describe('a store with everything that may be wrong with one', () => {
  let database: Database;
  let dry: Ended;
  let real: Ended;
  beforeAll(async () => {
    database = await store.database(odd.documents);
  });

  it('no server and no command starts on it; they say what to run, and change nothing', async () => {
    const before = await database.dump();
    for (const ended of [
      await database.startProcess().ended,
      await database.crucible('keys', 'create', '--scopes', 'admin'),
    ]) {
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr).toContain('crucible migrate');
    }
    expect(await database.dump()).toBe(before);
  });

  it('a dry run reports what would become of it and changes nothing', async () => {
    const before = await database.dump();
    dry = await database.crucible('migrate', '--dry-run', '--json');
    expect(dry).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(dry.stdout)).toMatchObject({
      dryRun: true,
      written: { wallets: 0, tokens: 0, originals: 0 },
      checks: [
        { unit: 'sat', unspentBefore: 185, unspentAfter: 144, unresolved: 41, holds: true },
        { unit: null, unspentBefore: 26, unspentAfter: 0, unresolved: 26, holds: true },
      ],
    });
    expect(await database.dump()).toBe(before);
  });

  it('the migration does what the dry run said', async () => {
    real = await database.crucible('migrate', '--json');
    expect(real).toMatchObject({ code: 1, stderr: '' });
    const written = { wallets: 3, tokens: 15, originals: 40 };
    expect(JSON.parse(real.stdout)).toEqual({ ...JSON.parse(dry.stdout), dryRun: false, written });
    for (const name of ['cashu_wallets', 'cashutokens'])
      expect(await database.db.collection(name).countDocuments()).toBe(0);
    expect(await database.db.collection('legacy_tokens').countDocuments()).toBe(35);
  });

  it('names by id, with a reason, what a person should look at', () => {
    const unresolved = (about: string, ...reasons: string[]) => [odd.named(about), 'unresolved', reasons];
    expect(findingsIn(real)).toEqual([
      [odd.named('at a mint that this server does not use'), 'wallet_unresolved', ['unknown_mint']],
      [odd.named('an npub that does not decode'), 'wallet_unresolved', ['bad_npub']],
      [odd.named('a second wallet of the same npub at another mint'), 'wallet_unresolved', ['unknown_mint']],
      [odd.named('unspent in two tokens: the younger one'), 'duplicate', []],
      [odd.named('unspent here'), 'contested', []],
      unresolved('proofs that cannot be read beside one that can', 'malformed_proof'),
      [odd.named('proofs that cannot be read beside one that can'), 'total_differs', []],
      unresolved('a keyset that the mint never had', 'unknown_keyset'),
      unresolved('an amount that the keyset does not know', 'amount_not_in_keyset'),
      unresolved('a token of an npub that does not decode', 'bad_npub'),
      unresolved('a secret key where the npub should be', 'bad_npub'),
      unresolved('a status that no token has', 'unknown_status'),
      unresolved('a type that no token has', 'unknown_type'),
      unresolved('a mint that this server does not use', 'unknown_mint'),
      unresolved('one npub, and the wallet of another', 'other_owner'),
      unresolved('locked to a key (NUT-11)', 'locked'),
      [odd.named('held by a melt that was under way'), 'in_flight', []],
      [odd.named('a total that is not the sum'), 'total_differs', []],
      [odd.named('a total and no proof'), 'no_proofs', []],
      unresolved('proofs that are no list', 'unreadable'),
      unresolved('one secret with two amounts: two', 'contradicting_copies'),
      unresolved('one secret with two amounts: four', 'contradicting_copies'),
      [odd.named('the same proof twice in one token'), 'duplicate', []],
      unresolved('a DLEQ proof that does not fit', 'dleq_mismatch'),
      unresolved('one signature beside two secrets: the one', 'contradicting_copies'),
      unresolved('one signature beside two secrets: the other', 'contradicting_copies'),
    ]);
  });

  it('each token of this version keeps id, type and, where it is the only one, its transaction id', async () => {
    const tokens = new Map<unknown, Json>();
    const { tokens: all } = await database.contents();
    for (const token of Array.isArray(all) ? all : []) tokens.set(member(token, 'id'), token);
    const made = (about: string) => tokens.get(odd.named(about).split('/')[1]);
    expect(made('minted')).toMatchObject({
      npub: owners.carol,
      status: 'unspent',
      transactionType: 'minted',
      transactionId: 'mint_1754647200000_a1b2c3',
      totalAmount: '14',
      createdAt: '2025-08-08T10:00:00.000Z',
      metadata: { legacy: { collection: 'cashu_tokens', type: 'minted' } },
    });
    expect(made('the source of a melt, spent as a whole')).toMatchObject({
      status: 'spent',
      totalAmount: '32',
    });
    expect(made('what that melt kept: the proof goes by its old secret')).toMatchObject({
      status: 'unspent',
      totalAmount: '16',
    });
    expect(
      made('what that melt consumed, stored a second time and left at the default status'),
    ).toBeUndefined();
    expect(made('the Lightning change of that melt, under the same transaction id')).toMatchObject({
      transactionId: 'tx_melt_1754647320000_0a0b0c',
    });
    expect(made('a mint quote that was never paid')).toBeUndefined();
    expect(made('pending, with proofs')).toMatchObject({ status: 'pending', totalAmount: '2' });
    expect(made('unspent in two tokens: the younger one')).toMatchObject({ totalAmount: '1' });
    expect(made('proofs that cannot be read beside one that can')).toMatchObject({ totalAmount: '4' });
    expect(made('handed to somebody, and left at the default status')).toMatchObject({
      status: 'pending',
      transactionType: 'sent',
    });
    expect(made('held by a melt that was under way')).toMatchObject({
      status: 'pending',
      transactionType: 'change',
    });
    expect(made('the same proof twice in one token')).toMatchObject({ totalAmount: '1' });
    expect(made('amounts as 64-bit integers')).toMatchObject({ npub: owners.dave, totalAmount: '32' });
    expect(tokens.size).toBe(15);
  });

  it('no secret of it is left in the database in plain text, and none was ever told', async () => {
    const people = await database.crucible('migrate');
    expect(people.stdout).toContain(
      'Check, each proof once: unspent before 185 = after 144 + unresolved 41 sat',
    );
    for (const { stdout, stderr } of [dry, real, people]) expectNoSecret(stdout + stderr);
    expectNoSecret(await database.dump());
  });

  it('run again, it writes nothing and says the same', async () => {
    const before = await database.dump();
    const again = await database.crucible('migrate', '--json');
    expect(again.code).toBe(1);
    const written = { wallets: 0, tokens: 0, originals: 0 };
    expect(JSON.parse(again.stdout)).toEqual({ ...JSON.parse(real.stdout), written });
    expect(await database.dump()).toBe(before);
  });

  it('another master key is refused before anything is sealed under it', async () => {
    const before = await database.dump();
    const { ended } = database.start(['migrate'], { CRUCIBLE_MASTER_KEY: '5c'.repeat(32) });
    expect(await ended).toMatchObject({ code: 1, stdout: '', stderr: /another master key/ });
    expect(await database.dump()).toBe(before);
  });

  it('the server starts on it, with the wallets under their old ids and this version’s indexes alone', async () => {
    const { call, context } = await database.serve();
    const balances = new Map<string, unknown>();
    for (const npub of [owners.carol, owners.dave, owners.frank]) {
      const { body } = await call('GET', `${npub}/balance`);
      balances.set(npub, member(body, 'details', 'unspentBalance'));
    }
    expect([...balances.values()]).toEqual([104, 32, 8]);
    expect(await call('GET', `${owners.erin}/balance`)).toMatchObject({ status: 404 });
    const wallets = await context.database.wallets.find().sort({ _id: 1 }).lean();
    expect(wallets.map(({ _id }) => _id)).toEqual([
      odd.named('an ordinary wallet').split('/')[1],
      odd.named('a mint address with a slash at its end').split('/')[1],
      expect.stringMatching(/^wal_[0-9a-f]{32}$/),
    ]);
  });
});

describe('a store', () => {
  const plainToken = (mintUrl: string, more: Json = {}): Json => ({
    ...(odd.documents['cashu_tokens']?.[0] ?? {}),
    mint_url: mintUrl,
    ...more,
  });

  it('loses the earlier design’s indexes: the one that made transaction ids unique everywhere, and that on secrets', async () => {
    const database = await store.database({ cashu_tokens: [plainToken(store.mintUrl)] });
    const collection = database.db.collection('cashu_tokens');
    await collection.createIndex({ transaction_id: 1 }, { unique: true });
    await collection.createIndex({ 'proofs.secret': 1 });
    expect(await database.migrate()).toMatchObject({ findings: [] });
    const names = (await collection.listIndexes().toArray()).map(({ name }) => name);
    expect(names).toContain('one_token_per_proof');
    expect(names).toContain('one_token_per_purpose');
    expect(names.filter((name) => /transaction_id_1|secret/.test(String(name)))).toEqual([]);
  });

  it('may stand among documents of this version: those are left as they are, and no server starts meanwhile', async () => {
    const database = await store.database({});
    const server = await database.serve();
    const npub = owners.dave;
    await server.call('POST', 'create', { npub });
    const asked = await server.call('POST', `${npub}/mint`, { amount: 21 });
    await store.sim.pay(String(asked.body['invoice']));
    const quoteId = asked.body['quote'];
    await until(
      async () => (await server.call('POST', `${npub}/mint/complete`, { quoteId })).status === 200,
      'the ecash',
    );
    await server.stop();
    const ours = await database.db.collection('cashu_tokens').findOne({ npub });
    await database.db
      .collection('cashu_tokens')
      .insertOne(plainToken(store.mintUrl, { npub, wallet_id: null }));
    await database.db
      .collection('wallets')
      .insertOne({ npub, mint_url: store.mintUrl, created_at: new Date() });
    await expect(database.serve()).rejects.toThrow(StoreNotMigrated);

    expect(await database.migrate()).toMatchObject({ findings: [] });
    expect(
      await database.db
        .collection('cashu_tokens')
        .findOne({ npub, transaction_id: ours?.['transaction_id'] }),
    ).toEqual(ours);
    const { call, context } = await database.serve();
    expect(member((await call('GET', `${npub}/balance`)).body, 'balance')).toBe(21 + 14);
    expect(await context.database.wallets.find().lean()).toMatchObject([{ npub, _id: ours?.['wallet_id'] }]);
  });

  it('with a mint that does not answer: nothing is written, and it says so', async () => {
    const away = 'http://127.0.0.1:9';
    const database = await store.database({ cashu_tokens: [plainToken(away)] });
    const before = await database.dump();
    const ended = await database.start(['migrate'], { MINT_URL: away }).ended;
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/mint does not answer/);
    expect(await database.dump()).toBe(before);
  });

  it('what was unresolved is taken over by a later run, once its trouble is gone', async () => {
    const other = await startSimulator({ seed: 'another mint' });
    try {
      const otherKeyset = String(
        member(await (await fetch(`${other.url}/v1/keysets`)).json(), 'keysets', 0, 'id'),
      );
      const secret = 'f0'.repeat(32);
      const proof = { id: otherKeyset, amount: 16, secret, C: `02${'ab'.repeat(32)}` };
      const token = plainToken(other.url, { npub: owners.erin, proofs: [proof], total_amount: 16 });
      const database = await store.database({ cashu_tokens: [token] });
      const first = await database.migrate();
      expect(first.findings).toMatchObject([{ kind: 'unresolved', reasons: ['unknown_mint'] }]);
      expect(await database.dump()).not.toContain(secret);

      const both = { MINT_URL: `${store.mintUrl},${other.url}` };
      const second = await database.migrate(false, both);
      expect(second).toMatchObject({ written: { wallets: 1, tokens: 1, originals: 0 }, findings: [] });
      const { tokens } = await database.contents();
      expect(tokens).toMatchObject([{ npub: owners.erin, mintUrl: other.url, proofs: [{ secret }] }]);
      const third = await database.migrate(false, both);
      expect(third).toMatchObject({ written: { wallets: 0, tokens: 0, originals: 0 } });
    } finally {
      await other.close();
    }
  });

  it('from which migrated tokens went missing afterwards is not taken for done', async () => {
    const database = await store.database({ cashu_tokens: [plainToken(store.mintUrl)] });
    await database.migrate();
    await database.db.collection('cashu_tokens').deleteMany({});
    const ended = await database.crucible('migrate');
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('not in exactly one token');
  });
});

it('nothing to migrate is no trouble', async () => {
  const database = await store.database({});
  const ended = await database.crucible('migrate');
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(ended.stdout).toContain('Nothing to look at');
});

it('wrong usage ends with code 2', async () => {
  const database = await store.database({});
  expect(await database.crucible('migrate', '--now')).toMatchObject({ code: 2, stdout: '' });
});

it('odd.json holds ids of the kind that drivers made', () => {
  for (const document of odd.documents['cashu_tokens'] ?? [])
    expect(document['_id']).toBeInstanceOf(mongo.ObjectId);
});
