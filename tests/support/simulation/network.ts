import type { Exchange, Transport } from '../../../src/services/mint/transport.ts';
import type { Profile } from './profile.ts';
import type { Random } from './random.ts';
import type { Actor, Scheduler } from './scheduler.ts';
import type { Reply, ToyMint } from './toyMint.ts';

export type Request = Parameters<Transport>[0];

/** Who wants to know what passes between wallet and mint. */
export type Listener = {
  /** A request reaches the mint, perhaps for the second time, perhaps long after it was sent. */
  arrived(path: string, body: string): void;
  /** A reply to a request that moves money is in the hands of a process that lives. */
  replied(actor: Actor, request: Request, exchange: Exchange): void;
};

const moving = /\/v1\/(swap|melt\/bolt11)$/;

/** What lies between the servers and their mint: loses, delays, repeats and reorders requests and replies. */
export function createNetwork(parts: {
  scheduler: Scheduler;
  random: Random;
  mint: ToyMint;
  odds: () => Profile['network'] | null;
  listener: Listener;
  trace: (line: () => string) => void;
}) {
  const { scheduler, random, mint, odds, listener, trace } = parts;
  let underWay = 0;
  let outageUntilMs = 0;

  const latencyMs = (slow: number) => (random.chance(slow) ? random.int(200, 3_000) : random.int(2, 30));

  function transportFor(actor: Actor): Transport {
    return (request) => new Promise((resolve) => send(actor, request, resolve));
  }

  function send(actor: Actor, request: Request, resolve: (exchange: Exchange) => void): void {
    const path = new URL(request.url).pathname.replace('/v1/', '');
    const faults = (moving.test(request.url) || random.chance(0.3) ? odds() : null) ?? calm;
    let open = true;
    const end = (exchange: Exchange) => {
      if (!open) return;
      open = false;
      timeout.cancel();
      if (moving.test(request.url)) listener.replied(actor, request, exchange);
      trace(() => `${actor.name} ← ${path} ${said(exchange)}`);
      resolve(exchange);
    };
    const timeout = scheduler.after(request.timeoutMs, actor, () => end({ kind: 'lost', reason: 'timeout' }));
    const lose = () => {
      if (random.chance(0.6)) scheduler.after(latencyMs(faults.slow), actor, () => end(lost));
    };
    trace(() => `${actor.name} → ${path}`);
    if (outageUntilMs > scheduler.nowMs()) {
      scheduler.after(random.int(1, 50), actor, () => end(random.chance(0.5) ? unsent : lost));
      return;
    }
    if (random.chance(faults.requestLost)) {
      lose();
      return;
    }
    const late = random.chance(faults.late);
    const replyLost = late || random.chance(faults.replyLost);
    if (replyLost) lose();
    let refused = false;
    deliver(late ? random.int(1_000, 90_000) : latencyMs(faults.slow), path, request, (reply) => {
      refused = reply.httpStatus === 400;
      if (replyLost) return;
      const garbled = random.chance(faults.garbled);
      scheduler.after(latencyMs(faults.slow), actor, () => end(garbled ? unreadable : exchangeOf(reply)));
    });
    // A proxy that repeats a request does so because it has no answer to it: never after a refusal.
    if (random.chance(faults.duplicated)) {
      deliver(
        random.int(5, 30_000),
        path,
        request,
        () => undefined,
        () => !refused,
      );
    }
  }

  function deliver(
    delayMs: number,
    path: string,
    { method, body }: Request,
    answer: (reply: Reply) => void,
    unless: () => boolean = () => true,
  ): void {
    underWay += 1;
    scheduler.after(delayMs, null, () => {
      underWay -= 1;
      if (!unless()) return;
      if (moving.test(`/v1/${path}`)) listener.arrived(path, body ?? '');
      mint.ask(method, path, body, (reply) => {
        trace(() => `mint: ${path} ${reply.httpStatus} ${JSON.stringify(reply.body).slice(0, 80)}`);
        answer(reply);
      });
    });
  }

  return {
    transportFor,
    /** Requests that have left and not arrived. */
    isBusy: () => underWay > 0,
    cutUntil: (atMs: number) => {
      outageUntilMs = atMs;
    },
  };
}

const calm: Profile['network'] = {
  requestLost: 0,
  replyLost: 0,
  late: 0,
  duplicated: 0,
  garbled: 0,
  slow: 0,
};
const lost: Exchange = { kind: 'lost', reason: 'network' };
const unsent: Exchange = { kind: 'lost', reason: 'not_sent' };
const unreadable: Exchange = { kind: 'reply', httpStatus: 502, body: '<html>bad gateway</html>' };

const exchangeOf = ({ httpStatus, body }: Reply): Exchange => ({
  kind: 'reply',
  httpStatus,
  body: JSON.stringify(body),
});

const said = (exchange: Exchange): string =>
  exchange.kind === 'reply'
    ? `${exchange.httpStatus} ${exchange.body.slice(0, 60)}`
    : `lost (${exchange.reason})`;
