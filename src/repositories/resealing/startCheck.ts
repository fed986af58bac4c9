import { WrongMasterKey } from '../../models/errors.ts';
import type { Database } from '../database.ts';
import { createSealers, type MasterKeys } from '../dataKeys.ts';
import { createResealing } from './resealing.ts';

/**
 * Refuses master keys that do not open what the database holds, before anything is sealed by them. It looks through all
 * records as long as some may be sealed by a master key directly, as they were before there were data keys. Writes nothing.
 * @throws WrongMasterKey
 */
export async function refuseWrongMasterKeys(database: Database, masters: MasterKeys): Promise<void> {
  const resealing = resealingOf(database, masters);
  const missing = (await areDataKeysAlone(database))
    ? await resealing.missingKeyOfDataKeys()
    : await resealing.missingKey();
  if (missing !== null) throw new WrongMasterKey(missing);
}

/** Nothing makes new records of that kind: once there are none, no start looks for them again. */
export async function noteDataKeysAlone(database: Database, masters: MasterKeys): Promise<void> {
  if (await areDataKeysAlone(database)) return;
  const { records } = await resealingOf(database, masters).countLeft();
  if (records > 0) return;
  const since = new Date();
  await database.deployment.updateOne({ _id: note }, { $setOnInsert: { since } }, { upsert: true });
}

const note = 'data_keys_alone';

const areDataKeysAlone = async ({ deployment }: Database): Promise<boolean> =>
  (await deployment.exists({ _id: note })) !== null;

const resealingOf = (database: Database, masters: MasterKeys) =>
  createResealing(database, createSealers(database, masters), masters);
