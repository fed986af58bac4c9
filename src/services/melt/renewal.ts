import type { Attempt } from '../../models/operation.ts';
import { sumAmounts } from '../../models/proof.ts';
import { hasSignatures, keysetRetiredCodes, readSigned, refusalIn, saysLater } from '../mint/replies.ts';
import type { Refusal } from './decision.ts';

/** So often is a swap or fence repeated whose answers nobody understands, before anything else is tried. */
const maxObscureAnswers = 3;
/** So many attempts with the same terms are made where the mint does not say what it dislikes: it may be the outputs. */
const maxAttemptsOnSameTerms = 3;
/** From this many attempts on, none is added for a keyset that an attempt has named before. */
const maxAttempts = 20;
/**
 * From this many on, none is added at all: no honest mint rotates so often under one payment, and a document has 16 MB. An
 * attempt with 500 inputs takes 0.25 MB of it.
 */
const maxAttemptsInAll = 30;

/** What an exchange's outputs come to: the keyset that signs them, and what the fees leave of the inputs. */
export type Terms = { keysetId: string; amount: bigint };

/** What the last answer to an attempt of a swap or fence says of it. */
export function refusalOf(attempt: Attempt | undefined): Refusal {
  if (attempt === undefined || attempt.reply === null || hasSignatures(attempt)) return 'none';
  const reading = readSigned(attempt.reply);
  if (reading.kind === 'rejected')
    return keysetRetiredCodes.has(reading.code ?? 0) ? 'keyset_retired' : 'definite';
  if (attempt.posts < maxObscureAnswers || saysLater(attempt.reply)) return 'none';
  return refusalIn(attempt.reply) === null ? 'nonsense' : 'unlisted';
}

/**
 * Whether another attempt can get what the latest did not. With the same keyset and the same fees it would be refused like
 * that one, so the same request goes again, until the mint lists something else. `attempts`: those for one purpose.
 */
export function isRenewalDue(attempts: readonly Attempt[], terms: Terms): boolean {
  const refused = attempts.at(-1);
  if (refused === undefined) return true;
  if (attempts.every(({ keysetId }) => keysetId !== terms.keysetId))
    return attempts.length < maxAttemptsInAll;
  if (attempts.length >= maxAttempts) return false;
  const refusal = refusalOf(refused);
  if (refusal === 'keyset_retired') return refused.keysetId !== terms.keysetId;
  const alike = attempts.filter((attempt) => hasTerms(attempt, terms));
  return !alike.includes(refused) || (refusal === 'unlisted' && alike.length < maxAttemptsOnSameTerms);
}

const hasTerms = ({ keysetId, outputs }: Attempt, terms: Terms): boolean =>
  keysetId === terms.keysetId && sumAmounts(outputs) === terms.amount;

/** Whether one more attempt for a purpose can be kept at all. */
export const hasRoom = (attempts: readonly Attempt[]): boolean => attempts.length < maxAttemptsInAll;

/**
 * All attempts with one more. What was answered to those that it takes the place of has been read, and would fill the
 * document: half a megabyte each.
 */
export function withRenewed(attempts: readonly Attempt[], renewed: Attempt): Attempt[] {
  const kept = attempts.map((attempt) =>
    attempt.purpose === renewed.purpose ? { ...attempt, reply: null } : attempt,
  );
  return [...kept, renewed];
}
