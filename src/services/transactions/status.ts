import type { OfKind } from '../../models/operation.ts';
import type {
  KindInStates,
  TransactionKind,
  TransactionOutline,
  TransactionStatus,
  TransactionType,
} from '../../models/transaction.ts';

type Kind = TransactionKind;

/** What each state of each kind means to the owner of the wallet, of those that the owner is told of. */
export const statuses = {
  melt: {
    prepared: 'PENDING',
    swapping: 'PENDING',
    swapped: 'PENDING',
    melting: 'PENDING',
    pending: 'PENDING',
    releasing: 'PENDING',
    paid: 'PAID',
    settled: 'PAID',
    released: 'FAILED',
    cancelled: 'FAILED',
    needs_attention: 'NEEDS_ATTENTION',
    written_off: 'NEEDS_ATTENTION',
  },
  minting: {
    awaiting_payment: 'PENDING',
    issuing: 'PENDING',
    issued: 'PAID',
    expired: 'EXPIRED',
    needs_attention: 'NEEDS_ATTENTION',
    written_off: 'NEEDS_ATTENTION',
  },
  send: {
    swapping: 'PENDING',
    sent: 'PENDING',
    reclaiming: 'PENDING',
    claimed: 'PAID',
    partly_claimed: 'PAID',
    reclaimed: 'FAILED',
    released: 'FAILED',
    cancelled: 'FAILED',
    needs_attention: 'NEEDS_ATTENTION',
    written_off: 'NEEDS_ATTENTION',
  },
  receive: {
    redeeming: 'PENDING',
    received: 'PAID',
    refused: 'FAILED',
    needs_attention: 'NEEDS_ATTENTION',
    written_off: 'NEEDS_ATTENTION',
  },
} as const satisfies {
  [Each in Kind]: Record<OfKind<Each>['state'], TransactionStatus>;
};

const types: Record<Kind, TransactionType> = {
  melt: 'melt',
  minting: 'mint',
  send: 'send',
  receive: 'receive',
};

export const typeOf = (kind: Kind): TransactionType => types[kind];

/** What the state of an operation means. */
export function statusOf(operation: TransactionOutline): TransactionStatus {
  switch (operation.kind) {
    case 'melt':
      return statuses.melt[operation.state];
    case 'minting':
      return statuses.minting[operation.state];
    case 'send':
      return statuses.send[operation.state];
    case 'receive':
      return statuses.receive[operation.state];
  }
}

/** The kinds of a type, in the states that mean this status; undefined = any. Empty where there can be none. */
export function kindsInStates(
  type: TransactionType | undefined,
  status: TransactionStatus | undefined,
): KindInStates[] {
  return kinds
    .filter((kind) => type === undefined || types[kind] === type)
    .map((kind) => ({
      kind,
      states: Object.entries(statuses[kind])
        .filter(([, means]) => status === undefined || means === status)
        .map(([state]) => state),
    }))
    .filter(({ states }) => states.length > 0);
}

const kinds = Object.keys(statuses).filter((name): name is Kind => Object.hasOwn(statuses, name));
