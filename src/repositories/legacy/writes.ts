import type { LegacyToken, LegacyWallet } from '../../models/legacy.ts';
import type { ArchivedTokenDocument, ArchivedWalletDocument } from '../../models/schemas/legacy.ts';
import type { TokenDocument } from '../../models/schemas/token.ts';
import type { CashuToken } from '../../models/token.ts';
import { archiveScope, type Sealers, walletScope } from '../dataKeys.ts';
import { tokenDocument } from '../tokenDocuments.ts';
import { archivedToken, archivedWallet, sealOriginal } from './archiveDocuments.ts';
import { fieldsIn } from './documents.ts';
import type { Place } from './originals.ts';

/** Makes the new token from the original's fields. */
export type Make = (fields: Record<string, unknown>) => CashuToken;

type Circumstances = { bytes: Uint8Array; place: Place; sealers: Sealers; at: Date };

/**
 * What the database is to hold for one token of the earlier design: the same for the rehearsal and for the run.
 * @throws InvariantBroken where that would break a rule of this version
 */
export async function writesForToken(
  token: LegacyToken,
  make: Make | null,
  { bytes, place, sealers, at }: Circumstances,
): Promise<{ entry: ArchivedTokenDocument; made: { token: CashuToken; document: TokenDocument } | null }> {
  const made = make === null ? null : make(fieldsIn(bytes));
  const sealed = sealOriginal(bytes, token.origin, await sealers.toSeal(archiveScope));
  return {
    entry: archivedToken(token, { sealed, revision: nextRevision(place), at }),
    made:
      made === null
        ? null
        : { token: made, document: tokenDocument(made, await sealers.toSeal(walletScope(made.walletId))) },
  };
}

/** The same for one wallet document; the wallet itself is written apart. */
export async function writeForWallet(
  wallet: LegacyWallet,
  { bytes, place, sealers, at }: Circumstances,
): Promise<ArchivedWalletDocument> {
  const sealed = sealOriginal(bytes, wallet.origin, await sealers.toSeal(archiveScope));
  return archivedWallet(wallet, { sealed, revision: nextRevision(place), at });
}

const nextRevision = (place: Place): number => (place.kind === 'legacy' ? 1 : place.revision + 1);
