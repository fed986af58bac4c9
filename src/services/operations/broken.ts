import { InvariantBroken } from '../../models/errors.ts';
import { duplicateKeyIndex } from '../../repositories/transaction.ts';

/** Each proof is in one token, and each operation makes one token for each purpose: what runs into these never succeeds. */
const onceOnly: readonly (string | null)[] = ['one_token_per_proof', 'one_token_per_purpose'];

/** Why a person must look at an operation, by what one of its steps has thrown. @throws the same where another try may do */
export function whyBroken(error: unknown): string {
  if (error instanceof InvariantBroken) return error.message;
  if (onceOnly.includes(duplicateKeyIndex(error))) return 'what it was to book is in another token already';
  throw error;
}
