import { print } from './screen.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm passes Ctrl-C on to us, and the terminal sends it too: within this time it is the same one. */
const sameKeypressMs = 500;

/** The wish to stop: aborted by the first Ctrl-C (or SIGTERM, or a closed terminal). A second one ends the process at once. */
export function listenForInterruption(): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const onSignal = (): void => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      print('\nStopping… (Ctrl-C again ends it at once)');
      controller.abort();
    } else if (now - firstAt > sameKeypressMs) {
      process.exit(1);
    }
  };
  for (const signal of signals) process.on(signal, onSignal);
  return controller.signal;
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The work, or a rejection as soon as nobody waits for it any more. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  await Promise.race([work, aborted(signal)]);
  signal.throwIfAborted();
  return work;
}
