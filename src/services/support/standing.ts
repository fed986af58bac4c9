import { DomainError, invariant } from '../../models/errors.ts';
import type { OperationStory } from '../../models/operation.ts';
import type { TransactionKind, TransactionStatus } from '../../models/transaction.ts';
import type { OperationStories } from '../../repositories/operationStories.ts';
import { statuses } from '../transactions/status.ts';
import type { OperationView } from './contracts.ts';

const decided = 'A person must decide. Until then its ecash stays where it is.';

/** What a person has written off, without knowing what became of it. */
const givenUp: Record<OperationStory['kind'], string> = {
  melt: 'Given up: nobody knows whether the payee was paid. What was proven to be the wallet’s is back in it; a later decision can still have the rest taken back (fence).',
  minting:
    'Not in the wallet: nobody waits for the mint to issue it any more. What it has signed is found by a restore of the wallet.',
  send: 'Given up: it is not in the wallet. What the mint has signed of it is found by a restore of the wallet.',
  receive:
    'Not in the wallet: the token still belongs to whoever has it, unless the mint has exchanged it; then a restore of the wallet finds it.',
  upkeep:
    'Given up: it is not in the wallet. What the mint has signed of it is found by a restore of the wallet.',
};

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
  if (story.state === 'written_off') return givenUp[story.kind];
  if (story.kind === 'upkeep')
    return 'In the wallet: the server was only exchanging it at the mint. No payment is concerned.';
  const status = meaningOf(story);
  const words = status === null ? null : byStatus[story.kind][status];
  invariant(words !== null, `${story.id}: a state that means nothing`);
  return words;
}

/** An operation of any wallet. @throws DomainError TRANSACTION_NOT_FOUND */
export async function findStory(stories: OperationStories, transactionId: string): Promise<OperationStory> {
  const story = await stories.story(transactionId);
  if (story !== null) return story;
  throw new DomainError(
    'TRANSACTION_NOT_FOUND',
    'LOW',
    'There is no operation with that id. Nothing was done; check the transactionId.',
  );
}

/** An operation as support sees it. */
export const viewOf = (story: OperationStory): OperationView => ({
  ...story,
  status: meaningOf(story),
  money: whereMoneyIs(story),
});
