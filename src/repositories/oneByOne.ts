/** Nobody waits longer for a turn; whoever has goes ahead, and meets a write conflict at worst. */
const patienceMs = 10_000;

/**
 * Has work of one name done one after the other within this process. A courtesy alone: fifty transactions that all want one
 * document undo one another again and again, where in a row each succeeds at once.
 */
export function createOneByOne(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const lastInLine = new Map<string, Promise<void>>();
  return async (name, work) => {
    const ahead = lastInLine.get(name);
    const done = Promise.withResolvers<void>();
    lastInLine.set(name, done.promise);
    if (ahead !== undefined) await orLater(ahead);
    try {
      return await work();
    } finally {
      done.resolve();
      if (lastInLine.get(name) === done.promise) lastInLine.delete(name);
    }
  };
}

function orLater(ahead: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, patienceMs);
    void ahead.then(() => {
      clearTimeout(late);
      resolve();
    });
  });
}
