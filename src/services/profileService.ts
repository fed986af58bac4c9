import { type Profile, ProfileRefusal } from '../models/profile.ts';
import type { DeploymentRepository } from '../repositories/deployment.ts';
import type { MintDirectory } from './mint/mints.ts';
import { simulatedAmong } from './mint/simulated.ts';

type Parts = {
  profile: Profile;
  deployment: DeploymentRepository;
  mints: MintDirectory;
  mintUrls: readonly string[];
};

/**
 * Makes sure that a server and its surroundings are for the same purpose, before it serves anybody. The mints are
 * looked at first, so that a start with a wrong one leaves no mark in the database.
 * @throws ProfileRefusal
 */
export async function settleProfile({ profile, deployment, mints, mintUrls }: Parts): Promise<void> {
  if (profile === 'production') {
    const simulated = await simulatedAmong(mints, mintUrls);
    if (simulated !== undefined) {
      throw new ProfileRefusal(
        `MINT_URL names ${new URL(simulated).host}, which is the mint simulator: its money is worth nothing, and this is production (npm start is for development).`,
      );
    }
  }
  const owner = await deployment.claim(profile);
  if (owner === profile) return;
  throw new ProfileRefusal(
    owner === 'development'
      ? 'MONGODB_URI names a database of the development profile (npm start), whose keys are demo keys and whose money may be play money; production needs a database of its own.'
      : 'MONGODB_URI names a database that a production server uses; the development profile stays away from it.',
  );
}
