import { invariant } from '../models/errors.ts';
import { type Profile, profiles } from '../models/profile.ts';
import type { DeploymentDocument } from '../models/schemas/deployment.ts';
import type { Database } from './database.ts';

export type DeploymentRepository = ReturnType<typeof createDeploymentRepository>;

/** For what kind of server this database is. */
export function createDeploymentRepository(database: Pick<Database, 'deployment'>, now: () => Date) {
  /**
   * Takes the database for this profile unless it belongs to one already.
   * @returns whose it is now; for good, since nothing ever changes it
   */
  async function claim(profile: Profile): Promise<Profile> {
    const document = await database.deployment
      .findOneAndUpdate(
        { _id: 'profile' },
        { $setOnInsert: { profile, since: now() } },
        { upsert: true, returnDocument: 'after' },
      )
      .lean<DeploymentDocument>();
    const owner = profiles.find((known) => known === document?.profile);
    invariant(owner !== undefined, 'the database belongs to a profile that does not exist');
    return owner;
  }

  return { claim };
}
