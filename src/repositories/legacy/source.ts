import { invariant } from '../../models/errors.ts';
import type { LegacyToken, LegacyWallet, Origin } from '../../models/legacy.ts';
import type { WalletDocument } from '../../models/schemas/account.ts';
import type { ArchivedTokenDocument, ArchivedWalletDocument } from '../../models/schemas/legacy.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { Database } from '../database.ts';
import type { MasterKeys, Sealers } from '../dataKeys.ts';
import { runTransaction } from '../transaction.ts';
import { firstFirst, toWallet } from '../wallets.ts';
import { tokenFromArchive, walletFromArchive } from './archiveDocuments.ts';
import { fieldsIn, type LegacyDocument, legacyDocument, rawBytes } from './documents.ts';
import { occupantsOf } from './occupants.ts';
import { createOriginals, type Place } from './originals.ts';
import { type LegacyKind, legacyShape, presentCollections } from './shape.ts';

export type LegacySource = ReturnType<typeof createLegacySource>;

type Held = { _id: string; count: number };

const batchSize = 200;

/** What is left of the earlier design, and what was archived of it. Changes nothing. */
export function createLegacySource(database: Database, sealers: Sealers, masters: MasterKeys) {
  const { connection, legacyTokens, legacyWallets, wallets, tokens, archivedTokens: spent } = database;
  const originals = createOriginals(database, sealers);

  /** Every document of the earlier design that still stands in its place, one at a time. */
  async function* documents(kind: LegacyKind): AsyncGenerator<LegacyDocument> {
    for (const name of await presentCollections(connection, kind)) {
      const cursor = connection.collection(name).find(legacyShape[kind], { batchSize, raw: true });
      for await (const found of cursor) yield legacyDocument(name, rawBytes(found));
    }
  }

  /** The fields of a token's original, secrets included; null where it is neither in its place nor in the archive. */
  async function fieldsOfToken(origin: Origin, place: Place): Promise<Record<string, unknown> | null> {
    const bytes = await originals.anywhere('token', origin, place);
    return bytes === null ? null : fieldsIn(bytes);
  }

  /** Whether an original still stands where it was seen. */
  async function stands(kind: LegacyKind, origin: Origin, place: Place): Promise<boolean> {
    return (await originals.at(kind, origin, place)) !== null;
  }

  async function* archivedTokens(): AsyncGenerator<{ token: LegacyToken; place: Place }> {
    const cursor = legacyTokens
      .find()
      .select({ sealed: 0 })
      .lean<ArchivedTokenDocument[]>()
      .cursor({ batchSize });
    for await (const document of cursor) {
      yield {
        token: tokenFromArchive(document),
        place: { kind: 'archive', revision: document.revision },
      };
    }
  }

  async function* archivedWallets(): AsyncGenerator<{ wallet: LegacyWallet; place: Place }> {
    const cursor = legacyWallets
      .find()
      .select({ sealed: 0 })
      .lean<ArchivedWalletDocument[]>()
      .cursor({ batchSize });
    for await (const document of cursor) {
      yield {
        wallet: walletFromArchive(document),
        place: { kind: 'archive', revision: document.revision },
      };
    }
  }

  /** The wallet that an npub has in this version, if any; documents of the earlier design do not count. */
  async function walletOf(npub: string): Promise<Wallet | null> {
    const found = await wallets
      .findOne({ npub, mint_id: { $exists: true } })
      .sort(firstFirst)
      .lean<WalletDocument>();
    return found === null ? null : toWallet(found);
  }

  /**
   * Looks for anything that an unknown master key has sealed, so that no store comes to need one.
   * @throws InvariantBroken naming the trouble
   */
  async function tryKey(): Promise<void> {
    const ids = [masters.current, ...masters.others].map(({ id }) => id);
    const foreign = new RegExp(`^(?!${ids.join('|')})[0-9a-f]{8}\\.`);
    const found = await Promise.all([
      legacyTokens.exists({ sealed: foreign }),
      legacyWallets.exists({ sealed: foreign }),
      tokens.exists({ 'proofs.sealed': foreign }),
      spent.exists({ 'proofs.sealed': foreign }),
      database.dataKeys.exists({ master_key_id: { $nin: ids } }),
    ]);
    invariant(
      found.every((one) => one === null),
      'this store holds secrets that another master key has sealed: set CRUCIBLE_MASTER_KEY to that one, or add it to CRUCIBLE_MASTER_KEY_PREVIOUS',
    );
  }

  /** How many tokens of a wallet hold each of these proofs, archived ones too, all of one moment. */
  async function holders(
    wallet: { id: string; mintUrl: string },
    Ys: readonly string[],
  ): Promise<Map<string, number>> {
    const pipeline = [
      { $match: { wallet_id: wallet.id, mint_url: wallet.mintUrl, 'proofs.Y': { $in: [...Ys] } } },
      { $unwind: '$proofs' },
      { $match: { 'proofs.Y': { $in: [...Ys] } } },
      { $group: { _id: '$proofs.Y', count: { $sum: 1 } } },
    ];
    return runTransaction(database, wallet.id, async ({ session }) => {
      const counts = new Map<string, number>();
      for (const model of [tokens, spent])
        for (const { _id, count } of await model.aggregate<Held>(pipeline).session(session))
          counts.set(_id, (counts.get(_id) ?? 0) + count);
      return counts;
    });
  }

  return {
    documents,
    fieldsOfToken,
    stands,
    original: originals.named,
    archivedTokens,
    archivedWallets,
    walletOf,
    tryKey,
    holders,
    occupants: () => occupantsOf(database),
  };
}
