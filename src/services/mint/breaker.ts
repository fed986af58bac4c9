import type { Exchange } from './transport.ts';

/**
 * On whose behalf a mint is asked. `starting`: a request that has nothing at stake yet and may be refused. `settling`: an
 * operation that is under way and must come to its end. `informing`: both, since what a mint says of itself is shared.
 * `paying`: a melt, which may hang for as long as Lightning does.
 */
export type Standing = 'starting' | 'informing' | 'settling' | 'paying';

/** Open: what starts something is refused unasked. Half-open: the next such question is let through, to see. */
export type Circuit = 'closed' | 'open' | 'half_open';

/**
 * What one mint's recent silence means for the next question. Questions that settle something pass an open circuit, and the
 * first of them to be answered closes it for everybody. Of the operations that wait, however many, one at a time is looked
 * at meanwhile.
 */
export type Breaker = {
  /** Whether such a question may leave now. Letting one through an open circuit uses up its turn. */
  admits(standing: Standing): boolean;
  /** Whether a waiting operation may be looked at now, all its questions included. Through an open circuit, it uses up a turn. */
  admitsLook(): boolean;
  /** The look that was admitted last was not made: another may have its turn. */
  returnLook(): void;
  /** Whether `admitsLook` would refuse. */
  isResting(): boolean;
  /** Every exchange counts, whatever it was for. `sentAt` in ms of `performance.now()`. */
  report(exchange: Exchange, sentAt: number, standing: Standing): void;
  circuit(): Circuit;
  /** When the mint itself was last heard, in ms of `performance.now()`; null = never. */
  heardAt(): number | null;
};

/** So many failures in a row open the circuit if they were quick … */
const quickFailures = 3;
/** … and one that lasted this long, if the mint was silent to everybody meanwhile. */
const slowFailureMs = 1_000;
const shortestOpenMs = 500;
/** Short, because a mint that is back must be noticed soon, and one question in two seconds is no burden. */
const longestOpenMs = 2_000;
const longestPauseMs = 30_000;
/** A mint that wishes to be left alone has our customers' money under way: what that needs is asked sooner. */
const longestSettlingPauseMs = 5_000;
/** A 429 that does not say for how long. */
const unsaidPauseMs = 1_000;

/** A circuit breaker for one mint; closed to begin with. */
export function createBreaker(clock: () => number = () => performance.now()): Breaker {
  let heardAt: number | null = null;
  let failures = 0;
  /** Of questions that would start something. */
  const tries = createTurns();
  /** Of looks. Turns of their own: whoever would start something could use up every one of a shared kind. */
  const looks = createTurns();
  let pause: { since: number; until: number } | null = null;

  function isPaused(now: number, standing: Standing): boolean {
    if (pause === null) return false;
    const { since, until } = pause;
    return now < (standing === 'starting' ? until : Math.min(until, since + longestSettlingPauseMs));
  }

  function admits(standing: Standing): boolean {
    const now = clock();
    if (isPaused(now, standing)) return false;
    if (!mayBeRefused(standing)) return true;
    if (tries.isAhead(now)) return false;
    tries.take(now);
    return true;
  }

  function isResting(): boolean {
    const now = clock();
    return isPaused(now, 'settling') || looks.isAhead(now);
  }

  function admitsLook(): boolean {
    if (isResting()) return false;
    looks.take(clock());
    return true;
  }

  function report(exchange: Exchange, sentAt: number, standing: Standing): void {
    const now = clock();
    const wantedMs = wantedPauseMs(exchange);
    if (wantedMs !== null) {
      const until = now + Math.min(wantedMs, longestPauseMs);
      pause = { since: now, until: Math.max(until, pause?.until ?? until) };
    }
    if (isFailure(exchange)) {
      missed(exchange, now, sentAt, standing);
      return;
    }
    heardAt = now;
    failures = 0;
    tries.forget();
    looks.forget();
    const served = exchange.kind === 'reply' && wantedMs === null;
    if (served && pause !== null && sentAt > pause.since) pause = null; // in spite of what it had asked for
  }

  function missed(exchange: Exchange, now: number, sentAt: number, standing: Standing): void {
    // A mint that answered somebody meanwhile is not dead, whatever became of this one request.
    if (heardAt !== null && heardAt > sentAt) return;
    const isSlow = now - sentAt >= slowFailureMs;
    const isConnected = exchange.kind === 'reply' || exchange.reason !== 'not_sent';
    // The payee may hold an invoice for hours. Then it is Lightning that is silent, or a proxy that has lost patience.
    if (standing === 'paying' && isSlow && isConnected) return;
    failures += 1;
    const dead = failures >= quickFailures || isSlow;
    // A try that took long to fail is followed by a rest all the same, or every request would become one.
    const opens = !tries.areNeeded() && dead;
    const starts = mayBeRefused(standing);
    if (opens || (tries.areNeeded() && starts)) tries.rest(now);
    if (opens || (looks.areNeeded() && !starts)) looks.rest(now);
  }

  function circuit(): Circuit {
    const now = clock();
    if (isPaused(now, 'starting')) return 'open';
    if (!tries.areNeeded()) return 'closed';
    return tries.isAhead(now) ? 'open' : 'half_open';
  }

  return {
    admits,
    admitsLook,
    returnLook: looks.giveBack,
    isResting,
    report,
    circuit,
    heardAt: () => heardAt,
  };
}

/** Turns at a mint that is silent: one at a time, and ever more rarely. Nobody needs one to begin with. */
function createTurns() {
  /** From when on the next may be taken; null while none is needed. */
  let at: number | null = null;
  let taken = 0;
  /** When the turn that was taken last could be taken; null once the mint has been heard, or not, since. */
  let lastFrom: number | null = null;
  return {
    areNeeded: () => at !== null,
    isAhead: (now: number) => at !== null && now < at,
    take(now: number): void {
      if (at === null) return;
      lastFrom = at;
      taken += 1;
      at = now + openForMs(taken);
    },
    giveBack(): void {
      if (lastFrom === null) return;
      at = lastFrom;
      taken -= 1;
      lastFrom = null;
    },
    rest(now: number): void {
      at = Math.max(at ?? now, now + openForMs(taken));
      lastFrom = null;
    },
    forget(): void {
      at = null;
      taken = 0;
      lastFrom = null;
    },
  };
}

/** Only what would start something is held back while a mint is silent. */
const mayBeRefused = (standing: Standing): boolean => standing === 'starting' || standing === 'informing';

/** How long this reply asks everybody to wait, not its sender alone; null where it does not. */
function wantedPauseMs(exchange: Exchange): number | null {
  return exchange.kind === 'reply' && [429, 503].includes(exchange.httpStatus)
    ? askedToWaitMs(exchange)
    : null;
}

/** How long the mint wants to be left alone; null where it did not say. */
export function askedToWaitMs({
  httpStatus,
  retryAfterMs,
}: Extract<Exchange, { kind: 'reply' }>): number | null {
  return retryAfterMs ?? (httpStatus === 429 ? unsaidPauseMs : null);
}

/** Doubles with each try that was in vain; jittered, so that instances do not ask in step. */
function openForMs(tries: number): number {
  const ms = Math.min(longestOpenMs, shortestOpenMs * 2 ** tries);
  return ms * (0.5 + Math.random() / 2);
}

/** Silence, or a proxy that speaks for a mint it cannot reach. Any other reply, a 500 too, is the mint's own. */
function isFailure(exchange: Exchange): boolean {
  if (exchange.kind === 'reply') return [502, 503, 504].includes(exchange.httpStatus);
  switch (exchange.reason) {
    case 'timeout':
    case 'network':
    case 'not_sent':
      return true;
    case 'redirect':
    case 'too_large':
      return false;
  }
}
