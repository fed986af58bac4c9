import { DomainError } from '../../models/errors.ts';

/** 401. `reason` and `advice` are sentences for whoever called, and hold nothing of what was sent. */
export function unauthenticated(reason: string, advice: string): DomainError {
  return new DomainError('UNAUTHENTICATED', 'LOW', `Nothing was done: ${reason} ${advice}`);
}
