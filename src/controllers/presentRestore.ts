import { invariant } from '../models/errors.ts';
import type { WalletName } from '../models/wallet.ts';
import type { RestoreView } from '../services/contracts.ts';
import { toJsonSum } from './amounts.ts';

/** Of the same wallet, by the same name. */
export const restoreUrlOf = ({ npub, walletId }: WalletName): string =>
  `/api/wallet/${npub}/restore${walletId === null ? '' : `?walletId=${encodeURIComponent(walletId)}`}`;

/** 200 once all that can be found now has been found; until then 202. */
export function presentRestore(view: RestoreView, name: WalletName) {
  invariant(view.status !== 'NONE', 'a restore was requested, and there is none');
  if (view.status === 'RUNNING') {
    const body = { success: true, status: view.status, statusUrl: restoreUrlOf(name) };
    return { status: 202, body };
  }
  const body = {
    success: true,
    restoredAmount: toJsonSum(view.restored),
    restoredProofs: view.restoredProofs,
    watching: view.status === 'WATCHING',
  };
  return { status: 200, body };
}

/** The recovery that is under way, with its sums so far, or else the last. */
export function presentPresent(view: RestoreView) {
  const { status } = view;
  if (status === 'NONE')
    return { success: true, status, restoredAmount: 0, restoredProofs: 0, startedAt: null, endedAt: null };
  return {
    success: true,
    status,
    restoredAmount: toJsonSum(view.restored),
    restoredProofs: view.restoredProofs,
    startedAt: view.startedAt.toISOString(),
    endedAt: status === 'DONE' ? view.endedAt.toISOString() : null,
  };
}
