import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Database } from '../../src/repositories/database.ts';
import {
  createSealers,
  type MasterKeys,
  masterKeys,
  rehearsing,
  walletScope,
} from '../../src/repositories/dataKeys.ts';
import { noteDataKeysAlone, refuseWrongMasterKeys } from '../../src/repositories/resealing/startCheck.ts';
import { createSealer } from '../../src/repositories/sealing.ts';
import { proofPurpose } from '../../src/repositories/tokenDocuments.ts';
import { openFresh } from '../support/openFresh.ts';

let database: Database;
let end: () => Promise<void>;
beforeAll(async () => {
  ({ database, end } = await openFresh());
});
afterAll(() => end());

const newMasters = (): MasterKeys => masterKeys({ masterKey: randomBytes(32) });

describe('the data key of a wallet', () => {
  const masters = newMasters();
  const server = () => createSealers(database, masters);

  it('is one, though many servers seal for the wallet for the first time at once', async () => {
    const scope = walletScope('crowded');
    const sealers = await Promise.all(Array.from({ length: 12 }, () => server().toSeal(scope)));
    const texts = sealers.map((sealer) => sealer.seal('a secret', 'here'));
    expect(await database.dataKeys.countDocuments({ _id: scope })).toBe(1);
    const { open } = await server().toOpen(scope);
    expect(texts.map((text) => open(text, 'here'))).toEqual(texts.map(() => 'a secret'));
  });

  it('opens nothing of another wallet, not even the other’s key put in its place', async () => {
    const [mine, yours] = [walletScope('mine'), walletScope('yours')];
    const sealed = (await server().toSeal(yours)).seal('a secret', 'here');
    await server().toSeal(mine);
    await expect(
      server()
        .toOpen(mine)
        .then(({ open }) => open(sealed, 'here')),
    ).rejects.toThrow('another key');
    const stolen = await database.dataKeys.findById(yours).lean();
    await database.dataKeys.updateOne({ _id: mine }, { $set: { sealed: stolen?.sealed ?? '' } });
    await expect(server().toOpen(mine)).rejects.toThrow('changed or moved');
  });

  it('is needed for nothing that a master key has sealed directly, and reading makes none', async () => {
    const scope = walletScope('of before');
    const sealed = createSealer(masters.current).seal('a secret', 'here');
    expect((await server().toOpen(scope)).open(sealed, 'here')).toBe('a secret');
    const rehearsal = rehearsing(server());
    expect((await rehearsal.toOpen(scope)).open(sealed, 'here')).toBe('a secret');
    expect((await rehearsal.toSeal(scope)).seal('a secret', 'here')).toMatch(/^[0-9a-f]{16}\./);
    expect(await database.dataKeys.countDocuments({ _id: scope })).toBe(0);
  });

  it('is read once for reading, for as long as it is remembered', async () => {
    const scope = walletScope('busy');
    const busy = server();
    const sealed = (await busy.toSeal(scope)).seal('a secret', 'here');
    await database.dataKeys.deleteOne({ _id: scope });
    expect((await busy.toOpen(scope)).open(sealed, 'here')).toBe('a secret');
  });

  it('seals only while the database holds it: after a backup was put back, nothing is sealed by a lost key', async () => {
    const scope = walletScope('put back');
    const busy = server();
    await busy.toSeal(scope);
    await database.dataKeys.deleteOne({ _id: scope });
    const sealed = (await busy.toSeal(scope)).seal('a secret', 'here');
    expect((await server().toOpen(scope)).open(sealed, 'here')).toBe('a secret');
    expect((await busy.toOpen(scope)).open(sealed, 'here')).toBe('a secret');
  });

  it('keeps a server with other master keys from starting, until it is told this one, too', async () => {
    await server().toSeal(walletScope('guarded'));
    const foreign = randomBytes(32);
    const refused = refuseWrongMasterKeys(database, masterKeys({ masterKey: foreign }));
    await expect(refused).rejects.toThrow(masters.current.id);
    const told = { current: masterKeys({ masterKey: foreign }).current, others: [masters.current] };
    await expect(refuseWrongMasterKeys(database, told)).resolves.toBeUndefined();
  });
});

describe('a store from before there were data keys', () => {
  const masters = newMasters();
  const wrong = newMasters();
  const isNoted = async () => (await database.deployment.exists({ _id: 'data_keys_alone' })) !== null;
  const earlierToken = () => {
    const Y = `02${'4a'.repeat(32)}`;
    const sealed = createSealer(masters.current).seal('a proof', proofPurpose('earlier', Y));
    const document = { _id: 'tok_earlier', wallet_id: 'earlier', proofs: [{ Y, sealed }] };
    return database.tokens.collection.insertOne(Object.assign(document));
  };
  beforeEach(async () => {
    await Promise.all([database.dataKeys.deleteMany(), database.deployment.deleteMany()]);
    await database.tokens.collection.deleteMany({});
  });

  it('is not opened by a server without the master key that sealed its records', async () => {
    await earlierToken();
    await expect(refuseWrongMasterKeys(database, wrong)).rejects.toThrow(masters.current.id);
    await refuseWrongMasterKeys(database, masters);
    await noteDataKeysAlone(database, masters);
    expect(await isNoted()).toBe(false);
  });

  it('is looked through until nothing of it is left, and then not at every start', async () => {
    await noteDataKeysAlone(database, masters);
    expect(await isNoted()).toBe(true);
    await earlierToken();
    await expect(refuseWrongMasterKeys(database, wrong)).resolves.toBeUndefined();
  });
});
