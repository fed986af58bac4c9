import type { MeltOperation, Operation } from '../models/operation.ts';
import type { TokenDocument } from '../models/schemas/token.ts';
import type { Database } from './database.ts';
import type { Transaction } from './transaction.ts';

/** Its wallet is being recovered, which may find what was given up. */
export class UnderRecovery extends Error {
  constructor() {
    super('the wallet is being recovered');
    this.name = 'UnderRecovery';
  }
}

/** By what something given up can be in the wallet again, or still. */
export type Comeback = 'inputs_found' | 'outputs_found' | 'sources_there';

/** What was given up is the wallet's by now, so it must not be taken back once more. */
export class CameBack extends Error {
  readonly how: Comeback;
  constructor(how: Comeback) {
    super('what was given up is in the wallet again');
    this.name = 'CameBack';
    this.how = how;
  }
}

/** The proofs of a payment by their names (Y): those that it was to be made with, and those that it or a fence was to give. */
export type ProofNames = { inputs: readonly string[]; outputs: readonly string[] };

/** Demands, in a transaction, that no recovery changes what a decision about an operation rests on. */
export function createComebacks(database: Pick<Database, 'wallets' | 'tokens' | 'archivedTokens'>) {
  const { wallets, tokens, archivedTokens } = database;

  /** Written, so that none can begin beside it. @throws UnderRecovery */
  async function demandNoRecovery(tx: Transaction, { walletId }: Operation): Promise<void> {
    const { modifiedCount } = await wallets.updateOne(
      { _id: walletId, recovery: { $exists: false } },
      { $inc: { taken_up: 1 } },
      { session: tx.session },
    );
    if (modifiedCount !== 1) throw new UnderRecovery();
  }

  /**
   * Looked at in the transaction that takes up what was given up: a recovery may begin and end in any moment before that.
   * @throws UnderRecovery, CameBack
   */
  async function demandNone(tx: Transaction, operation: MeltOperation, names: ProofNames): Promise<void> {
    await demandNoRecovery(tx, operation);
    if (await isElsewhere(tx, operation, names.inputs)) throw new CameBack('inputs_found');
    if (await isElsewhere(tx, operation, names.outputs)) throw new CameBack('outputs_found');
    if (!(await areSourcesGone(tx, operation))) throw new CameBack('sources_there');
  }

  /** Whether any of these is in a token that is none of its sources, whatever has become of that: only a recovery makes one. */
  async function isElsewhere(
    tx: Transaction,
    { walletId, mintUrl, sourceTokenIds }: MeltOperation,
    Ys: readonly string[],
  ): Promise<boolean> {
    for (const where of [tokens, archivedTokens]) {
      const found = await where
        .findOne({
          wallet_id: walletId,
          mint_url: mintUrl,
          'proofs.Y': { $in: [...Ys] },
          _id: { $nin: [...sourceTokenIds] },
        })
        .select({ _id: 1 })
        .session(tx.session)
        .lean<Pick<TokenDocument, '_id'>>();
      if (found !== null) return true;
    }
    return false;
  }

  /** One that was not reserved any more when the payment was given up has stayed in the wallet. */
  async function areSourcesGone(
    tx: Transaction,
    { walletId, sourceTokenIds }: MeltOperation,
  ): Promise<boolean> {
    let gone = 0;
    for (const where of [tokens, archivedTokens])
      gone += await where
        .countDocuments({
          _id: { $in: [...sourceTokenIds] },
          wallet_id: walletId,
          status: 'spent',
          spent_reason: { $in: ['operation', 'written_off'] },
        })
        .session(tx.session);
    return gone === sourceTokenIds.length;
  }

  return { demandNoRecovery, demandNone };
}
