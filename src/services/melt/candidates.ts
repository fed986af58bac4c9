import { sumAmounts } from '../../models/proof.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { TokenOutline } from '../../repositories/tokenReads.ts';
import { demandOfMint } from '../mint/mintError.ts';
import { listedFor, type MintDirectory } from '../mint/mints.ts';
import type { Candidate, Selection } from './selection.ts';

const listingMaxAgeMs = 2_000;

/**
 * The proofs of these tokens to choose from, with what spending each costs. `unlisted`: how much lies in keysets that the mint
 * does not list, though it was asked again.
 * @throws DomainError MINT_UNAVAILABLE, MINT_ERROR
 */
export async function candidatesIn(
  wallet: Wallet,
  outlines: readonly TokenOutline[],
  mints: MintDirectory,
): Promise<{ usable: Candidate[]; unlisted: bigint }> {
  const proofs = outlines.flatMap((outline) => outline.proofs);
  const listed = await listedFor(proofs, mints.at(wallet.mintUrl), listingMaxAgeMs);
  const usable = proofs.flatMap((proof) => {
    const info = listed.get(proof.keysetId);
    return info === undefined ? [] : [{ ...proof, feePpk: info.inputFeePpk, retiring: !info.active }];
  });
  return { usable, unlisted: sumAmounts(proofs) - sumAmounts(usable) };
}

/** @throws DomainError MINT_ERROR where it would be enough with what lies in keysets that the mint does not list */
export function demandListed({ unit }: Wallet, selection: Selection, unlisted: bigint): void {
  const isMissed =
    selection.kind === 'insufficient' &&
    unlisted > 0n &&
    selection.available + unlisted >= selection.required;
  demandOfMint(
    !isMissed,
    `does not list the keysets of ${unlisted} ${unit} of the wallet’s ecash, which this payment would need`,
  );
}
