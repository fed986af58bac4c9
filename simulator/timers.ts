/** The longest that a Node timer can wait; more would fire at once. */
const longestMs = 2_147_483_647;

/** All waiting of one simulator, so that closing it leaves nothing behind. */
export class Timers {
  readonly #running = new Set<NodeJS.Timeout>();
  #closed = false;

  after(delayMs: number, act: () => void): void {
    if (this.#closed) return;
    const timer = setTimeout(
      () => {
        this.#running.delete(timer);
        act();
      },
      Math.min(delayMs, longestMs),
    );
    this.#running.add(timer);
  }

  /** Never resolves once the timers are closed. */
  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#running) clearTimeout(timer);
    this.#running.clear();
  }
}
