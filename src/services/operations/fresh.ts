import { randomBytes } from 'node:crypto';
import type { Operation, OperationBase } from '../../models/operation.ts';
import type { Wallet } from '../../models/wallet.ts';

/** What ids call each kind. */
const names = {
  melt: 'melt',
  minting: 'mint',
  send: 'send',
  receive: 'receive',
  upkeep: 'upkeep',
} as const satisfies Record<Operation['kind'], string>;

/** An id that no other operation has: what it is of, when that was, and chance. */
export const freshId = (kind: Operation['kind'], at: Date): string =>
  `tx_${names[kind]}_${at.getTime()}_${randomBytes(8).toString('hex')}`;

/** What every new operation has, whatever its kind: it stands nowhere yet, and its attempts are still to be planned. */
export function freshOperation<K extends Operation['kind'], S extends Operation['state']>(given: {
  kind: K;
  id: string;
  wallet: Wallet;
  state: S;
  /** How it came to that state, for its timeline. */
  event: string;
  /** On whose behalf. */
  request: Pick<OperationBase, 'requestId' | 'memo' | 'externalId'>;
  at: Date;
}): OperationBase & { kind: K; state: S } {
  const { kind, id, wallet, state, event, request, at } = given;
  return {
    kind,
    state,
    id,
    npub: wallet.npub,
    walletId: wallet.id,
    mintUrl: wallet.mintUrl,
    unit: wallet.unit,
    version: 1,
    dueAt: at,
    attempts: [],
    timeline: [{ at, state, event }],
    requestId: request.requestId,
    memo: request.memo,
    externalId: request.externalId,
    createdAt: at,
    updatedAt: at,
  };
}
