import { DomainError } from '../../models/errors.ts';

/** 401. `reason` and `advice` are sentences for whoever called, and hold nothing of what was sent. */
export function unauthenticated(reason: string, advice: string, cause?: Error): DomainError {
  return new DomainError('UNAUTHENTICATED', 'LOW', `Nothing was done: ${reason} ${advice}`, { cause });
}

/** Why a signed request was refused, where it was its time: somebody's clock is wrong, or it was sent late. */
export class UntimelySignature extends Error {}
