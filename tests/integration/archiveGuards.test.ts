import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/logger.ts';
import type { TokenDocument } from '../../src/models/schemas/token.ts';
import { createArchivingRepository } from '../../src/repositories/archive/archiving.ts';
import { ProofsArchived } from '../../src/repositories/archive/lookUp.ts';
import { createAuditRepository } from '../../src/repositories/audit.ts';
import { createAuditMacs } from '../../src/repositories/auditMacs.ts';
import { createComebacks } from '../../src/repositories/comebacks.ts';
import type { Database } from '../../src/repositories/database.ts';
import { createSealers, masterKeys, walletScope } from '../../src/repositories/dataKeys.ts';
import { createOperationRepository } from '../../src/repositories/operations.ts';
import { createRecoveredEcashRepository } from '../../src/repositories/recoveredEcash.ts';
import { fresh } from '../../src/repositories/recoveryDocuments.ts';
import { createResealing } from '../../src/repositories/resealing/resealing.ts';
import { createSealer } from '../../src/repositories/sealing.ts';
import { proofPurpose } from '../../src/repositories/tokenDocuments.ts';
import { createTokenRepository } from '../../src/repositories/tokens.ts';
import { runTransaction } from '../../src/repositories/transaction.ts';
import { createArchiveRounds } from '../../src/services/archive/archiveRounds.ts';
import { everything } from '../support/archiving.ts';
import { openFresh } from '../support/openFresh.ts';
import { melt } from '../support/operations.ts';
import { oneForAll } from '../support/sealers.ts';
import { until } from '../support/world.ts';

const at = new Date('2026-11-22T12:00:00Z');
const longAgo = new Date('2026-11-01T12:00:00Z');
const wallet = {
  id: 'wal_1',
  npub: 'npub1x',
  mintUrl: 'http://mint.test',
  mintId: null,
  unit: 'sat',
  createdAt: at,
};

let database: Database;
let end: () => Promise<void>;
beforeAll(async () => {
  ({ database, end } = await openFresh());
});
afterAll(() => end());
beforeEach(async () => {
  const { connection, tokens, archivedTokens, archiveSums, wallets } = database;
  for (const { collection } of [tokens, archivedTokens, archiveSums, wallets])
    await connection.collection(collection.name).deleteMany({});
  await database.wallets.create({
    _id: wallet.id,
    npub: wallet.npub,
    mint_url: wallet.mintUrl,
    unit: wallet.unit,
    created_at: at,
  });
});

const proof = (Y: string) => ({ Y, amount: 64n, keysetId: '00aa', secret: `secret of ${Y}`, C: '02bb' });

/** A token of one proof, spent at a time. */
function spent(Y: string, more: Partial<TokenDocument> = {}): TokenDocument {
  return {
    _id: `tok_${Y}`,
    npub: wallet.npub,
    wallet_id: wallet.id,
    mint_url: wallet.mintUrl,
    unit: wallet.unit,
    proofs: [{ Y, keyset_id: '00aa', amount: 64n, C: '02bb', sealed: 'a sealed text' }],
    total_amount: 64n,
    status: 'spent',
    transaction_type: 'minted',
    transaction_id: `tx_${Y}`,
    spent_at: longAgo,
    spent_reason: 'operation',
    reserved_by: null,
    version: 2,
    metadata: {},
    created_at: longAgo,
    updated_at: longAgo,
    ...more,
  };
}

async function archived(...tokens: TokenDocument[]): Promise<void> {
  await database.tokens.insertMany(tokens);
  const { archive } = createArchivingRepository(database);
  expect(await archive(wallet.id, { ...everything, spentBefore: at })).toBe(tokens.length);
}

describe('a proof that was archived', () => {
  function repositories() {
    const sealers = oneForAll();
    const tokens = createTokenRepository(database, sealers);
    const operations = createOperationRepository(database, sealers);
    const audit = createAuditRepository(database, createAuditMacs('words'));
    return {
      tokens,
      ecash: createRecoveredEcashRepository(database, sealers, tokens, operations, audit, () => at),
    };
  }

  it('is credited to no wallet once more, by a recovery or otherwise', async () => {
    await archived(spent('02aa'));
    await database.wallets.updateOne({ _id: wallet.id }, { $set: { recovery: fresh('requested', at) } });
    const { tokens, ecash } = repositories();
    expect(await ecash.credit(wallet, 'tx_restore', [proof('02cc'), proof('02aa')])).toBe(false);
    const draft = {
      transactionType: 'change' as const,
      transactionId: 'tx_back',
      proofs: [proof('02aa')],
      at,
    };
    const owner = { npub: wallet.npub, walletId: wallet.id, mintUrl: wallet.mintUrl, unit: wallet.unit };
    const credited = runTransaction(database, wallet.id, (tx) => tokens.creditFound(tx, owner, draft));
    await expect(credited).rejects.toThrow(ProofsArchived);
    expect(await database.tokens.countDocuments()).toBe(0);
    expect(await ecash.credit(wallet, 'tx_restore', [proof('02cc')])).toBe(true);
  });

  it('is known as booked, and so are its keysets', async () => {
    await archived(spent('02aa'));
    await database.tokens.insertMany([spent('02bb')]);
    const { ecash } = repositories();
    expect(await ecash.booked(wallet, ['02aa', '02bb', '02cc'])).toEqual(new Set(['02aa', '02bb']));
    expect(await ecash.booked({ ...wallet, mintUrl: 'http://other.test' }, ['02aa'])).toEqual(new Set());
    expect(await ecash.keysets(wallet.id)).toEqual(new Set(['00aa']));
  });

  it('does not keep a payment that was given up from being taken up again, unless it came back', async () => {
    const operation = melt({ walletId: wallet.id, mintUrl: wallet.mintUrl, sourceTokenIds: ['tok_02aa'] });
    await archived(spent('02aa', { spent_reason: 'written_off' }));
    const { demandNone } = createComebacks(database);
    const demanded = () =>
      runTransaction(database, wallet.id, (tx) =>
        demandNone(tx, operation, { inputs: ['02aa'], outputs: ['02dd'] }),
      );
    await expect(demanded()).resolves.toBeUndefined();
    await archived(spent('02dd'));
    await expect(demanded()).rejects.toMatchObject({ how: 'outputs_found' });
  });
});

describe('what may be archived', () => {
  it('is not what was spent last, nor what was never spent', async () => {
    const days = Array.from({ length: 12 }, (_, day) =>
      spent(`02${day}`, { spent_at: new Date(longAgo.getTime() + day * 3_600_000) }),
    );
    await database.tokens.insertMany([
      ...days,
      spent('02aa', { status: 'unspent', spent_at: null, spent_reason: null }),
    ]);
    const { archive } = createArchivingRepository(database);
    const moved = () => archive(wallet.id, { spentBefore: at, keep: 3, atMost: 5 });
    expect([await moved(), await moved(), await moved()]).toEqual([5, 4, 0]);
    const left = await database.tokens.find().sort({ _id: 1 }).lean<TokenDocument[]>();
    expect(left.map(({ _id }) => _id)).toEqual(['tok_0210', 'tok_0211', 'tok_029', 'tok_02aa']);
    expect(await database.archiveSums.findById(wallet.id).lean()).toEqual({
      _id: wallet.id,
      wallet_id: wallet.id,
      tokens: 9,
      total_amount: 9 * 64,
      keysets: ['00aa'],
    });
  });

  it('is no token that says something else than its proofs', async () => {
    await database.tokens.insertMany([spent('02aa'), spent('02bb', { total_amount: 65n })]);
    const { archive } = createArchivingRepository(database);
    const moving = archive(wallet.id, { ...everything, spentBefore: at });
    await expect(moving).rejects.toThrow('total differs');
    expect(await database.archivedTokens.countDocuments()).toBe(0);
  });

  it('is no token of which a proof is archived already', async () => {
    await archived(spent('02aa'));
    await database.tokens.insertMany([spent('02aa', { _id: 'tok_again', transaction_id: 'tx_again' })]);
    const { archive } = createArchivingRepository(database);
    const moving = archive(wallet.id, { ...everything, spentBefore: at });
    await expect(moving).rejects.toThrow('one_token_per_proof');
    expect(await database.tokens.countDocuments()).toBe(1);
  });
});

it('rounds archive what is old, wallet by wallet, and leave alone what was spent last', async () => {
  const tokens = Array.from({ length: 250 }, (_, number) =>
    spent(`02${number}`, { spent_at: new Date(longAgo.getTime() + number) }),
  );
  await database.tokens.insertMany(tokens);
  const rounds = createArchiveRounds({
    archiving: createArchivingRepository(database),
    afterMs: 3_600_000,
    logger: createLogger('silent'),
    now: () => at,
  });
  rounds.start();
  await until(async () => (await database.archivedTokens.countDocuments()) === 150, 'the archive');
  await rounds.stop();
  expect(await database.tokens.countDocuments()).toBe(100);
  expect(await database.wallets.findById(wallet.id).lean()).toMatchObject({
    archive_due_at: new Date(at.getTime() + 24 * 3_600_000),
  });
});

it('a master key is changed for archived tokens, too', async () => {
  const [before, after] = [randomBytes(32), randomBytes(32)];
  const masters = masterKeys({ masterKey: after, otherMasterKeys: [before] });
  const sealers = createSealers(database, masters);
  const direct = createSealer(masterKeys({ masterKey: before }).current);
  const sealed = direct.seal('{"secret":"s"}', proofPurpose(wallet.id, '02aa'));
  await archived(
    spent('02aa', { proofs: [{ Y: '02aa', keyset_id: '00aa', amount: 64n, C: '02bb', sealed }] }),
  );
  const resealing = createResealing(database, sealers, masters);
  expect(await resealing.countLeft()).toMatchObject({ records: 1 });
  let moved = 0;
  for await (const some of resealing.moveRecords()) moved += some;
  expect(moved).toBe(1);
  expect(await resealing.countLeft()).toMatchObject({ records: 0 });
  const [token] = await database.archivedTokens.find().lean<TokenDocument[]>();
  const opener = await createSealers(database, masterKeys({ masterKey: after })).toOpen(
    walletScope(wallet.id),
  );
  expect(opener.open(token?.proofs?.[0]?.sealed ?? '', proofPurpose(wallet.id, '02aa'))).toBe(
    '{"secret":"s"}',
  );
});
