export const pause = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs));

/** A wait that can be called off, so that it keeps no process alive once it has lost its race. */
export function timer(delayMs: number): { elapsed: Promise<void>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const handle = setTimeout(resolve, delayMs);
  return { elapsed: promise, cancel: () => clearTimeout(handle) };
}
