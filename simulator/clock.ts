/** The mint's own clock, which may go wrong. The outside world goes by the true one. */
export class MintClock {
  offsetMs = 0;
  readonly #trueClock: () => number;

  constructor(trueClock: () => number) {
    this.#trueClock = trueClock;
  }

  /** Milliseconds since 1970. */
  readonly now = (): number => this.#trueClock() + this.offsetMs;
}
