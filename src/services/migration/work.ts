import { invariant } from '../../models/errors.ts';
import type { LegacyToken, LegacyWallet, WalletVerdict } from '../../models/legacy.ts';
import { type Proof, sumAmounts } from '../../models/proof.ts';
import type { CashuToken } from '../../models/token.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { Place } from '../../repositories/legacy/originals.ts';
import type { Make } from '../../repositories/legacy/writes.ts';
import type { Inventory, TokenFound } from './inventory.ts';
import type { TokenDecision, TokenDraft } from './plan.ts';
import type { WalletPlan } from './planWallets.ts';
import { readSecret } from './readLegacy.ts';
import { type Circumstances, isWhole } from './standing.ts';

/** What was found, and what shall become of each document. */
export type Plan = {
  inventory: Inventory;
  known: Circumstances;
  wallets: WalletPlan;
  decisions: (TokenDecision & TokenFound)[];
};

export type DueToken = Plan['decisions'][number];
/** `wallet`: the one to be made for its npub unless that has one; null where it is only archived. */
export type DueWallet = { legacy: LegacyWallet; place: Place; wallet: Wallet | null };

/** The tokens that a run would write, in the order in which it would. */
export function dueTokens({ decisions }: Plan): DueToken[] {
  return decisions.filter(({ isChanged, place }) => isChanged || place.kind === 'legacy');
}

/** The wallet documents that a run would write, each with its verdict. */
export function dueWallets({ inventory, wallets }: Plan): DueWallet[] {
  return inventory.wallets.flatMap(({ wallet: legacy, place }) => {
    const verdict = wallets.verdicts.get(legacy);
    if (verdict === undefined || !isNews(verdict, legacy, place)) return [];
    const found = legacy.npub === null ? undefined : wallets.byNpub.get(legacy.npub);
    const wallet = verdict.fate === 'migrated' && found !== undefined ? found : null;
    return [{ legacy: { ...legacy, verdict }, place, wallet }];
  });
}

function isNews(verdict: WalletVerdict, { verdict: earlier }: LegacyWallet, place: Place): boolean {
  return place.kind === 'legacy' || earlier?.fate !== verdict.fate;
}

/** What makes the new token once the original is in hand; null where none is to be made. */
export function makerOf({ token, draft }: DueToken): Make | null {
  return draft === null ? null : (fields) => newToken(token, draft, fields);
}

const maxInt64 = 2n ** 63n - 1n;

/** The token as this version stores it. Its secrets are read from the original only now, to be sealed at once. */
function newToken(token: LegacyToken, draft: TokenDraft, fields: Record<string, unknown>): CashuToken {
  const proofs = draft.positions.map((position): Proof => {
    const proof = token.proofs[position];
    invariant(proof !== undefined && isWhole(proof), 'a proof that cannot be read would be migrated');
    const { Y, keysetId, amount, C } = proof;
    return { Y, keysetId, amount, C, ...readSecret(fields, position) };
  });
  const totalAmount = sumAmounts(proofs);
  invariant(totalAmount <= maxInt64, 'the sum of a token is larger than the database can hold');
  const { id, wallet, status, transactionType, transactionId } = draft;
  const { collection, id: documentId } = token.origin;
  return {
    id,
    npub: wallet.npub,
    walletId: wallet.id,
    mintUrl: wallet.mintUrl,
    unit: wallet.unit,
    proofs,
    totalAmount,
    status,
    transactionType,
    transactionId,
    spentAt: status === 'spent' ? token.spentAt : null,
    spentReason: status === 'spent' ? 'operation' : null,
    reservedBy: null,
    version: 1,
    metadata: { legacy: { collection, documentId, transactionId: token.transactionId, type: token.type } },
    createdAt: token.createdAt,
  };
}
