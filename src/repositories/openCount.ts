import type { Operation } from '../models/operation.ts';
import type { Database } from './database.ts';

/** How many operations of one kind a wallet has open, counted up to `atMost`. */
export type OpenCount = (walletId: string, atMost: number) => Promise<number>;

export function createOpenCount(
  kind: Operation['kind'],
  { operations }: Pick<Database, 'operations'>,
): OpenCount {
  return async (walletId, atMost) =>
    operations
      .countDocuments({ wallet_id: walletId, open: true, kind }, { limit: atMost })
      .hint('open_by_kind');
}
