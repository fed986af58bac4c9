import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createAuditRepository } from '../../src/repositories/audit.ts';
import { createAuditMacs } from '../../src/repositories/auditMacs.ts';
import type { Database } from '../../src/repositories/database.ts';
import { createOperationRepository } from '../../src/repositories/operations.ts';
import { createRecoveredEcashRepository } from '../../src/repositories/recoveredEcash.ts';
import { fresh } from '../../src/repositories/recoveryDocuments.ts';
import { createTokenRepository } from '../../src/repositories/tokens.ts';
import { openFresh } from '../support/openFresh.ts';
import { oneForAll } from '../support/sealers.ts';

const at = new Date('2026-11-22T12:00:00Z');
const wallet = {
  id: 'wal_1',
  npub: 'npub1x',
  mintUrl: 'http://mint.test',
  mintId: null,
  unit: 'sat',
  createdAt: at,
};
const proof = { Y: '02aa', amount: 64n, keysetId: '00aa', secret: 'secret', C: '02bb' };

let database: Database;
let end: () => Promise<void>;
beforeAll(async () => {
  ({ database, end } = await openFresh());
  const { id, npub, mintUrl, unit } = wallet;
  await database.wallets.create({ _id: id, npub, mint_url: mintUrl, unit, created_at: at });
});
afterAll(() => end());

it('a pass that has lost its lease credits nothing once its recovery is over: the next one finds it', async () => {
  const sealers = oneForAll();
  const ecash = createRecoveredEcashRepository(
    database,
    sealers,
    createTokenRepository(database, sealers),
    createOperationRepository(database, sealers),
    createAuditRepository(database, createAuditMacs('words')),
    () => at,
  );
  expect(await ecash.credit(wallet, 'tx_restore_late', [proof])).toBe(false);
  expect([await database.tokens.countDocuments(), await database.audit.countDocuments()]).toEqual([0, 0]);
  await database.wallets.updateOne({ _id: wallet.id }, { $set: { recovery: fresh('requested', at) } });
  expect(await ecash.credit(wallet, 'tx_restore_next', [proof])).toBe(true);
  expect(await database.wallets.findById(wallet.id).lean()).toMatchObject({ recovery: { restored: 64 } });
});
