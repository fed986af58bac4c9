import type { WalletDocument } from '../../models/schemas/account.ts';
import type { TokenDocument } from '../../models/schemas/token.ts';
import type { Database } from '../database.ts';

/**
 * One document of the collections that new tokens and wallets are written to, by what no second one may have. `id` is null
 * for an ObjectId: no id of this version is one.
 */
export type Occupant =
  | { kind: 'token'; collection: string; id: string | null; purpose: string | null; proofs: string[] }
  | { kind: 'wallet'; id: string | null; npub: string };

const batchSize = 1_000;

export const purposeName = (walletId: string, transactionId: string): string =>
  `${walletId} ${transactionId}`;
export const proofPlace = (walletId: string, mintUrl: string, Y: string): string =>
  `${walletId} ${mintUrl} ${Y}`;

/** Reads all of these collections: before the migration no index needs to be there that could answer. */
export async function* occupantsOf(database: Database): AsyncGenerator<Occupant> {
  const { connection, tokens, archivedTokens, wallets } = database;
  // What goes over meanwhile is met twice, and not missed.
  for (const { collection } of [tokens, archivedTokens]) yield* tokensIn(connection, collection.name);
  const someWallets = connection
    .collection<WalletDocument>(wallets.collection.name)
    .find({}, { batchSize, projection: { npub: 1 }, enableUtf8Validation: false });
  for await (const { _id, npub } of someWallets) yield { kind: 'wallet', id: textId(_id), npub };
}

async function* tokensIn(
  connection: Database['connection'],
  collection: string,
): AsyncGenerator<Extract<Occupant, { kind: 'token' }>> {
  const tokenFields = { wallet_id: 1, mint_url: 1, transaction_id: 1, version: 1, 'proofs.Y': 1 };
  const someTokens = connection
    .collection<TokenDocument>(collection)
    .find({}, { batchSize, projection: tokenFields, enableUtf8Validation: false });
  for await (const { _id, version, wallet_id, mint_url, transaction_id, proofs } of someTokens) {
    const isOurs = typeof version === 'number' && areNamed(proofs ?? []);
    yield {
      kind: 'token',
      collection,
      id: textId(_id),
      purpose: isOurs ? purposeName(wallet_id, transaction_id) : null,
      proofs: isOurs ? (proofs ?? []).map(({ Y }) => proofPlace(wallet_id, mint_url, Y)) : [],
    };
  }
}

/** A document of the earlier design may have a version of its own, but none has proofs with a Y. */
const areNamed = (proofs: unknown): boolean => Array.isArray(proofs) && proofs.every(isNamed);

const isNamed = (proof: unknown): boolean =>
  typeof proof === 'object' && proof !== null && 'Y' in proof && typeof proof.Y === 'string';

const textId = (id: unknown): string | null => (typeof id === 'string' ? id : null);
