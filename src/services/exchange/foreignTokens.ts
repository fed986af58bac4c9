import { createHash } from 'node:crypto';
import { invariant } from '../../models/errors.ts';
import { isSameMint } from '../../models/mintUrl.ts';
import type { Proof } from '../../models/proof.ts';
import { largestSum, sumAmounts } from '../../models/proof.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { EcashArithmetic } from '../ecash/arithmetic.ts';
import type { CheckedProof } from '../ecash/arithmeticJobs.ts';
import { fullKeysetId, type ReadToken, type TokenProof } from '../ecash/encodedTokens.ts';
import { lockOf, mayUnlock, witnessFor } from '../ecash/locks.ts';
import type { Seeds } from '../ecash/seeds.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';
import { lockedToOthers, tokenInvalid } from './refusals.ts';

/** Somebody else's ecash, as far as it can be checked without asking whether it is spent. */
export type ForeignToken = { proofs: Proof[]; amount: bigint; hash: string; memo: string | null };

/** Locks are read and opened for strangers: after so many proofs, others have their turn. */
const proofsAtOnce = 10;

/** Checks a token that somebody gave us: of this wallet's mint and unit, signed by it, and not locked to others. */
export function createForeignTokens(parts: {
  mints: MintDirectory;
  seeds: Pick<Seeds, 'tokenKey'>;
  arithmetic: EcashArithmetic;
  now: () => Date;
}) {
  const { mints, seeds, arithmetic, now } = parts;

  /** @throws DomainError TOKEN_INVALID, TOKEN_LOCKED, MINT_UNAVAILABLE, MINT_ERROR */
  async function check(wallet: Wallet, token: ReadToken): Promise<ForeignToken> {
    if (token.kind === 'malformed') throw tokenInvalid(`it cannot be read: ${token.why}`);
    if (!isSameMint(token.mintUrl, wallet.mintUrl))
      throw tokenInvalid('it is of another mint than this wallet');
    if (token.unit !== wallet.unit) throw tokenInvalid(`it is not in ${wallet.unit}, as this wallet is`);
    const amount = sumAmounts(token.proofs);
    if (amount > largestSum) throw tokenInvalid('it is worth more than can be counted');
    const keys = await keysOf(wallet, token.proofs);
    const key = await seeds.tokenKey(wallet.id);
    const items = token.proofs.map((proof) => ({ ...proof, K: keyFor(proof, keys) }));
    const checks = await arithmetic.check({ items });
    const proofs: Proof[] = [];
    for (const [position, proof] of token.proofs.entries()) {
      if (position % proofsAtOnce === proofsAtOnce - 1) await new Promise(setImmediate);
      proofs.push(opened(proof, checks[position], keys, key));
    }
    return { proofs, amount, hash: hashOf(proofs), memo: token.memo };
  }

  /** The public keys of the keysets that the token names, by the name that it gives them. */
  async function keysOf(wallet: Wallet, proofs: readonly TokenProof[]): Promise<Map<string, Keys>> {
    await mints.describeFor(wallet);
    const { keysets } = mints.at(wallet.mintUrl);
    const listed = async (maxAgeMs: number) =>
      answered(await keysets.list(maxAgeMs), 'list its keysets')
        .filter(({ unit }) => unit === wallet.unit)
        .map(({ id }) => id);
    const names = new Set(proofs.map(({ keysetId }) => keysetId));
    let known = await listed(listingMaxAgeMs);
    // A keyset may be younger than what was listed last.
    if ([...names].some((name) => fullKeysetId(name, known) === null)) known = await listed(0);
    const found = new Map<string, Keys>();
    for (const named of names) {
      const id = fullKeysetId(named, known);
      if (id === null) throw tokenInvalid('its mint does not list a keyset of it');
      const { keys } = answered(await keysets.keys(id), 'tell the keys of its keyset');
      found.set(named, { id, keys });
    }
    return found;
  }

  function opened(
    proof: TokenProof,
    check: CheckedProof | undefined,
    keysets: ReadonlyMap<string, Keys>,
    key: { publicKey: string; privateKey: string },
  ): Proof {
    const { amount, secret, C } = proof;
    const keyset = keysets.get(proof.keysetId);
    if (keyset === undefined || keyFor(proof, keysets) === undefined)
      throw tokenInvalid('its mint signs no such amounts');
    invariant(check !== undefined, 'every proof of a token is checked');
    if (check.dleq === 'fails') throw tokenInvalid('its mint has not signed it (its DLEQ proof is wrong)');
    const lock = lockOf(secret);
    if (!mayUnlock(lock, key.publicKey, now())) throw lockedToOthers();
    return {
      Y: check.Y,
      keysetId: keyset.id,
      amount,
      secret,
      C,
      ...(lock.kind === 'p2pk' ? { witness: witnessFor(secret, key.privateKey) } : {}),
    };
  }

  return { check };
}

type Keys = { id: string; keys: Record<string, string> };

/** The key behind a proof's amount, where its mint has one. */
const keyFor = ({ keysetId, amount }: TokenProof, keysets: ReadonlyMap<string, Keys>): string | undefined =>
  keysets.get(keysetId)?.keys[amount.toString()];

const listingMaxAgeMs = 60_000;

/** Names this ecash, however it is written. */
function hashOf(proofs: readonly Proof[]): string {
  const names = proofs.map(({ Y }) => Y).sort();
  return createHash('sha256').update(names.join(',')).digest('hex');
}
