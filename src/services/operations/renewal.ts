import type { Attempt } from '../../models/operation.ts';
import { type Proof, sumAmounts } from '../../models/proof.ts';
import { hasSignatures, keysetRetiredCodes, readSigned, refusalIn, saysLater } from '../mint/replies.ts';
import type { Refusal } from './refusal.ts';
import { takesExactly } from './swapRequests.ts';

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

/** What an exchange comes to: what goes in, the keyset that signs its outputs, and what the fees leave for them. */
export type Terms = { inputs: readonly Proof[]; keysetId: string; amount: bigint };

/** What the last answer to an attempt of a swap or fence says of it. */
export function refusalOf(attempt: Attempt | undefined): Refusal {
  if (attempt === undefined || attempt.reply === null || hasSignatures(attempt)) return 'none';
  const reading = readSigned(attempt.reply);
  if (reading.kind === 'rejected')
    return keysetRetiredCodes.has(reading.code ?? 0) ? 'keyset_retired' : 'definite';
  if (attempt.posts < maxObscureAnswers || saysLater(attempt.reply)) return 'none';
  return refusalIn(attempt.reply) === null ? 'nonsense' : 'unlisted';
}

/** The keysets that the mint has refused to sign with, in answer to any of these; the one refused longest ago first. */
export function refusedKeysets(attempts: readonly Attempt[]): string[] {
  const refused = attempts.filter(
    (attempt) => keysetRetiredCodes.has(attempt.refusalCode ?? 0) && !hasSignatures(attempt),
  );
  const latestFirst = refused.map(({ keysetId }) => keysetId).reverse();
  return [...new Set(latestFirst)].reverse();
}

/**
 * The attempt that can get what the latest with these inputs did not. With the same keyset and the same fees it would be
 * refused like that one, so that one goes again until the mint lists something else: then an earlier one with those terms, or
 * a new one. `attempts`: those for one purpose. Null where there is no room for the new one that it takes.
 */
export function renewalOf(attempts: readonly Attempt[], terms: Terms): Attempt | 'new' | null {
  const comparable = attempts.filter((attempt) => takesExactly(attempt, terms.inputs));
  const refused = comparable.at(-1);
  if (refused === undefined) return attempts.length < maxAttemptsInAll ? 'new' : null;
  const refusal = refusalOf(refused);
  const alike = comparable.filter((attempt) => hasTerms(attempt, terms));
  const known = alike.at(-1);
  if (known === refused) {
    const isDislikedForItself = refusal === 'unlisted' && alike.length < maxAttemptsOnSameTerms;
    return isDislikedForItself && attempts.length < maxAttempts ? 'new' : refused;
  }
  if (refusal === 'keyset_retired' && refused.keysetId === terms.keysetId) return refused;
  if (known !== undefined) return known;
  const isNamed = attempts.some(({ keysetId }) => keysetId === terms.keysetId);
  return attempts.length < (isNamed ? maxAttempts : maxAttemptsInAll) ? 'new' : refused;
}

const hasTerms = ({ keysetId, outputs }: Attempt, terms: Terms): boolean =>
  keysetId === terms.keysetId && sumAmounts(outputs) === terms.amount;

/**
 * All attempts, with this one as the latest for its purpose. What was answered to the others has been read, and would fill
 * the document: half a megabyte each.
 */
export function withLatest(attempts: readonly Attempt[], latest: Attempt): Attempt[] {
  const isIt = ({ purpose, number }: Attempt) => purpose === latest.purpose && number === latest.number;
  const others = attempts
    .filter((attempt) => !isIt(attempt))
    .map((attempt) => (attempt.purpose === latest.purpose ? { ...attempt, reply: null } : attempt));
  return [...others, { ...latest, reply: null }];
}
