import type { Recovery, Wallet } from '../../models/wallet.ts';
import type { RecoveryRepository } from '../../repositories/recoveries.ts';
import { pause, timer } from '../../timing.ts';
import type { RestoreRequestService, RestoreView, WalletService } from '../contracts.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { OnLastCall } from '../operations/answering.ts';

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

  const request: RestoreRequestService['request'] = async ({ wallet: name, respondAsync }) => {
    const wallet = await wallets.get(name);
    if (wallet.recovery === undefined) {
      // A mint that is away would block the wallet for nothing.
      await mints.describeFor(wallet);
      await recoveries.request(wallet.id, now());
    }
    return respondAsync ? look(wallet) : waitFor(wallet);
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
        const view = await look(wallet);
        if (view.status !== 'RUNNING' || isOver) return view;
        await pause(pauseMs);
      }
    } finally {
      deadline.cancel();
      forgetLastCall();
    }
  }

  async function look({ id }: Wallet): Promise<RestoreView> {
    const { recovery = null, last = null } = (await recoveries.byId(id)) ?? {};
    if (recovery !== null) {
      const { since: startedAt, restored, restoredProofs } = recovery;
      return {
        status: isThrough(recovery) ? 'WATCHING' : 'RUNNING',
        startedAt,
        restored,
        restoredProofs,
      };
    }
    if (last === null) return { status: 'NONE' };
    const { since: startedAt, endedAt, restored, restoredProofs } = last;
    return { status: 'DONE', startedAt, endedAt, restored, restoredProofs };
  }

  return { request, present: async (name) => look(await wallets.get(name)) };
}

/** Nothing more comes of it, unless a payment ends that the mint holds: nothing is about to be looked through once more. */
const isThrough = ({ state, scans }: Recovery): boolean =>
  state === 'watching' && Object.values(scans).every(({ done }) => done);
