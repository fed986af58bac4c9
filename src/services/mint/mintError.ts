import type { BackendTrouble } from '../../models/backendTrouble.ts';
import { DomainError } from '../../models/errors.ts';

/** What a mint says makes no sense, or it refuses what it must not: a refusal of ours, which a repeat may get past. */
export function mintError(
  what: string,
  mintCode: number | null = null,
  backendTrouble?: BackendTrouble,
): DomainError {
  return new DomainError(
    'MINT_ERROR',
    'MEDIUM',
    `The mint ${what}. Nothing was started and no money moved; try again later, and tell support if it goes on.`,
    {
      retryable: true,
      ...(mintCode === null ? {} : { members: { mintCode } }),
      ...(backendTrouble === undefined ? {} : { about: { backendTrouble } }),
    },
  );
}

/**
 * Demands what only the mint can see to. Not an invariant: a mint may err for a moment, and then nothing of ours is broken.
 * @throws DomainError MINT_ERROR
 */
export function demandOfMint(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw mintError(otherwise);
}

/** The mint did not answer, or not with sense: whatever has begun can go on once it does. */
export function isMintTrouble(error: unknown): error is DomainError {
  return error instanceof DomainError && (error.code === 'MINT_ERROR' || error.code === 'MINT_UNAVAILABLE');
}

/** It did not answer: there is no use in asking it about others now. A MINT_ERROR may be about this one wallet alone. */
export function isMintAway(error: unknown): error is DomainError {
  return error instanceof DomainError && error.code === 'MINT_UNAVAILABLE';
}
