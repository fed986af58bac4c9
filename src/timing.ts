export const pause = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs));

/** A wait that can be called off, so that it keeps no process alive once it has lost its race. */
export function timer(delayMs: number): { elapsed: Promise<void>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const handle = setTimeout(resolve, delayMs);
  return { elapsed: promise, cancel: () => clearTimeout(handle) };
}

/**
 * What `work` comes to, or `tooLate()` where that takes longer. Work that is too late goes on, and nobody hears how it ended.
 * @throws what either of them throws
 */
export async function within<T, U>(limitMs: number, work: Promise<T>, tooLate: () => U): Promise<T | U> {
  const limit = timer(limitMs);
  try {
    return await Promise.race([work, limit.elapsed.then(tooLate)]);
  } finally {
    limit.cancel();
  }
}
