import { mongo } from 'mongoose';
import type { Profile } from './profile.ts';
import type { Random } from './random.ts';
import type { Actor, Scheduler } from './scheduler.ts';
import type { Carry, StoreCall } from './store/memoryStore.ts';

/** Carries a process' calls to the store: slowly, not at all, or with an answer that does not tell the truth. */
export function createStoreLine(parts: {
  scheduler: Scheduler;
  random: Random;
  actor: Actor;
  odds: () => Profile['store'] | null;
  applied: (actor: Actor, call: StoreCall) => void;
  trace: (line: () => string) => void;
}): Carry {
  const { scheduler, random, actor, odds, applied, trace } = parts;
  let outageUntilMs = 0;

  return (call, apply) =>
    new Promise((resolve, reject) => {
      const faults = odds() ?? calm;
      const latencyMs = () => (random.chance(faults.slow) ? random.int(50, 4_000) : random.int(0, 4));
      const fail = (error: Error) => scheduler.after(latencyMs(), actor, () => reject(error));
      if (random.chance(faults.outage)) outageUntilMs = scheduler.nowMs() + random.int(500, 15_000);
      if (odds() !== null && outageUntilMs > scheduler.nowMs()) {
        trace(() => `${actor.name} store away: ${call.what}`);
        scheduler.after(1_000, actor, () => reject(away(call)));
        return;
      }
      // Taken off here, so that a process which dies meanwhile has sent it all the same.
      scheduler.after(latencyMs(), null, () => {
        if (random.chance(faults.before)) {
          trace(() => `${actor.name} store not reached: ${call.what}`);
          fail(away(call));
          return;
        }
        if (call.kind === 'commit' && random.chance(faults.aborted)) {
          trace(() => `${actor.name} transaction aborted by the server`);
          fail(labelled('the transaction was aborted', 'TransientTransactionError'));
          return;
        }
        try {
          const value = apply();
          if (call.kind === 'write' || call.kind === 'commit') applied(actor, call);
          const unconfirmed = call.kind !== 'begin' && random.chance(faults.after);
          if (unconfirmed) trace(() => `${actor.name} ${call.what} applied and not confirmed`);
          if (unconfirmed) fail(unconfirmedError(call, random));
          else scheduler.after(latencyMs(), actor, () => resolve(value));
        } catch (error) {
          scheduler.after(latencyMs(), actor, () => reject(error));
        }
      });
    });
}

const calm: Profile['store'] = { before: 0, after: 0, aborted: 0, outage: 0, slow: 0 };

function away(call: StoreCall): Error {
  const error = new mongo.MongoNetworkError('connection to the store was lost');
  if (call.kind === 'commit') error.addErrorLabel('UnknownTransactionCommitResult');
  return error;
}

function unconfirmedError(call: StoreCall, random: Random): Error {
  if (call.kind === 'commit' || call.kind === 'read' || random.chance(0.5)) return away(call);
  return new mongo.MongoWriteConcernError({
    ok: 1,
    writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' },
  });
}

function labelled(message: string, label: string): Error {
  const error = new mongo.MongoNetworkError(message);
  error.addErrorLabel(label);
  return error;
}
