import { createHash } from 'node:crypto';
import type { Proof } from '@cashu/cashu-ts';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mongo } from 'mongoose';
import { loadedWallet } from '../../simulator/testing.ts';
import { connectDatabase } from '../../src/repositories/database.ts';
import { createSealers, masterKeys } from '../../src/repositories/dataKeys.ts';
import { createRehearsal } from '../../src/repositories/legacy/rehearsal.ts';
import { createLegacySource } from '../../src/repositories/legacy/source.ts';
import { proofName } from '../../src/services/ecash/outputs.ts';
import { readToken } from '../../src/services/migration/readLegacy.ts';
import { walletIdOf } from '../../src/services/walletService.ts';
import { owners } from '../fixtures/legacyStore/odd.ts';
import { type LegacyStore, startLegacyStore } from '../support/legacyStore.ts';
import { member } from '../support/money.ts';
import { bson, element, elementsOf, int32, int64, string } from '../support/rawBson.ts';
import type { Json } from '../support/world.ts';

jest.setTimeout(120_000);

let store: LegacyStore;
let keysetId: string;
beforeAll(async () => {
  store = await startLegacyStore();
  keysetId = String(member(await store.sim.ledger(), 'keysets', 0, 'id'));
});
afterAll(() => store.end());

const carols = (): string => walletIdOf({ npub: owners.carol, mintUrl: store.mintUrl, unit: 'sat' });

const invented = (what: string): string => createHash('sha256').update(what).digest('hex');
const proofOf = (what: string): Json => ({
  id: keysetId,
  amount: 1,
  secret: invented(`secret of ${what}`),
  C: `02${invented(`signature of ${what}`)}`,
});

/** A good token of the earlier design, with one proof of 1 sat unless `more` has others. */
const tokenOf = (what: string, more: Json = {}): Json => ({
  npub: owners.carol,
  mint_url: store.mintUrl,
  proofs: [proofOf(what)],
  status: 'unspent',
  transaction_type: 'received',
  transaction_id: `receive_${what}`,
  created_at: new Date(1_754_647_200_000),
  ...more,
});

describe('documents that JSON cannot tell', () => {
  const { BSON } = mongo;
  const document = (id: Buffer, what: string, ...odd: Buffer[]): Buffer =>
    bson(id, elementsOf(tokenOf(what)), ...odd);
  const documents = (): Record<string, Buffer> => ({
    'cashu_tokens/as-text': document(
      elementsOf({ _id: 'as-text' }),
      'names',
      elementsOf({ $where: 'x', 'a.b': { $oid: 'none' }, metadata: { $numberLong: '1', $date: 'never' } }),
    ),
    'cashu_tokens/#17': document(
      elementsOf({ _id: new BSON.Int32(17) }),
      'types',
      elementsOf({
        decimal: BSON.Decimal128.fromString('1.10'),
        code: new BSON.Code('f()', { a: 1 }),
        symbol: new BSON.BSONSymbol('s'),
        timestamp: new BSON.Timestamp({ t: 1, i: 2 }),
        least: new BSON.MinKey(),
        whole: new BSON.Double(1),
        long: BSON.Long.fromString('9007199254740993'),
        expression: new BSON.BSONRegExp('(?i)a[', 'ims'),
      }),
    ),
    'cashu_tokens/raw': document(
      elementsOf({ _id: 'raw' }),
      'bytes',
      element(6, 'undefined', Buffer.alloc(0)),
      element(9, 'out of range', int64(2n ** 63n - 1n)),
      element(2, 'not UTF-8', string(Buffer.from([0xff, 0x41]))),
      element(16, 'twice', int32(1)),
      element(16, 'twice', int32(2)),
      element(11, 'expression with an option of its own', Buffer.from('a[\0q\0')),
      element(12, 'pointer', Buffer.concat([string('elsewhere'), Buffer.alloc(12, 7)])),
    ),
  });

  it('become tokens all the same, and the archive gives each back byte for byte', async () => {
    const database = await store.database({});
    const given = documents();
    await database.insertRaw('cashu_tokens', Object.values(given));
    const counted = { _id: new mongo.ObjectId(), wallet_id: carols(), version: 0 };
    await database.db.collection('cashu_tokens').insertOne(tokenOf('counted', counted));
    const dry = await database.migrate(true);
    expect(dry).toMatchObject({ findings: [], checks: [{ unspentAfter: 4n, unresolved: 0n }] });
    expect(await database.migrate()).toMatchObject({ written: { tokens: 4, originals: 4 }, findings: [] });
    for (const [name, bytes] of Object.entries(given)) {
      const found = await database.original(name);
      expect(Buffer.from(found ?? []).toString('hex')).toBe(bytes.toString('hex'));
    }
    const read = await database.crucible('migrate', '--original', 'cashu_tokens/raw');
    expect(read).toMatchObject({ code: 0, stderr: '' });
    expect(read.bytes.equals(given['cashu_tokens/raw'] ?? Buffer.alloc(0))).toBe(true);
    expect(await database.original('cashu_tokens/none')).toBeNull();
  });
});

describe('what the run would stop at', () => {
  it('is named by the dry run, and nothing is begun while it is there', async () => {
    const twin = new mongo.ObjectId();
    const walletId = carols();
    const ours = (id: string, transactionId: string, Y: string): Json => ({
      _id: id,
      version: 1,
      wallet_id: walletId,
      mint_url: store.mintUrl,
      transaction_id: transactionId,
      proofs: [{ Y }],
    });
    const database = await store.database({
      cashu_tokens: [
        tokenOf('good', { _id: 'good' }),
        tokenOf('large', { _id: 'large', metadata: { blob: 'x'.repeat(10_000_000) } }),
        tokenOf('as ObjectId', { _id: twin }),
        tokenOf('as text', { _id: twin.toHexString() }),
        tokenOf('purpose', { _id: 'purpose' }),
        ours('tok_1', 'receive_purpose', '02aa'),
        tokenOf('proof', { _id: 'proof' }),
        ours('tok_2', 'another', proofName(invented('secret of proof'))),
      ],
      cashutokens: [tokenOf('id', { _id: 'tok_1' })],
    });
    const lost = bson(element(9, '_id', int64(2n ** 63n - 1n)), elementsOf(tokenOf('lost')));
    await database.insertRaw('cashu_tokens', [lost]);
    const before = await database.dump();

    const { findings } = await database.migrate(true);
    const obstacles = findings.filter(({ kind }) => kind === 'obstacle');
    expect(new Map(obstacles.map(({ document, reasons }) => [document, reasons]))).toEqual(
      new Map<unknown, unknown>([
        [`cashu_tokens/${twin}`, ['same_name']],
        ['cashu_tokens/large', ['too_large']],
        [expect.stringMatching(/^cashu_tokens\/~[0-9a-f]{32}$/), ['not_found_by_id']],
        ['cashu_tokens/purpose', ['already_here']],
        ['cashu_tokens/proof', ['already_here']],
        ['cashutokens/tok_1', ['already_here']],
      ]),
    );
    await expect(database.migrate()).rejects.toThrow(
      /^Nothing was written.+cashu_tokens\/large \(too_large\)/,
    );
    expect((await database.dump()) === before).toBe(true);
  });

  it('shows where an archived document stands again under its name', async () => {
    const _id = new mongo.ObjectId();
    const database = await store.database({ cashu_tokens: [tokenOf('first', { _id })] });
    await database.migrate();
    await database.db.collection('cashu_tokens').insertOne(tokenOf('second', { _id }));
    const { findings } = await database.migrate(true);
    expect(findings).toMatchObject([{ document: `cashu_tokens/${_id}`, reasons: ['same_name'] }]);
  });
});

describe('the rehearsal', () => {
  it('tells a document that was changed since it was read, and one of which nothing can be made', async () => {
    const stored = await store.database({ cashu_tokens: [tokenOf('one', { _id: 'one' })] });
    const database = await connectDatabase(stored.env.MONGODB_URI);
    const masters = masterKeys({ masterKey: Buffer.from(stored.env.CRUCIBLE_MASTER_KEY, 'hex') });
    const sealers = createSealers(database, masters);
    const { ofToken } = createRehearsal(database, sealers, () => new Date());
    const { value: read } = await createLegacySource(database, sealers, masters).documents('token').next();
    if (read === undefined) throw new Error('nothing was read');
    const { origin, fields, original } = read;
    const token = readToken(origin, { ...fields, proofs: [] });
    const refuse = () => {
      throw new Error('nothing can be made of it');
    };
    const place = { kind: 'legacy' as const, ...original };
    expect(await ofToken(token, place, null)).toBeNull();
    expect(await ofToken(token, place, refuse)).toBe('cannot_be_stored');
    expect(await ofToken({ ...token, createdAt: new Date(Number.NaN) }, place, null)).toBe(
      'cannot_be_stored',
    );
    await stored.db.collection('cashu_tokens').updateOne({}, { $set: { status: 'spent' } });
    expect(await ofToken(token, place, null)).toBe('changed_meanwhile');
    await database.close();
  });
});

describe('one signature beside two secrets', () => {
  it('is refused for both, unless a DLEQ proof shows whose it is; one that fails is refused by itself', async () => {
    const wallet = await loadedWallet(store.mintUrl);
    const quote = await wallet.createMintQuoteBolt11(31);
    await store.sim.pay(quote.request);
    const [one, two, four, eight, sixteen] = (await wallet.mintProofsBolt11(31, quote.quote))
      .map(asStored)
      .toSorted((a, b) => Number(a['amount']) - Number(b['amount']));
    const bare = (proof: Json = {}): Json => ({ ...proof, dleq: undefined });
    const forged = (what: string, proof: Json = {}): Json => ({ ...bare(proof), secret: invented(what) });
    const tokens: Record<string, Json> = {
      proven: one ?? {},
      'forged beside it': forged('a', one),
      bare: bare(two),
      'forged beside that': forged('b', two),
      'spent by its word': forged('c', four),
      'bare too': bare(four),
      damaged: { ...eight, C: sixteen?.['C'] },
      whole: sixteen ?? {},
    };
    const database = await store.database({
      cashu_tokens: Object.entries(tokens).map(([_id, proof]) =>
        tokenOf(_id, {
          _id: _id.replaceAll(' ', '-'),
          proofs: [proof],
          ...(_id.startsWith('spent') ? { status: 'spent' } : {}),
        }),
      ),
    });
    const { findings, checks } = await database.migrate();
    expect(new Map(findings.map(({ document, reasons }) => [document, reasons]))).toEqual(
      new Map<unknown, unknown>([
        ['cashu_tokens/forged-beside-it', ['contradicting_copies']],
        ['cashu_tokens/bare', ['contradicting_copies']],
        ['cashu_tokens/forged-beside-that', ['contradicting_copies']],
        ['cashu_tokens/spent-by-its-word', ['contradicting_copies']],
        ['cashu_tokens/bare-too', ['contradicting_copies']],
        ['cashu_tokens/damaged', ['dleq_mismatch']],
      ]),
    );
    expect(checks).toEqual([
      { unit: 'sat', unspentBefore: 34n, unspentAfter: 17n, unresolved: 17n, holds: true },
    ]);
    const { tokens: made, archivedTokens } = await database.contents();
    expect(made).toMatchObject([
      { id: 'proven', proofs: [{ secret: one?.['secret'], dleq: one?.['dleq'] }] },
      { id: 'whole' },
    ]);
    expect(archivedTokens).toContainEqual(
      expect.objectContaining({
        _id: 'cashu_tokens/proven',
        proofs: [expect.objectContaining({ dleq: 'holds' })],
      }),
    );
    // What is archived keeps what was found of it: no later run decides otherwise.
    const again = await database.migrate();
    expect(again).toEqual({ ...again, written: { wallets: 0, tokens: 0, originals: 0 }, findings, checks });
  });
});

const asStored = ({ id, amount, secret, C, dleq }: Proof): Json => ({
  id,
  amount: amount.toNumber(),
  secret,
  C,
  dleq: { ...dleq },
});
