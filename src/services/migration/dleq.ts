import type { LegacyProof, LegacyToken } from '../../models/legacy.ts';
import type { LegacySource } from '../../repositories/legacy/source.ts';
import type { EcashArithmetic } from '../ecash/arithmetic.ts';
import type { TokenFound } from './inventory.ts';
import type { KeysetTerms, MintTerms } from './mintTerms.ts';
import { readSecret } from './readLegacy.ts';
import { isWhole, statusHere } from './standing.ts';

/**
 * The same tokens, with a word on each DLEQ proof that matters (NUT-12): whether the mint signed this secret with the key
 * that it publishes. That needs the keys, which the plan has asked for already, and nothing else of the mint. What is
 * neither unspent nor pending is left unchecked, and so is what lacks the blinding factor `r`.
 */
export async function checkDleqs(
  found: readonly TokenFound[],
  terms: ReadonlyMap<string, MintTerms>,
  source: Pick<LegacySource, 'fieldsOfToken'>,
  arithmetic: EcashArithmetic,
): Promise<TokenFound[]> {
  const checked: TokenFound[] = [];
  for (const one of found) {
    const { token, place } = one;
    const isDue = token.proofs.some((proof) => keysetFor(proof, token, terms) !== null);
    const fields = isDue ? await source.fieldsOfToken(token.origin, place) : null;
    checked.push(
      fields === null ? one : { place, token: await withFindings(token, fields, terms, arithmetic) },
    );
  }
  return checked;
}

/** What to check a proof with, or null where it needs no check or cannot have one. */
function keysetFor(
  proof: LegacyProof,
  token: LegacyToken,
  terms: ReadonlyMap<string, MintTerms>,
): KeysetTerms | null {
  const { dleq, verdict } = proof;
  const isOpen = verdict === null || verdict.fate === 'unresolved';
  const status = statusHere(token);
  if (dleq !== 'unchecked' || !isOpen || !isWhole(proof)) return null;
  if (status !== 'unspent' && status !== 'pending') return null;
  const keyset = token.mintUrl === null ? undefined : terms.get(token.mintUrl)?.keysets.get(proof.keysetId);
  return keyset?.keys.has(proof.amount) === true ? keyset : null;
}

async function withFindings(
  token: LegacyToken,
  fields: Record<string, unknown>,
  terms: ReadonlyMap<string, MintTerms>,
  arithmetic: EcashArithmetic,
): Promise<LegacyToken> {
  const due = token.proofs.flatMap((proof, position) => {
    const keyset = keysetFor(proof, token, terms);
    if (keyset === null || !isWhole(proof)) return [];
    const K = keyset.keys.get(proof.amount);
    return [{ ...readSecret(fields, position), C: proof.C, K, position }];
  });
  const checks = await arithmetic.check({ items: due });
  const found = new Map(due.map(({ position }, index) => [position, checks[index]?.dleq === 'holds']));
  const proofs = token.proofs.map((proof, position): LegacyProof => {
    const isGood = found.get(position);
    return isGood === undefined ? proof : { ...proof, dleq: isGood ? 'holds' : 'fails' };
  });
  return { ...token, proofs };
}
