import type { OperationDocument } from '../../../src/models/schemas/operation.ts';
import { demand, operationsIn } from './invariants.ts';
import type { Listener } from './network.ts';
import type { Actor } from './scheduler.ts';
import type { MemoryStore } from './store/memoryStore.ts';

/**
 * Watches the order in which things are written and sent: a request is committed before it leaves, a reply is stored
 * before anything is concluded from it, and no output goes to the mint for two purposes.
 *
 * `undisturbed`: the store answers and nobody stalls, so that a process that holds a reply is alone with its operation.
 * Only then is the order of its writes known.
 */
export function createWitness(store: MemoryStore, undisturbed: boolean) {
  const requestOf = new Map<string, string>();
  const seen = new Map<string, OperationDocument>();
  /** Replies in the hands of a process that it has not stored yet, by operation. */
  const unstored = new Map<string, { actor: Actor; replyBody: string }>();

  function arrived(path: string, body: string): void {
    const { outputs = [] }: { outputs?: { B_: string }[] } = JSON.parse(body);
    for (const { B_ } of outputs) {
      const earlier = requestOf.get(B_) ?? body;
      demand(earlier === body, () => `an output went to the mint in two different requests (${path})`);
      requestOf.set(B_, body);
    }
    demand(
      senders(body).length > 0,
      () => `a ${path} request reached the mint that no operation had committed as sent`,
    );
  }

  const replied: Listener['replied'] = (actor, { body }, exchange) => {
    if (!undisturbed || exchange.kind !== 'reply' || body === undefined) return;
    for (const { _id } of senders(body)) unstored.set(_id, { actor, replyBody: exchange.body });
  };

  function senders(body: string): OperationDocument[] {
    const sent = JSON.stringify(body);
    return operationsIn(store).filter(({ attempts }) =>
      attempts.some(({ sealed, posts }) => posts > 0 && sealed.includes(sent)),
    );
  }

  /** Called after each write of a process. */
  function wrote(actor: Actor): void {
    for (const operation of operationsIn(store)) {
      const before = seen.get(operation._id);
      seen.set(operation._id, operation);
      const held = unstored.get(operation._id);
      if (before === operation || held?.actor !== actor) continue;
      if (operation.attempts.some(({ reply }) => reply?.sealed === held.replyBody))
        unstored.delete(operation._id);
      else
        demand(
          before === undefined || before.state === operation.state,
          () => `${operation._id} went to ${operation.state} on a reply that was not stored`,
        );
    }
  }

  return { arrived, replied, wrote };
}
