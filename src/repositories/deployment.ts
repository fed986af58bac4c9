import { invariant } from '../models/errors.ts';
import { demoKeyLabels, type Profile, profiles, simulatorMintId } from '../models/profile.ts';
import type { DeploymentDocument } from '../models/schemas/deployment.ts';
import type { Database } from './database.ts';

export type DeploymentRepository = ReturnType<typeof createDeploymentRepository>;

/** What the development profile leaves in a database. */
export type DevelopmentTrace = 'demo_keys' | 'simulated_wallets';

/** For what kind of server this database is. */
export function createDeploymentRepository(
  database: Pick<Database, 'deployment' | 'apiKeys' | 'wallets'>,
  now: () => Date,
) {
  /** Whose it is, or null while nobody has claimed it. */
  async function owner(): Promise<Profile | null> {
    const document = await database.deployment.findById('profile').lean<DeploymentDocument>();
    return document === null ? null : profileNamed(document);
  }

  /** Whether the development profile has used this database: it did so before databases were claimed. */
  async function traceOfDevelopment(): Promise<DevelopmentTrace | null> {
    const labels = Object.values(demoKeyLabels);
    if ((await database.apiKeys.exists({ label: { $in: labels } })) !== null) return 'demo_keys';
    const isSimulated = (await database.wallets.exists({ mint_id: simulatorMintId })) !== null;
    return isSimulated ? 'simulated_wallets' : null;
  }

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
    invariant(document !== null, 'a claim on the database has vanished');
    return profileNamed(document);
  }

  return { owner, traceOfDevelopment, claim };
}

function profileNamed({ profile }: DeploymentDocument): Profile {
  const owner = profiles.find((known) => known === profile);
  invariant(owner !== undefined, 'the database belongs to a profile that does not exist');
  return owner;
}
