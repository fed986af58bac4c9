import { ask, type Way } from './ask.ts';
import type { AnswerOf, BodyOf } from './contract.ts';
import { lookUntil, type Wait } from './wait.ts';

type Minted = AnswerOf<'completeMint', 200>;
type NotMinted = AnswerOf<'completeMint', 202>;

/** How it stands with an invoice that funds a wallet. */
export type Funding =
  /** In the wallet. */
  | ({ outcome: 'credited' } & Omit<Minted, 'success'>)
  /** Nobody has paid it yet; or it is paid, and the mint is about to issue the ecash. */
  | ({ outcome: 'unpaid' | 'issuing' } & Pick<NotMinted, 'state' | 'transactionId'>)
  /** A person must decide at the server. */
  | ({ outcome: 'needs_attention' } & Pick<NotMinted, 'state' | 'transactionId'>);

/** Has the server look now. @throws CrucibleError | NoAnswerError */
export async function lookAtFunding(
  way: Way,
  wallet: string,
  body: BodyOf<'completeMint'>,
  signal?: AbortSignal,
): Promise<Funding> {
  const question = { method: 'POST', path: `${wallet}/mint/complete`, body, signal, isAnswer } as const;
  const { json } = await ask<Minted | NotMinted>(way, question);
  if ('totalAmount' in json) {
    const { tokenId, transactionId, totalAmount, mintUrl } = json;
    return { outcome: 'credited', tokenId, transactionId, totalAmount, mintUrl };
  }
  const { status, state, transactionId } = json;
  switch (status) {
    case 'UNPAID':
      return { outcome: 'unpaid', state, transactionId };
    case 'PAID':
      return { outcome: 'issuing', state, transactionId };
    case 'NEEDS_ATTENTION':
      return { outcome: 'needs_attention', state, transactionId };
  }
}

const isAnswer = (json: object): boolean =>
  'totalAmount' in json || ['UNPAID', 'PAID', 'NEEDS_ATTENTION'].includes(Reflect.get(json, 'status'));

/** Waits until it is credited or a person must decide, or the wait is over. @throws CrucibleError | NoAnswerError */
export function waitForFunds(
  way: Way,
  wallet: string,
  body: BodyOf<'completeMint'>,
  wait: Wait,
): Promise<Funding> {
  return lookUntil(async () => {
    const value = await lookAtFunding(way, wallet, body, wait.signal);
    return { value, isFinal: value.outcome === 'credited' || value.outcome === 'needs_attention' };
  }, wait);
}
