import { type Profile, ProfileRefusal } from '../models/profile.ts';
import type { DeploymentRepository, DevelopmentTrace } from '../repositories/deployment.ts';
import type { MintDirectory } from './mint/mints.ts';
import { simulatedAmong } from './mint/simulated.ts';

type Parts = {
  profile: Profile;
  deployment: DeploymentRepository;
  mints: MintDirectory;
  mintUrls: readonly string[];
};

/**
 * Makes sure that a server and its surroundings are for the same purpose, before anything else is written: what is refused
 * here leaves the database as it was. The mark is the last step, and for good.
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
    const trace = (await deployment.owner()) === null ? await deployment.traceOfDevelopment() : null;
    if (trace !== null) throw new ProfileRefusal(traceFound[trace]);
  }
  const owner = await deployment.claim(profile);
  if (owner === profile) return;
  throw new ProfileRefusal(
    owner === 'development'
      ? 'MONGODB_URI names a database of the development profile (npm start), whose keys are demo keys and whose money may be play money; production needs a database of its own.'
      : 'MONGODB_URI names a database that a production server uses; the development profile stays away from it.',
  );
}

const traceFound: Record<DevelopmentTrace, string> = {
  demo_keys:
    'MONGODB_URI names a database that the development profile (npm start) seems to have used: it holds API keys labelled as the demo keys are. Production needs a database of its own: name another. If this one is production’s all the same, remove those keys first (docs/deployment.md).',
  simulated_wallets:
    'MONGODB_URI names a database that the development profile (npm start) seems to have used: it holds wallets at the mint simulator, whose money is worth nothing. Production needs a database of its own: name another.',
};
