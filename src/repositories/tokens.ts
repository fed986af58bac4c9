import { randomUUID } from 'node:crypto';
import { invariant } from '../models/errors.ts';
import { type Proof, sumAmounts } from '../models/proof.ts';
import type { TokenDocument } from '../models/schemas/token.ts';
import { type CashuToken, type SpentReason, statusesBefore, type TransactionType } from '../models/token.ts';
import { createArchiveLookUp } from './archive/lookUp.ts';
import type { Database } from './database.ts';
import { type Sealers, walletScope } from './dataKeys.ts';
import { tokenDocument } from './tokenDocuments.ts';
import { createTokenReads } from './tokenReads.ts';
import { createTokenSplits } from './tokenSplits.ts';
import type { Transaction } from './transaction.ts';
import { insertWhole } from './whole.ts';

/** What every token of one operation shares. */
export type TokenOwner = { npub: string; walletId: string; mintUrl: string; unit: string };

/** What a new token of spendable balance is about. */
export type TokenDraft = {
  transactionType: TransactionType;
  transactionId: string;
  proofs: Proof[];
  at: Date;
};

export type TokenRepository = ReturnType<typeof createTokenRepository>;

/** Tokens: read, reserved, spent, credited. Every change of status names, in the query itself, the statuses it may come from. */
export function createTokenRepository(database: Database, sealers: Sealers) {
  const { tokens } = database;
  const reads = createTokenReads(database, sealers);
  const splits = createTokenSplits(database);
  const archive = createArchiveLookUp(database);

  /** Frees what an operation had reserved. @returns how many tokens. */
  async function unreserve(tx: Transaction, walletId: string, operationId: string): Promise<number> {
    const result = await tokens.updateMany(
      { wallet_id: walletId, reserved_by: operationId, status: 'unspent' },
      { $set: { reserved_by: null, updated_at: new Date() }, $inc: { version: 1 } },
      { session: tx.session },
    );
    return result.modifiedCount;
  }

  /** Marks an operation's reserved tokens as spent, all of them. @throws InvariantBroken when any is missing. */
  async function spendReserved(...of: Parameters<typeof spendStillReserved>): Promise<void> {
    const [, , , operationId] = of;
    const missing = await spendStillReserved(...of);
    invariant(missing === 0, `${operationId}: not every source token was there to be spent`);
  }

  /** The same of those that the operation still has. @returns how many are missing */
  async function spendStillReserved(
    tx: Transaction,
    walletId: string,
    tokenIds: readonly string[],
    operationId: string,
    at: Date,
    reason: Extract<SpentReason, 'operation' | 'written_off'> = 'operation',
  ): Promise<number> {
    const result = await tokens.updateMany(
      {
        _id: { $in: [...tokenIds] },
        wallet_id: walletId,
        reserved_by: operationId,
        status: { $in: statusesBefore('spent') },
      },
      {
        $set: { status: 'spent', spent_at: at, spent_reason: reason, reserved_by: null, updated_at: at },
        $inc: { version: 1 },
      },
      { session: tx.session },
    );
    return tokenIds.length - result.modifiedCount;
  }

  /** Inserts a token that was drafted. The unique indexes refuse a second booking. */
  async function insert(tx: Transaction, token: CashuToken): Promise<void> {
    const sealer = await sealers.toSeal(walletScope(token.walletId), tx);
    await insertWhole<TokenDocument>(tokens, tokenDocument(token, sealer), tx);
  }

  /** Inserts a token that holds these proofs as spendable balance. */
  async function credit(tx: Transaction, owner: TokenOwner, draft: TokenDraft): Promise<CashuToken> {
    const token = draftToken(owner, draft);
    await insert(tx, token);
    return token;
  }

  /** The same of ecash that was found, not made just now: it may have been the wallet's before. @throws ProofsArchived */
  async function creditFound(tx: Transaction, owner: TokenOwner, draft: TokenDraft): Promise<CashuToken> {
    await archive.demandNone(
      tx,
      owner,
      draft.proofs.map(({ Y }) => Y),
    );
    return credit(tx, owner, draft);
  }

  /** Inserts a token that was given to somebody else and is watched by its operation until they take it. */
  async function handOut(
    tx: Transaction,
    owner: TokenOwner,
    draft: { transactionId: string; proofs: Proof[]; operationId: string; at: Date },
  ): Promise<CashuToken> {
    invariant(draft.proofs.length > 0, `${draft.transactionId}: an empty token is never handed out`);
    const token: CashuToken = {
      ...owner,
      ...emptyToken(`tok_${randomUUID()}`, draft.at),
      status: 'pending',
      transactionType: 'sent',
      transactionId: draft.transactionId,
      proofs: draft.proofs,
      totalAmount: sumAmounts(draft.proofs),
      reservedBy: draft.operationId,
    };
    await insert(tx, token);
    return token;
  }

  /** Inserts a token that waits for a Lightning payment: no proofs yet. */
  async function awaitPayment(
    tx: Transaction,
    owner: TokenOwner,
    draft: { tokenId: string; transactionId: string; at: Date; quoteId: string },
  ): Promise<void> {
    await insert(tx, {
      ...owner,
      ...emptyToken(draft.tokenId, draft.at),
      status: 'pending',
      transactionType: 'minted',
      transactionId: draft.transactionId,
      metadata: { quoteId: draft.quoteId },
    });
  }

  /** `pending → unspent` with the proofs that were issued. @throws InvariantBroken when it was not pending. */
  async function fill(
    tx: Transaction,
    walletId: string,
    tokenId: string,
    proofs: Proof[],
    at: Date,
  ): Promise<void> {
    const waiting = await reads.byId(walletId, tokenId, tx);
    invariant(waiting?.status === 'pending', `${tokenId}: only a pending token can be filled`);
    const sealer = await sealers.toSeal(walletScope(walletId), tx);
    const filled = tokenDocument({ ...waiting, proofs, totalAmount: sumAmounts(proofs) }, sealer);
    invariant(filled.proofs !== undefined, `${tokenId}: an issued token has proofs`);
    const result = await tokens.updateOne(
      {
        _id: tokenId,
        wallet_id: walletId,
        status: { $in: statusesBefore('unspent') },
        version: waiting.version,
      },
      {
        $set: { status: 'unspent', proofs: filled.proofs, total_amount: filled.total_amount, updated_at: at },
        $inc: { version: 1 },
      },
      { session: tx.session },
    );
    invariant(result.modifiedCount === 1, `${tokenId}: changed while it was filled`);
  }

  /** `pending → failed`: the payment never came. */
  async function fail(tx: Transaction, walletId: string, tokenId: string, at: Date): Promise<void> {
    const result = await tokens.updateOne(
      { _id: tokenId, wallet_id: walletId, status: { $in: statusesBefore('failed') } },
      { $set: { status: 'failed', updated_at: at }, $inc: { version: 1 } },
      { session: tx.session },
    );
    invariant(result.modifiedCount === 1, `${tokenId}: only a pending token can fail`);
  }

  /** `pending → spent` of a token that waits for ecash which was issued, and used, in a time that these books have lost. */
  async function forgo(tx: Transaction, walletId: string, tokenId: string, at: Date): Promise<void> {
    const result = await tokens.updateOne(
      { _id: tokenId, wallet_id: walletId, status: 'pending', proofs: { $exists: false } },
      {
        $set: { status: 'spent', spent_at: at, spent_reason: 'mint_reported', updated_at: at },
        $inc: { version: 1 },
      },
      { session: tx.session },
    );
    invariant(result.modifiedCount === 1, `${tokenId}: only a pending token can be forgone`);
  }

  return {
    ...reads,
    ...splits,
    unreserve,
    spendReserved,
    spendStillReserved,
    insert,
    credit,
    creditFound,
    handOut,
    awaitPayment,
    fill,
    fail,
    forgo,
  };
}

/** A token that would hold these proofs as spendable balance; it stands nowhere yet. */
export function draftToken(owner: TokenOwner, draft: TokenDraft): CashuToken {
  invariant(draft.proofs.length > 0, `${draft.transactionId}: an empty token is never credited`);
  return {
    ...owner,
    ...emptyToken(`tok_${randomUUID()}`, draft.at),
    status: 'unspent',
    transactionType: draft.transactionType,
    transactionId: draft.transactionId,
    proofs: draft.proofs,
    totalAmount: sumAmounts(draft.proofs),
  };
}

function emptyToken(id: string, at: Date) {
  return {
    id,
    proofs: [],
    totalAmount: 0n,
    spentAt: null,
    spentReason: null,
    reservedBy: null,
    version: 1,
    metadata: {},
    createdAt: at,
  };
}
