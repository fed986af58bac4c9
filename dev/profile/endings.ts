import { complain } from './screen.ts';

export type Endings = ReturnType<typeof createEndings>;

/** What has been started, to be ended in the opposite order. What is added after the end has begun ends at once. */
export function createEndings() {
  const steps: { what: string; end: () => Promise<unknown> }[] = [];
  let hasBegun = false;

  async function add(what: string, end: () => Promise<unknown>): Promise<void> {
    steps.push({ what, end });
    if (hasBegun) await endAll();
  }

  /** Tries every step, also where another one fails. */
  async function endAll(): Promise<void> {
    hasBegun = true;
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      const { what, end } = step;
      await end().catch((error: unknown) => complain(`could not end ${what}: ${String(error)}`));
    }
  }

  return { add, endAll };
}
