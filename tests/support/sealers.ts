import { randomBytes } from 'node:crypto';
import type { Connection, mongo } from 'mongoose';
import type { DataKeyDocument } from '../../src/models/schemas/dataKey.ts';
import type { Database } from '../../src/repositories/database.ts';
import { createSealers, dataKeyPurpose, masterKeys, type Sealers } from '../../src/repositories/dataKeys.ts';
import { createSealer, type Sealer, type SealingKey, sealingKey } from '../../src/repositories/sealing.ts';

/** One that tests make up. */
export const anySealer = (): Sealer => createSealer(sealingKey(randomBytes(32), 'master'));

/** For repositories whose sealing is not the story: one sealer for everybody, and no key in the database. */
export const oneForAll = (sealer = anySealer()): Sealers => ({
  toSeal: async () => sealer,
  vouch: () => undefined,
  toOpen: async () => sealer,
});

/** What the server of this environment uses. */
export const sealersIn = (database: Database, env: Keys): Sealers =>
  createSealers(database, masterKeys(keysIn(env)));

/** Opens whatever is in the database, behind the server's back; seals as servers did before there were data keys. */
export async function sealerBehind(db: Connection | mongo.Db, env: Keys): Promise<Sealer> {
  const { masterKey, otherMasterKeys } = keysIn(env);
  const current = sealingKey(masterKey, 'master');
  const others = otherMasterKeys.map((bytes) => sealingKey(bytes, 'master'));
  const data = await dataKeysIn(db, env);
  return createSealer(current, [...others, ...data.map((bytes): SealingKey => sealingKey(bytes, 'data'))]);
}

/** The data keys themselves. */
export async function dataKeysIn(db: Connection | mongo.Db, env: Keys): Promise<Buffer[]> {
  const { masterKey, otherMasterKeys } = keysIn(env);
  const [current, ...others] = [masterKey, ...otherMasterKeys].map((bytes) => sealingKey(bytes, 'master'));
  if (current === undefined) throw new Error('there is no master key');
  const byMaster = createSealer(current, others);
  const found = await db.collection<DataKeyDocument>('data_keys').find().toArray();
  return found.map(({ _id, sealed }) => Buffer.from(byMaster.open(sealed, dataKeyPurpose(_id)), 'base64'));
}

export type Keys = {
  CRUCIBLE_MASTER_KEY?: string | undefined;
  CRUCIBLE_MASTER_KEY_PREVIOUS?: string | undefined;
};

function keysIn({ CRUCIBLE_MASTER_KEY = '', CRUCIBLE_MASTER_KEY_PREVIOUS = '' }: Keys) {
  const others = CRUCIBLE_MASTER_KEY_PREVIOUS.split(',').filter((text) => text !== '');
  return {
    masterKey: Buffer.from(CRUCIBLE_MASTER_KEY, 'hex'),
    otherMasterKeys: others.map((text) => Buffer.from(text, 'hex')),
  };
}
