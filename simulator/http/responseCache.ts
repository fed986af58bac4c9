import { createHash } from 'node:crypto';
import { limits } from '../limits.ts';
import type { Process, Reply, SimRequest } from './exchange.ts';

/** NUT-19: the endpoints whose replies are remembered, and for how long. */
export const cachedPaths = ['/v1/mint/bolt11', '/v1/swap', '/v1/melt/bolt11'];
export const cacheTtlSeconds = 3600;

/** NUT-19: the same request again gets the same reply. Errors are never remembered, PENDING only by order. */
export class ResponseCache {
  readonly #clock: () => number;
  readonly #replies = new Map<string, { reply: Reply; untilMs: number }>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  async around(request: SimRequest, process: Process): Promise<Reply> {
    if (request.method !== 'POST' || !cachedPaths.includes(request.path)) return process(request);
    const key = keyOf(request);
    const known = this.#replies.get(key);
    if (known && known.untilMs > this.#clock()) return known.reply;
    const reply = await process(request);
    if (isRemembered(reply, request.orders.remembersPending)) this.#remember(key, reply);
    return reply;
  }

  #remember(key: string, reply: Reply): void {
    const [oldest] = this.#replies.keys();
    if (oldest !== undefined && this.#replies.size >= limits.cachedResponses) this.#replies.delete(oldest);
    this.#replies.set(key, { reply, untilMs: this.#clock() + cacheTtlSeconds * 1000 });
  }
}

function keyOf({ path, body }: SimRequest): string {
  return `${path} ${createHash('sha256').update(JSON.stringify(body)).digest('hex')}`;
}

function isRemembered({ status, body }: Reply, evenPending: boolean): boolean {
  const isPending = typeof body === 'object' && body !== null && 'state' in body && body.state === 'PENDING';
  return status === 200 && (evenPending || !isPending);
}
