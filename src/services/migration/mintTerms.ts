import type { LegacyToken, LegacyWallet } from '../../models/legacy.ts';
import { answered, firstUnit, type MintDirectory } from '../mint/mints.ts';

/** What a mint says of itself and of the keysets that proofs name. */
export type MintTerms = {
  mintUrl: string;
  mintId: string | null;
  unit: string;
  /** Keysets that were vouched for. One whose keys do not check out is left out. */
  keysets: ReadonlyMap<string, KeysetTerms>;
};

/** `keys`: the public key (compressed, hex) of each amount. */
export type KeysetTerms = { unit: string; keys: ReadonlyMap<bigint, string> };

/**
 * Asks each of this server's mints that the store speaks of.
 * @throws DomainError MINT_UNAVAILABLE or MINT_ERROR: without the mint nobody can say what its proofs are
 */
export async function askMints(
  mints: Pick<MintDirectory, 'at' | 'describe'>,
  mintUrls: readonly string[],
  tokens: readonly LegacyToken[],
  wallets: readonly LegacyWallet[],
): Promise<Map<string, MintTerms>> {
  const spokenOf = new Set([...tokens, ...wallets].map(({ mintUrl }) => mintUrl));
  const terms = new Map<string, MintTerms>();
  for (const mintUrl of mintUrls.filter((url) => spokenOf.has(url))) {
    const description = await mints.describe(mintUrl);
    const { mintId } = description;
    const unit = firstUnit(description);
    const named = new Set(
      tokens.filter((token) => token.mintUrl === mintUrl).flatMap(({ proofs }) => proofs.map(keysetOf)),
    );
    terms.set(mintUrl, { mintUrl, mintId, unit, keysets: await vouchedFor(mints, mintUrl, named) });
  }
  return terms;
}

const keysetOf = ({ keysetId }: { keysetId: string | null }): string | null => keysetId;

async function vouchedFor(
  mints: Pick<MintDirectory, 'at'>,
  mintUrl: string,
  named: ReadonlySet<string | null>,
): Promise<MintTerms['keysets']> {
  const { keysets } = mints.at(mintUrl);
  const known = new Map<string, KeysetTerms>();
  for (const { id, unit } of answered(await keysets.list(0), 'list its keysets')) {
    if (!named.has(id)) continue;
    const answer = await keysets.keys(id);
    // Keys that do not fit their id are nobody's money: proofs of that keyset stay unresolved.
    if (answer.kind === 'nonsense' || answer.kind === 'refused') continue;
    const { keys } = answered(answer, 'show its keys');
    const byAmount = Object.entries(keys).map(([amount, key]) => [BigInt(amount), key] as const);
    known.set(id, { unit, keys: new Map(byAmount) });
  }
  return known;
}
