import { DomainError } from '../../models/errors.ts';
import type { MintDescription, MintDirectory } from './mints.ts';

/**
 * The same mints, but a simulated one can neither get a wallet nor be asked for a quote: its money is worth nothing.
 * The check stands here and not in the start alone, because a mint may be down then and show itself later.
 */
export function refusingSimulated(mints: MintDirectory): MintDirectory {
  return {
    ...mints,
    describe: async (mintUrl) => assertReal(await mints.describe(mintUrl)),
    describeFor: async (wallet) => assertReal(await mints.describeFor(wallet)),
  };
}

/** The first of these addresses at which a simulated mint answers now. Whoever does not answer is not one yet. */
export async function simulatedAmong(
  mints: MintDirectory,
  mintUrls: readonly string[],
): Promise<string | undefined> {
  const asked = await Promise.allSettled(mintUrls.map((mintUrl) => mints.describe(mintUrl)));
  const found = asked.find((answer) => answer.status === 'fulfilled' && answer.value.isSimulated);
  return found?.status === 'fulfilled' ? found.value.mintUrl : undefined;
}

function assertReal(description: MintDescription): MintDescription {
  if (!description.isSimulated) return description;
  throw new DomainError(
    'MINT_ERROR',
    'MEDIUM',
    'The mint is a simulated one, and this server takes real money only. Nothing was started and no money moved.',
  );
}
