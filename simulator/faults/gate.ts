import { limits } from '../limits.ts';

/** Where held requests wait until they are let through. */
export class Gate {
  #waiting: (() => void)[] = [];

  get held(): number {
    return this.#waiting.length;
  }

  /** Where there is none, nobody is made to wait. */
  get hasRoom(): boolean {
    return this.#waiting.length < limits.heldRequests;
  }

  wait(): Promise<void> {
    if (!this.hasRoom) return Promise.resolve();
    return new Promise((letThrough) => this.#waiting.push(letThrough));
  }

  /** Lets everybody through, in the order of their coming. */
  release(): number {
    const released = this.#waiting;
    this.#waiting = [];
    for (const letThrough of released) letThrough();
    return released.length;
  }
}
