import type { ArchivedTokenDocument, ArchivedWalletDocument } from '../../models/schemas/legacy.ts';
import type { OperationDocument } from '../../models/schemas/operation.ts';
import type { TokenDocument } from '../../models/schemas/token.ts';
import type { Database } from '../database.ts';
import { archiveScope, type Sealers, walletScope } from '../dataKeys.ts';
import { originalPurpose } from '../legacy/archiveDocuments.ts';
import { sealedPurpose } from '../operationDocuments.ts';
import { type Sealer, sealedByMaster } from '../sealing.ts';
import { proofPurpose } from '../tokenDocuments.ts';
import { type Change, createShelf, type Shelf } from './shelf.ts';

type Text = { sealed: string; purpose: string };
type ArchivedDocument = ArchivedTokenDocument | ArchivedWalletDocument;

/**
 * Everything that was sealed by a master key directly before there were data keys. What is sealed anew means the same, so
 * versions stay as they are; each change finds the very text that was read, or does nothing.
 */
export function createShelves(database: Database, sealers: Sealers): readonly Shelf[] {
  async function ofToken({ wallet_id, proofs = [] }: TokenDocument): Promise<Change> {
    const sealer = await sealers.toSeal(walletScope(wallet_id));
    const texts = proofs.map(({ Y, sealed }) => ({ sealed, purpose: proofPurpose(wallet_id, Y) }));
    return { filter: { wallet_id }, ...elements('proofs', texts, sealer) };
  }

  /** All of it or nothing: whoever has moved the operation on meanwhile has sealed it anew. */
  async function ofOperation(found: OperationDocument): Promise<Change> {
    const { _id, wallet_id, sealed, version } = found;
    const sealer = await sealers.toSeal(walletScope(wallet_id));
    const ofAttempts = found.attempts.map((attempt) => ({
      sealed: attempt.sealed,
      purpose: sealedPurpose(_id, attempt),
    }));
    const { set, arrayFilters } = elements('attempts', ofAttempts, sealer);
    const own =
      sealed !== null && sealedByMaster.test(sealed)
        ? { sealed: anew({ sealed, purpose: sealedPurpose(_id) }, sealer) }
        : {};
    return { filter: { wallet_id, version, sealed }, set: { ...set, ...own }, arrayFilters };
  }

  async function ofOriginal(found: ArchivedDocument): Promise<Change> {
    const { sealed, collection_name: collection, document_id: id } = found;
    const text = { sealed, purpose: originalPurpose({ collection, id }) };
    const sealer = await sealers.toSeal(archiveScope);
    return { filter: { sealed }, set: { sealed: anew(text, sealer) }, arrayFilters: [] };
  }

  const { connection, tokens, archivedTokens, operations, legacyTokens, legacyWallets } = database;
  const raw = ({ collection }: { collection: { name: string } }) =>
    connection.collection<{ _id: string }>(collection.name);
  const ofTokens = (collection: { collection: { name: string } }): Shelf =>
    createShelf<TokenDocument>(
      raw(collection),
      ['proofs.sealed'],
      ({ proofs = [] }) => proofs.map(({ sealed }) => sealed),
      ofToken,
    );
  return [
    ofTokens(tokens),
    // After those: what is archived meanwhile is met here.
    ofTokens(archivedTokens),
    createShelf<OperationDocument>(
      raw(operations),
      ['sealed', 'attempts.sealed'],
      ({ sealed, attempts }) => [sealed ?? '', ...attempts.map((attempt) => attempt.sealed)],
      ofOperation,
    ),
    createShelf<ArchivedDocument>(raw(legacyTokens), ['sealed'], ({ sealed }) => [sealed], ofOriginal),
    createShelf<ArchivedDocument>(raw(legacyWallets), ['sealed'], ({ sealed }) => [sealed], ofOriginal),
  ];
}

/** Changes elements of an array, each found by its text: it may have moved to another document by then. */
function elements(path: string, texts: readonly Text[], sealer: Sealer): Omit<Change, 'filter'> {
  const due = texts.filter(({ sealed }) => sealedByMaster.test(sealed));
  return {
    set: Object.fromEntries(due.map((text, at) => [`${path}.$[e${at}].sealed`, anew(text, sealer)])),
    arrayFilters: due.map(({ sealed }, at) => ({ [`e${at}.sealed`]: sealed })),
  };
}

function anew({ sealed, purpose }: Text, sealer: Sealer): string {
  return sealer.seal(sealer.open(sealed, purpose), purpose);
}
