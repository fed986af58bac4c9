import type { TokenDocument } from '../../models/schemas/token.ts';
import type { Database } from '../database.ts';
import type { Transaction } from '../transaction.ts';

/** Ecash that was booked, spent and archived was about to be booked once more. */
export class ProofsArchived extends Error {
  constructor() {
    super('a proof is in an archived token');
    this.name = 'ProofsArchived';
  }
}

type Whose = { walletId: string; mintUrl: string };

export type ArchiveLookUp = ReturnType<typeof createArchiveLookUp>;

/**
 * Finds proofs among archived tokens. No unique index spans those and the live ones, so whoever credits ecash that it has found,
 * and not made just now, looks in its own transaction: a token goes over in one piece, so that it is seen here or there.
 */
export function createArchiveLookUp({ archivedTokens }: Pick<Database, 'archivedTokens'>) {
  /** Those of these proofs that are in an archived token, by name. */
  async function among({ walletId, mintUrl }: Whose, Ys: readonly string[]): Promise<Set<string>> {
    const found = await archivedTokens
      .find({ wallet_id: walletId, mint_url: mintUrl, 'proofs.Y': { $in: [...Ys] } })
      .select({ 'proofs.Y': 1 })
      .lean<Pick<TokenDocument, 'proofs'>[]>();
    const wanted = new Set(Ys);
    const archived = found.flatMap(({ proofs = [] }) => proofs.map(({ Y }) => Y));
    return new Set(archived.filter((Y) => wanted.has(Y)));
  }

  /** @throws ProofsArchived where any of these is */
  async function demandNone(
    { session }: Transaction,
    { walletId, mintUrl }: Whose,
    Ys: readonly string[],
  ): Promise<void> {
    const found = await archivedTokens
      .findOne({ wallet_id: walletId, mint_url: mintUrl, 'proofs.Y': { $in: [...Ys] } })
      .select({ _id: 1 })
      .session(session)
      .lean<Pick<TokenDocument, '_id'>>();
    if (found !== null) throw new ProofsArchived();
  }

  return { among, demandNone };
}
