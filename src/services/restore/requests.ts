import type { Recovery, Wallet } from '../../models/wallet.ts';
import type { RecoveryRepository } from '../../repositories/recoveries.ts';
import type { RestoreRequestService, RestoreView, WalletService } from '../contracts.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { OnLastCall } from '../operations/answering.ts';
import { pause, timer } from '../operations/timing.ts';

const firstPauseMs = 50;
const longestPauseMs = 500;

/** Takes the wishes of those whose wallet it is. The recovery is that of the background, on whichever instance. */
export function createRestoreRequests(parts: {
  wallets: Pick<WalletService, 'get'>;
  recoveries: Pick<RecoveryRepository, 'request' | 'byId'>;
  mints: Pick<MintDirectory, 'describeFor'>;
  answerWithinMs: number;
  onLastCall: OnLastCall;
  now: () => Date;
}): RestoreRequestService {
  const { wallets, recoveries, mints, answerWithinMs, onLastCall, now } = parts;

  const request: RestoreRequestService['request'] = async ({ npub, respondAsync }) => {
    const wallet = await wallets.get(npub);
    if (wallet.recovery === undefined) {
      // A mint that is away would block the wallet for nothing.
      await mints.describeFor(wallet);
      await recoveries.request(wallet.id, now());
    }
    return respondAsync ? (await look(wallet)).view : waitFor(wallet);
  };

  async function waitFor(wallet: Wallet): Promise<RestoreView> {
    let isOver = false;
    const deadline = timer(answerWithinMs);
    const lastCall = Promise.withResolvers<void>();
    const forgetLastCall = onLastCall(lastCall.resolve);
    void Promise.race([deadline.elapsed, lastCall.promise]).then(() => {
      isOver = true;
    });
    try {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
        const { view, isThrough } = await look(wallet);
        if (isThrough || isOver) return view;
        await pause(pauseMs);
      }
    } finally {
      deadline.cancel();
      forgetLastCall();
    }
  }

  /** `isThrough`: nothing more comes of it, unless a payment ends that the mint still holds. */
  async function look({ id, npub }: Wallet): Promise<{ view: RestoreView; isThrough: boolean }> {
    const { recovery = null, last = null } = (await recoveries.byId(id)) ?? {};
    if (recovery !== null) {
      const status = recovery.state === 'watching' ? 'WATCHING' : 'RUNNING';
      const { since: startedAt, restored, restoredProofs } = recovery;
      const isThrough = status === 'WATCHING' && isLookedThrough(recovery);
      return { view: { status, npub, startedAt, restored, restoredProofs }, isThrough };
    }
    if (last === null) return { view: { status: 'NONE', npub }, isThrough: true };
    const { since: startedAt, endedAt, restored, restoredProofs } = last;
    return { view: { status: 'DONE', npub, startedAt, endedAt, restored, restoredProofs }, isThrough: true };
  }

  return { request, present: async (npub) => (await look(await wallets.get(npub))).view };
}

/** Not where everything is about to be looked through once more. */
const isLookedThrough = ({ scans }: Recovery): boolean => Object.values(scans).every(({ done }) => done);
