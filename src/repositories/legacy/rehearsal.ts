import { mongo } from 'mongoose';
import type { LegacyToken, LegacyWallet, Obstacle, Origin } from '../../models/legacy.ts';
import type { Database } from '../database.ts';
import type { Sealer } from '../sealing.ts';
import { digestOf } from './documents.ts';
import { createOriginals, type Place } from './originals.ts';
import type { LegacyKind } from './shape.ts';
import { type Make, writeForWallet, writesForToken } from './writes.ts';

export type Rehearsal = ReturnType<typeof createRehearsal>;

/** A document takes 16 MiB, and an entry of the database's own log, which repeats the `_id`, hardly more. */
const maxDocumentBytes = 16_000_000;

/** What mongoose would check and send. */
type Draft = { validate(): Promise<void>; toObject(): object };

/**
 * Everything that the run does with one document, up to but without the write: find it again, read it, make what is to be
 * made of it, check and measure that. So that nothing is found out half-way.
 */
export function createRehearsal(database: Database, sealer: Sealer, now: () => Date) {
  const { tokens, legacyTokens, legacyWallets } = database;
  const originals = createOriginals(database, sealer);

  async function ofToken(token: LegacyToken, place: Place, make: Make | null): Promise<Obstacle | null> {
    return rehearse('token', token.origin, place, (bytes) => {
      const { entry, made } = writesForToken(token, make, { bytes, place, sealer, at: now() });
      return [new legacyTokens(entry), ...(made === null ? [] : [new tokens(made.document)])];
    });
  }

  async function ofWallet(wallet: LegacyWallet, place: Place): Promise<Obstacle | null> {
    return rehearse('wallet', wallet.origin, place, (bytes) => [
      new legacyWallets(writeForWallet(wallet, { bytes, place, sealer, at: now() })),
    ]);
  }

  async function rehearse(
    kind: LegacyKind,
    origin: Origin,
    place: Place,
    drafts: (bytes: Uint8Array) => Draft[],
  ): Promise<Obstacle | null> {
    const bytes = await originals.at(kind, origin, place);
    // What another run has archived meanwhile is in nobody's way.
    if (bytes === null) return (await originals.isArchived(kind, origin)) ? null : 'not_found_by_id';
    if (place.kind === 'legacy' && digestOf(bytes) !== place.digest) return 'changed_meanwhile';
    return obstacleIn(() => drafts(bytes));
  }

  return { ofToken, ofWallet };
}

async function obstacleIn(drafts: () => Draft[]): Promise<Obstacle | null> {
  try {
    for (const draft of drafts()) {
      if (mongo.BSON.calculateObjectSize(draft.toObject()) > maxDocumentBytes) return 'too_large';
      await draft.validate();
    }
    return null;
  } catch {
    // The words of such an error may quote the document.
    return 'cannot_be_stored';
  }
}
