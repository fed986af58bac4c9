import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Breaker, createBreaker, type Standing } from '../../src/services/mint/breaker.ts';
import type { Exchange } from '../../src/services/mint/transport.ts';

const refusedConnection: Exchange = { kind: 'lost', reason: 'not_sent' };
const cut: Exchange = { kind: 'lost', reason: 'network' };
const timeout: Exchange = { kind: 'lost', reason: 'timeout' };
const reply = (httpStatus: number, retryAfterMs?: number): Exchange => ({
  kind: 'reply',
  httpStatus,
  body: '{}',
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

describe('the circuit to a mint', () => {
  let now: number;
  let breaker: Breaker;
  beforeEach(() => {
    now = 1_000_000;
    breaker = createBreaker(() => now);
  });

  /** An exchange that has just ended after so long. */
  function took(ms: number, exchange: Exchange, standing: Standing = 'starting'): void {
    const sentAt = now;
    now += ms;
    breaker.report(exchange, sentAt, standing);
  }

  function open(): void {
    for (let failures = 0; failures < 3; failures += 1) took(5, refusedConnection);
    expect(breaker.circuit()).toBe('open');
  }

  /** How long until a question that starts something is let through; it counts as a try in vain. */
  function shutForMs(): number {
    const from = now;
    while (!breaker.admits('starting')) now += 10;
    took(5, refusedConnection);
    return now - from;
  }

  it('opens after three quick failures in a row, and not before', () => {
    took(5, cut);
    took(5, reply(502));
    expect(breaker.admits('starting')).toBe(true);
    took(5, refusedConnection);
    expect(breaker.circuit()).toBe('open');
    expect(breaker.admits('starting')).toBe(false);
  });

  it.each([200, 400, 404, 500, 429])(
    'stays closed for a mint that answers in between, if only %i',
    (status) => {
      for (let round = 0; round < 5; round += 1) {
        took(5, cut);
        took(5, cut);
        took(5, reply(status));
      }
      now += 60_000;
      expect(breaker.circuit()).toBe('closed');
    },
  );

  it('opens at once when the mint was silent for long', () => {
    took(1_500, timeout);
    expect(breaker.circuit()).toBe('open');
  });

  it('stays closed when others were answered while one request was not', () => {
    const sentAt = now;
    took(50, reply(200));
    now += 10_000;
    for (let request = 0; request < 5; request += 1) breaker.report(timeout, sentAt, 'settling');
    expect(breaker.circuit()).toBe('closed');
  });

  it('lets one question try when its time is over, and keeps the others out', () => {
    open();
    now += 500;
    expect(breaker.circuit()).toBe('half_open');
    const admitted = Array.from({ length: 100 }, () => breaker.admits('starting'));
    expect(admitted.filter(Boolean)).toHaveLength(1);
    expect(breaker.circuit()).toBe('open');
  });

  it('closes for everybody with the first reply, whatever it was to', () => {
    open();
    took(20, reply(400));
    expect(breaker.circuit()).toBe('closed');
    expect([breaker.admits('starting'), breaker.admits('starting')]).toEqual([true, true]);
  });

  it('stays open longer after each try in vain, yet never for more than two seconds', () => {
    open();
    const waits = Array.from({ length: 12 }, shutForMs);
    expect(waits[0]).toBeLessThanOrEqual(520);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2_020);
    expect(Math.min(...waits.slice(3))).toBeGreaterThanOrEqual(1_000);
  });

  it('is open but shortly again when the mint had been back in between', () => {
    open();
    for (let round = 0; round < 5; round += 1) shutForMs();
    took(5, reply(200));
    open();
    expect(shutForMs()).toBeLessThanOrEqual(520);
  });

  it('rests after a try that took long to fail, but not because of what could not be settled', () => {
    open();
    now += 500;
    expect(breaker.admits('starting')).toBe(true);
    took(10_000, timeout);
    expect(breaker.admits('starting')).toBe(false);
    took(1_000, timeout, 'settling');
    expect(breaker.admits('starting')).toBe(true);
  });

  it('never holds up what must be settled', () => {
    open();
    expect([breaker.admits('settling'), breaker.admits('settling')]).toEqual([true, true]);
    expect(breaker.admits('starting')).toBe(false);
  });

  it('stays closed for payments that hang, or that a proxy gave up: it is Lightning that is slow', () => {
    for (const hung of [timeout, cut, reply(504), reply(502), timeout]) took(60_000, hung, 'paying');
    expect(breaker.circuit()).toBe('closed');
  });

  it('opens for payments as for all else where the mint is not there at all', () => {
    took(3_000, refusedConnection, 'paying');
    expect(breaker.circuit()).toBe('open');
    took(5, reply(200));
    for (const failure of [cut, reply(502), cut]) took(5, failure, 'paying');
    expect(breaker.circuit()).toBe('open');
  });

  it('lets what a mint says of itself try as little as anything else that can wait', () => {
    open();
    expect(breaker.admits('informing')).toBe(false);
    now += 500;
    expect([breaker.admits('informing'), breaker.admits('starting')]).toEqual([true, false]);
  });

  describe.each([429, 503])('after a %i that says for how long', (status) => {
    it('leaves the mint alone for so long, with whatever starts something', () => {
      took(5, reply(status, 7_000));
      now += 6_900;
      expect(breaker.admits('starting')).toBe(false);
      expect(breaker.circuit()).toBe('open');
      now += 101;
      expect(breaker.admits('starting')).toBe(true);
    });

    it('never for more than thirty seconds', () => {
      took(5, reply(status, 86_400_000));
      now += 29_900;
      expect(breaker.admits('starting')).toBe(false);
      now += 101;
      expect(breaker.admits('starting')).toBe(true);
    });

    it('asks what settles a payment, and what that must know, after five seconds, and every five seconds', () => {
      took(5, reply(status, 86_400_000));
      for (let round = 0; round < 3; round += 1) {
        now += 4_900;
        expect([breaker.admits('settling'), breaker.admits('informing')]).toEqual([false, false]);
        now += 101;
        expect(breaker.admits('settling')).toBe(true);
        took(5, reply(status, 86_400_000), 'settling');
      }
      expect(breaker.admits('starting')).toBe(false);
    });

    it('goes on when the mint serves what was sent after it, and not what was sent before', () => {
      const before = now - 1;
      took(5, reply(status, 20_000));
      breaker.report(reply(200), before, 'settling');
      expect(breaker.admits('settling')).toBe(false);
      now += 1;
      took(5, reply(200));
      expect(breaker.admits('settling')).toBe(true);
    });
  });

  it('leaves a mint alone for a second after a 429 that does not say', () => {
    took(5, reply(429));
    expect([breaker.admits('starting'), breaker.admits('settling')]).toEqual([false, false]);
    now += 1_001;
    expect([breaker.admits('starting'), breaker.admits('settling')]).toEqual([true, true]);
  });
});
