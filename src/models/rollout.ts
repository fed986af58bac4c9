import { createHash } from 'node:crypto';

/** What is given to a share of the wallets first, so that it can be watched, and taken back. */
export type RolloutFeature = 'direct_melt' | 'full_preflight';

/**
 * Whether a wallet is among so many percent. The same wallet always is, on every instance, until the share shrinks; who is among 10
 * percent is among 20. Each feature has an order of its own, so that not the same wallets are always the first.
 */
export function isAmong(percent: number, feature: RolloutFeature, walletId: string): boolean {
  const digest = createHash('sha256').update(`${feature}:${walletId}`).digest();
  return digest.readUInt32BE(0) % 100 < percent;
}
