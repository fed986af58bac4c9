import { createHash } from 'node:crypto';
import { limits } from '../limits.ts';

export type LoggedRequest = {
  number: number;
  at: string;
  method: string;
  path: string;
  /** Tells whether two requests had the very same body, without keeping secrets. */
  bodySha256: string | null;
  /** The rule that met it. */
  fault: string | null;
  /** null = not answered, or not yet. */
  status: number | null;
};

/** The last requests to the mint, so that a test can count and order what a wallet really asked. */
export class RequestLog {
  readonly #clock: () => number;
  readonly #requests: LoggedRequest[] = [];
  #count = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  open(method: string, path: string, body: unknown): LoggedRequest {
    this.#count += 1;
    const entry: LoggedRequest = {
      number: this.#count,
      at: new Date(this.#clock()).toISOString(),
      method,
      path,
      bodySha256: body === undefined ? null : createHash('sha256').update(JSON.stringify(body)).digest('hex'),
      fault: null,
      status: null,
    };
    this.#requests.push(entry);
    if (this.#requests.length > limits.rememberedRequests) this.#requests.shift();
    return entry;
  }

  list(): readonly LoggedRequest[] {
    return this.#requests;
  }

  clear(): void {
    this.#requests.length = 0;
  }
}
