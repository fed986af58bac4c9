import { InvariantBroken } from '../../models/errors.ts';
import type { FairTurns } from '../../models/fairTurns.ts';
import { isFinished, type Operation } from '../../models/operation.ts';
import { sumAmounts } from '../../models/proof.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { MeltRepository } from '../../repositories/melts.ts';
import type { MeltService } from '../contracts.ts';
import type { Comparison } from '../melt/comparison.ts';
import type { Correcting } from '../melt/correcting.ts';
import type { Preflight } from '../melt/preflight.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { Handlers } from '../operations/driveOn.ts';
import type { Driver, Handler } from '../operations/driver.ts';
import type { RunningReportService } from '../reportService.ts';
import type { Meters, Occasion, Timed } from './contracts.ts';

// The parts of the server as they are, with what they do noted.

/** Transactions A, B, S and R, and the cancelling of what never began. */
export function meteredMelts(melts: MeltRepository, timed: Timed): MeltRepository {
  return {
    ...melts,
    reserve: (...given) => timed('reserve', () => melts.reserve(...given)),
    executeAtomicMelt: (...given) => timed('book', () => melts.executeAtomicMelt(...given)),
    bookEarly: (...given) => timed('book_early', () => melts.bookEarly(...given)),
    release: (...given) => timed('release', () => melts.release(...given)),
    cancel: (...given) => timed('release', () => melts.cancel(...given)),
  };
}

/** Turns on the database. Who has waited in vain is no part of the times; its refusal is counted. */
export const meteredTurns = (turns: FairTurns, meters: Meters): FairTurns => ({
  ...turns,
  inTurn(name, withinMs, task) {
    const askedMs = performance.now();
    return turns.inTurn(name, withinMs, () => {
      meters.waitedForTurn((performance.now() - askedMs) / 1_000);
      return task();
    });
  },
});

/** What is answered again, under the same Idempotency-Key, was counted when it was answered first. */
export const meteredPayments = (payments: MeltService, meters: Meters): MeltService => ({
  ...payments,
  async melt(request) {
    const { operation, replayed } = await payments.melt(request);
    const isPaid = operation.state === 'paid' || operation.state === 'settled';
    if (!replayed) meters.meltAnswered(isPaid ? 'paid' : request.respondAsync ? 'async' : 'pending');
    return { operation, replayed };
  },
});

/** For whoever carries the requests of melts: swaps, fences among them, and the melt itself. */
export function meteredSubmits(mints: MintDirectory, timed: Timed): MintDirectory {
  return {
    ...mints,
    at(mintUrl) {
      const mint = mints.at(mintUrl);
      const { gateway } = mint;
      return {
        ...mint,
        gateway: {
          ...gateway,
          submit: (path, body) => timed(path === 'swap' ? 'swap' : 'mint', () => gateway.submit(path, body)),
        },
      };
    },
  };
}

export const meteredPreflight = (preflight: Preflight, timed: Timed): Preflight => ({
  ...preflight,
  lookEarly: (...given) => timed('preflight', () => preflight.lookEarly(...given)),
  // Most of it was done early, then.
  check: (wallet, selected, requestId) => {
    const check = () => preflight.check(wallet, selected, requestId);
    return selected.early === null ? timed('preflight', check) : check();
  },
});

export function meteredComparison(comparison: Comparison, meters: Meters, by: Occasion): Comparison {
  return {
    ...comparison,
    async compare(wallet: Wallet, beliefs) {
      const compared = await comparison.compare(wallet, beliefs);
      const seen = compared.found.map(({ discrepancy }) => discrepancy.type);
      meters.discrepancies(seen, by);
      return compared;
    },
  };
}

/** What is missing counts once, when it is written off: it may have been seen often before. */
export const meteredCorrecting = (correcting: Correcting, meters: Meters): Correcting => ({
  async correct(wallet, found) {
    const isDone = await correcting.correct(wallet, found);
    const lost = found
      .map(({ discrepancy }) => discrepancy)
      .filter(({ type }) => type === 'DB_UNSPENT_MINT_SPENT');
    if (isDone) meters.writtenOff(sumAmounts(lost), wallet.unit);
    return isDone;
  },
});

/** Every step of every kind of operation, whoever makes it. What somebody else has done is no step of ours. */
export function meteredHandlers(handlers: Handlers, meters: Meters): Handlers {
  const metered = <T extends Operation>(handler: Handler<T>): Handler<T> => ({
    ...handler,
    async advance(operation, role) {
      const step = await handler.advance(operation, role);
      meters.advanced(operation, step.operation);
      return step;
    },
  });
  return {
    melt: metered(handlers.melt),
    minting: metered(handlers.minting),
    send: metered(handlers.send),
    receive: metered(handlers.receive),
    upkeep: metered(handlers.upkeep),
  };
}

/** For the worker: each of its drives is a recovery run. */
export function meteredRecovery(driver: Driver, meters: Meters): Driver {
  return {
    ...driver,
    async drive(start, handler, role, options) {
      try {
        const operation = await driver.drive(start, handler, role, options);
        meters.recoveryRun(start.kind, isFinished(operation.state) ? 'finished' : 'waiting');
        return operation;
      } catch (error) {
        if (error instanceof InvariantBroken) meters.brokenInvariant('worker');
        meters.recoveryRun(start.kind, 'failed');
        throw error;
      }
    },
  };
}

export const meteredReports = (reports: RunningReportService, meters: Meters): RunningReportService => ({
  ...reports,
  file(draft) {
    meters.filed(draft.severity);
    return reports.file(draft);
  },
});
