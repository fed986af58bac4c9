import { ask, type Way } from './ask.ts';
import type { AnswerOf } from './contract.ts';
import { lookUntil, type Wait } from './wait.ts';

type Begun = AnswerOf<'restore', 200> | AnswerOf<'restore', 202>;
type Present = AnswerOf<'restoreStatus', 200>;

/** How it stands with the restore of a wallet, and what has been found so far. */
export type Restoring = Pick<Present, 'restoredAmount' | 'restoredProofs'> & {
  /** `watching`: all was looked through, and the mint still holds ecash in payments: what comes of it is credited by itself. */
  outcome: 'restored' | 'watching' | 'running';
};

/** Has a wallet restored and waits until it is, or the wait is over. @throws CrucibleError | NoAnswerError */
export async function restore(way: Way, wallet: string, wait: Wait): Promise<Restoring> {
  const path = `${wallet}/restore`;
  // Waiting is done here: a connection that is cut meanwhile would have it asked for again.
  const headers = { prefer: 'respond-async' };
  const { signal } = wait;
  const question = { method: 'POST', path, body: {}, headers, signal, isAnswer: isBegun } as const;
  const { json } = await ask<Begun>(way, question);
  if ('restoredAmount' in json) {
    const { restoredAmount, restoredProofs, watching } = json;
    return { outcome: watching ? 'watching' : 'restored', restoredAmount, restoredProofs };
  }
  return lookUntil(async () => {
    const value = await lookAtRestore(way, path, signal);
    return { value, isFinal: value.outcome !== 'running' };
  }, wait);
}

async function lookAtRestore(way: Way, path: string, signal: AbortSignal | undefined): Promise<Restoring> {
  const question = { method: 'GET', path, signal, isAnswer: isPresent } as const;
  const { json } = await ask<Present>(way, question);
  const { status, restoredAmount, restoredProofs } = json;
  return { outcome: outcomes[status], restoredAmount, restoredProofs };
}

/** Where one was begun, there is none no more only after another store was put in its place. */
const outcomes = { NONE: 'running', RUNNING: 'running', WATCHING: 'watching', DONE: 'restored' } as const;

const isBegun = (json: object): boolean =>
  'restoredAmount' in json || Reflect.get(json, 'status') === 'RUNNING';
const isPresent = (json: object): boolean => String(Reflect.get(json, 'status')) in outcomes;
