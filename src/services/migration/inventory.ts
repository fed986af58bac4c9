import { type LegacyToken, type LegacyWallet, originName } from '../../models/legacy.ts';
import type { Place } from '../../repositories/legacy/originals.ts';
import type { LegacySource } from '../../repositories/legacy/source.ts';
import { readToken, readWallet } from './readLegacy.ts';

export type TokenFound = { token: LegacyToken; place: Place };
export type WalletFound = { wallet: LegacyWallet; place: Place };

/**
 * Everything that the earlier design ever stored here, whether it was taken over already or not; oldest first. `twins`:
 * names that belong to two documents at once, of which only one is seen here.
 */
export type Inventory = { tokens: TokenFound[]; wallets: WalletFound[]; twins: string[] };

/**
 * Reads the whole store. What stands in its place is read before the archive: whatever another run moves meanwhile is seen
 * in one of them, and what is seen in both counts as archived. Because nothing is ever missing, each run decides the same.
 */
export async function takeInventory(source: LegacySource): Promise<Inventory> {
  const tokens = new Map<string, TokenFound>();
  const wallets = new Map<string, WalletFound>();
  const twins = new Set<string>();
  for await (const { origin, fields, original } of source.documents('wallet')) {
    const { collection, id, digest } = original;
    if (wallets.has(originName(origin))) twins.add(originName(origin));
    wallets.set(originName(origin), {
      wallet: readWallet(origin, fields),
      place: { kind: 'legacy', collection, id, digest },
    });
  }
  for await (const { origin, fields, original } of source.documents('token')) {
    const { collection, id, digest } = original;
    if (tokens.has(originName(origin))) twins.add(originName(origin));
    tokens.set(originName(origin), {
      token: readToken(origin, fields),
      place: { kind: 'legacy', collection, id, digest },
    });
  }
  for await (const found of source.archivedWallets()) {
    const { origin } = found.wallet;
    const seen = wallets.get(originName(origin));
    if (seen !== undefined && (await source.stands('wallet', origin, seen.place)))
      twins.add(originName(origin));
    wallets.set(originName(origin), found);
  }
  for await (const found of source.archivedTokens()) {
    const { origin } = found.token;
    const seen = tokens.get(originName(origin));
    if (seen !== undefined && (await source.stands('token', origin, seen.place)))
      twins.add(originName(origin));
    tokens.set(originName(origin), found);
  }
  return {
    twins: [...twins],
    tokens: [...tokens.values()].sort((a, b) => inOrder(a.token, b.token)),
    wallets: [...wallets.values()].sort((a, b) => inOrder(a.wallet, b.wallet)),
  };
}

type Aged = Pick<LegacyToken, 'createdAt' | 'origin'>;

/** Oldest first; of the same moment, by name: an order that no second reading changes. */
export function inOrder(a: Aged, b: Aged): number {
  return (
    a.createdAt.getTime() - b.createdAt.getTime() || (originName(a.origin) < originName(b.origin) ? -1 : 1)
  );
}
