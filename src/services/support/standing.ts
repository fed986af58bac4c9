import { backendTroubles } from '../../models/backendTrouble.ts';
import { invariant } from '../../models/errors.ts';
import type { OperationStory } from '../../models/operation.ts';
import type { ErrorReport } from '../../models/report.ts';
import type { TransactionKind, TransactionStatus } from '../../models/transaction.ts';
import { adviceOn } from '../mint/backendTrouble.ts';
import { statuses } from '../transactions/status.ts';
import type { BackendView, OperationView } from './contracts.ts';

const decided = 'A person must decide. Until then its ecash stays where it is.';

/** Where the money of an operation is, by what its present state means. Null: there is no such status of this kind. */
const byStatus: Record<TransactionKind, Record<TransactionStatus, string | null>> = {
  melt: {
    PENDING: 'In the wallet, reserved for this payment until it is known whether the payee was paid.',
    PAID: 'With the payee: the invoice is paid. What was set aside and not needed is back in the wallet, or on its way.',
    FAILED: 'Back in the wallet: the invoice was not paid, and these funds can no longer pay it.',
    EXPIRED: null,
    NEEDS_ATTENTION: decided,
  },
  minting: {
    PENDING:
      'Not in the wallet yet: the invoice is not paid, or is paid and the mint has not issued the ecash.',
    PAID: 'In the wallet: the ecash was issued and credited.',
    FAILED: null,
    EXPIRED: 'Nobody has paid the invoice; nothing is owed to anybody.',
    NEEDS_ATTENTION: decided,
  },
  send: {
    PENDING: 'In the wallet’s hands still: the token is being made, taken back, or out and not claimed.',
    PAID: 'With the recipient, who has claimed the token; what was not claimed of it is back in the wallet.',
    FAILED: 'Back in the wallet.',
    EXPIRED: null,
    NEEDS_ATTENTION: decided,
  },
  receive: {
    PENDING: 'Not credited yet: the token is being exchanged at the mint.',
    PAID: 'In the wallet: the token was exchanged and credited.',
    FAILED: 'Not in the wallet: the mint did not take the token, which still belongs to whoever has it.',
    EXPIRED: null,
    NEEDS_ATTENTION: decided,
  },
};

/** What the state of an operation means to its owner; null for upkeep, of which no owner is told. */
function meaningOf({
  id,
  kind,
  state,
}: Pick<OperationStory, 'id' | 'kind' | 'state'>): TransactionStatus | null {
  if (kind === 'upkeep') return null;
  const ofKind: Partial<Record<string, TransactionStatus>> = statuses[kind];
  const status = ofKind[state];
  invariant(status !== undefined, `${id}: unknown state`);
  return status;
}

/** Where the money of an operation is now, in plain words. */
export function whereMoneyIs(story: Pick<OperationStory, 'id' | 'kind' | 'state'>): string {
  if (story.kind === 'upkeep')
    return 'In the wallet: the server was only exchanging it at the mint. No payment is concerned.';
  const status = meaningOf(story);
  const words = status === null ? null : byStatus[story.kind][status];
  invariant(words !== null, `${story.id}: a state that means nothing`);
  return words;
}

/** An operation as support sees it. */
export const viewOf = (story: OperationStory): OperationView => ({
  ...story,
  status: meaningOf(story),
  money: whereMoneyIs(story),
});

/** What the mint's words tell of its backend: those to the operation, else those to the request that was reported. */
export function backendOf(
  { status, details, at }: Pick<ErrorReport, 'status' | 'details' | 'at'>,
  story: Pick<OperationStory, 'trouble'> | null,
): BackendView | null {
  const reported = backendTroubles.find((trouble) => trouble === details['backendTrouble']);
  const told = story?.trouble ?? (reported === undefined ? null : { kind: reported, at });
  if (told === null || status === 'closed') return null;
  return { ...adviceOn(told.kind), trouble: told.kind, toldAt: told.at };
}
