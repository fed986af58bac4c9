import { mongo } from 'mongoose';
import type { LegacyToken, LegacyWallet, Obstacle, Origin } from '../../models/legacy.ts';
import type { Database } from '../database.ts';
import type { Sealers } from '../dataKeys.ts';
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
export function createRehearsal(database: Database, sealers: Sealers, now: () => Date) {
  const { tokens, legacyTokens, legacyWallets } = database;
  const originals = createOriginals(database, sealers);

  async function ofToken(token: LegacyToken, place: Place, make: Make | null): Promise<Obstacle | null> {
    return rehearse('token', token.origin, place, async (bytes) => {
      const { entry, made } = await writesForToken(token, make, { bytes, place, sealers, at: now() });
      return [new legacyTokens(entry), ...(made === null ? [] : [new tokens(made.document)])];
    });
  }

  async function ofWallet(wallet: LegacyWallet, place: Place): Promise<Obstacle | null> {
    return rehearse('wallet', wallet.origin, place, async (bytes) => [
      new legacyWallets(await writeForWallet(wallet, { bytes, place, sealers, at: now() })),
    ]);
  }

  async function rehearse(
    kind: LegacyKind,
    origin: Origin,
    place: Place,
    drafts: (bytes: Uint8Array) => Promise<Draft[]>,
  ): Promise<Obstacle | null> {
    const bytes = await originals.at(kind, origin, place);
    // What another run has archived meanwhile is in nobody's way.
    if (bytes === null) return (await originals.isArchived(kind, origin)) ? null : 'not_found_by_id';
    if (place.kind === 'legacy' && digestOf(bytes) !== place.digest) return 'changed_meanwhile';
    return obstacleIn(() => drafts(bytes));
  }

  return { ofToken, ofWallet };
}

async function obstacleIn(drafts: () => Promise<Draft[]>): Promise<Obstacle | null> {
  try {
    for (const draft of await drafts()) {
      if (mongo.BSON.calculateObjectSize(draft.toObject()) > maxDocumentBytes) return 'too_large';
      await draft.validate();
    }
    return null;
  } catch {
    // The words of such an error may quote the document.
    return 'cannot_be_stored';
  }
}
