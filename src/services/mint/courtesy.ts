import { pause } from '../../timing.ts';
import { askedToWaitMs, type Breaker, type Standing } from './breaker.ts';
import type { Exchange, Transport } from './transport.ts';

export type MintLimits = { mintTimeoutMs: number; meltTimeoutMs: number };

/** What a request is for, which says how long it may take. */
export type RequestKind = 'information' | 'quote' | 'state' | 'exchange' | 'melt';

/** How long each kind may take, all told: waiting for a connection, connecting, the reply's body, repeats and pauses. */
function deadlinesMs({ mintTimeoutMs, meltTimeoutMs }: MintLimits): Record<RequestKind, number> {
  return {
    information: mintTimeoutMs,
    state: mintTimeoutMs,
    quote: mintTimeoutMs * 1.5, // the mint may have to ask its Lightning node
    exchange: mintTimeoutMs * 2, // giving up on a swap too early costs more questions than waiting
    melt: meltTimeoutMs,
  };
}

/**
 * Which loss of a question is worth another try. `any`: it changes nothing at the mint, however often it is asked.
 * `unsent`: it creates something there, so it is repeated only if it has certainly not left.
 */
export type Repeatable = 'any' | 'unsent';

export type Question = {
  method: 'GET' | 'POST';
  path: string;
  body?: string;
  kind: RequestKind;
  standing: Standing;
  repeat: Repeatable;
};

/** How requests reach one mint. */
export type MintLine = {
  /** Asks, and repeats where that is harmless and may help. Unasked (`not_sent`) while the circuit is open. */
  ask(question: Question): Promise<Exchange>;
  /** Sends something that moves money: once, and whatever the circuit says. */
  submit(path: string, body: string, kind: 'exchange' | 'melt'): Promise<Exchange>;
};

const maxRepeats = 2;
const firstBackoffMs = 200;
/** A mint that wants to be left alone for longer gets its way, and the client an answer now. */
const longestRetryAfterMs = 2_000;
const unasked: Exchange = { kind: 'lost', reason: 'not_sent' };

export function createMintLine(
  baseUrl: string,
  transport: Transport,
  breaker: Breaker,
  limits: MintLimits,
): MintLine {
  const deadlines = deadlinesMs(limits);

  async function send(
    request: Pick<Question, 'method' | 'path' | 'body' | 'standing'>,
    timeoutMs: number,
    lane: 'short' | 'payment',
  ): Promise<Exchange> {
    const { method, path, body, standing } = request;
    const sentAt = performance.now();
    const exchange = await transport({
      method,
      url: `${baseUrl}/v1/${path}`,
      timeoutMs: Math.max(1, Math.round(timeoutMs)),
      lane,
      ...(body === undefined ? {} : { body }),
    });
    breaker.report(exchange, sentAt, standing);
    return exchange;
  }

  async function ask(question: Question): Promise<Exchange> {
    const endsAt = performance.now() + deadlines[question.kind];
    if (!breaker.admits(question.standing)) return unasked;
    for (let repeats = 0; ; repeats += 1) {
      const exchange = await send(question, endsAt - performance.now(), 'short');
      const waitMs = repeats < maxRepeats ? pauseMs(exchange, question.repeat, repeats) : null;
      if (waitMs === null || performance.now() + waitMs >= endsAt) return exchange;
      await pause(waitMs);
      if (breaker.circuit() !== 'closed') return exchange;
    }
  }

  return {
    ask,
    submit: (path, body, kind) => {
      const pays = kind === 'melt';
      const standing = pays ? ('paying' as const) : ('settling' as const);
      const request = { method: 'POST' as const, path, body, standing };
      return send(request, deadlines[kind], pays ? 'payment' : 'short');
    },
  };
}

/** How long to wait before a repeat; null where none may help or be made. Exponential, with full jitter. */
function pauseMs(exchange: Exchange, repeat: Repeatable, repeats: number): number | null {
  const jitterMs = Math.random() * firstBackoffMs * 2 ** repeats;
  if (exchange.kind === 'lost') {
    const harmless = exchange.reason === 'not_sent' || (exchange.reason === 'network' && repeat === 'any');
    return harmless ? jitterMs : null;
  }
  if (repeat !== 'any' || (exchange.httpStatus !== 429 && exchange.httpStatus < 500)) return null;
  const askedMs = askedToWaitMs(exchange);
  if (askedMs === null) return jitterMs;
  return askedMs <= longestRetryAfterMs ? askedMs + 5 + jitterMs : null; // a timer may ring a little early
}
