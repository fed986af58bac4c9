import { backendTroubles } from '../../models/backendTrouble.ts';
import { DomainError, invariant } from '../../models/errors.ts';
import type { OperationStory } from '../../models/operation.ts';
import type { ErrorReport } from '../../models/report.ts';
import type { TransactionKind, TransactionStatus } from '../../models/transaction.ts';
import type { OperationStories } from '../../repositories/operationStories.ts';
import { adviceOn } from '../mint/backendTrouble.ts';
import { statuses } from '../transactions/status.ts';
import type { BackendView, OperationView } from './contracts.ts';

const undecided = 'A person must decide. Until then its ecash stays where it is.';

/** What a person has written off, without knowing what became of it. */
const givenUp: Record<OperationStory['kind'], string> = {
  melt: 'Given up: nobody knows whether the payee was paid. What was proven to be the wallet’s is back in it. If a payment request had left, a later decision can still have the rest taken back (fence); what the mint has signed is found by a restore of the wallet.',
  minting:
    'Not in the wallet: the mint has called its quote issued, and nobody waits for it any more. What was signed for this wallet is found by a restore.',
  send: 'Given up: the mint has called its ecash spent. What it has signed for this wallet is found by a restore.',
  receive:
    'Not in the wallet: the token still belongs to whoever has it, unless the mint has exchanged it; then a restore of the wallet finds it.',
  upkeep:
    'Given up: the mint has called its ecash spent. What it has signed for this wallet is found by a restore.',
};

/** Where the money of an operation is, by what its present state means. Null: there is no such status of this kind. */
const byStatus: Record<TransactionKind, Record<TransactionStatus, string | null>> = {
  melt: {
    PENDING: 'In the wallet, reserved for this payment until it is known whether the payee was paid.',
    PAID: 'With the payee: the invoice is paid. What was set aside and not needed is back in the wallet, or on its way.',
    FAILED:
      'Back in the wallet, less what the mint may have taken for exchanging it: the invoice was not paid, and these funds can no longer pay it.',
    EXPIRED: null,
    NEEDS_ATTENTION: undecided,
  },
  minting: {
    PENDING:
      'Not in the wallet yet: the invoice is not paid, or is paid and the mint has not issued the ecash.',
    PAID: 'In the wallet: the ecash was issued and credited.',
    FAILED: null,
    EXPIRED:
      'Nobody had paid the invoice when the mint was asked last, thirty days after its end; it is not watched any more.',
    NEEDS_ATTENTION:
      'Not in the wallet. The invoice may be paid, and it is open what became of the ecash. A person must decide.',
  },
  send: {
    PENDING: 'In the wallet, reserved: the token is being made.',
    PAID: 'With whoever has claimed the token; what was taken back of it is in the wallet.',
    FAILED: 'Back in the wallet, less what the mint may have taken for exchanging it.',
    EXPIRED: null,
    NEEDS_ATTENTION: undecided,
  },
  receive: {
    PENDING: 'Not credited yet: the token is being exchanged at the mint.',
    PAID: 'In the wallet: the token was exchanged and credited.',
    FAILED:
      'Not in the wallet: the mint did not take the token. What of it was spent before is with whoever spent it; the rest still belongs to whoever has the token.',
    EXPIRED: null,
    NEEDS_ATTENTION:
      'Not in the wallet: it is open whether the mint has exchanged the token. A person must decide; the token must not be thrown away.',
  },
};

/** States in which the money is elsewhere than in others that have the same status. */
const byState: Partial<Record<OperationStory['kind'], Record<string, string>>> = {
  melt: {
    releasing:
      'In the wallet, reserved: the payment was given up, and its ecash is being taken back. Should the payee prove to be paid after all, it counts as paid.',
  },
  send: {
    sent: 'In the token, which was handed out: whoever has it can claim it, and it was not all claimed when the mint was asked last.',
    reclaiming: 'On its way back into the wallet, unless somebody claims the token first.',
  },
  upkeep: {
    needs_attention: undecided,
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

const partlyGivenUp =
  'Back in the wallet, less what others have spent of it, which a person has written off, and what the mint may have taken for exchanging it: the invoice was not paid, and these funds can no longer pay it.';

/** Where the money of an operation is now, in plain words. */
export function whereMoneyIs(story: Pick<OperationStory, 'id' | 'kind' | 'state' | 'isWrittenOff'>): string {
  if (story.state === 'written_off') return givenUp[story.kind];
  if (story.state === 'released' && story.isWrittenOff) return partlyGivenUp;
  const { [story.state]: own } = byState[story.kind] ?? {};
  if (own !== undefined) return own;
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

/** What the mint's words tell of its backend: those to the operation, else the last to a request that was reported. */
export function backendOf(
  { status, details, at }: Pick<ErrorReport, 'status' | 'details' | 'at'>,
  story: Pick<OperationStory, 'trouble'> | null,
): BackendView | null {
  const reported = backendTroubles.find((trouble) => trouble === details['backendTrouble']);
  const { backendToldAt } = details;
  const reportedAt = backendToldAt instanceof Date ? backendToldAt : at;
  const told = story?.trouble ?? (reported === undefined ? null : { kind: reported, at: reportedAt });
  if (told === null || status === 'closed') return null;
  return { ...adviceOn(told.kind), trouble: told.kind, toldAt: told.at };
}
