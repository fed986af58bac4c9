/** What the bench asks its processes, and what they say; over Node's channel, each answer with the number of its question. */
import type { Invoice, Load } from './load.ts';

/** What a process has used since it began, and how late its event loop was since it was last asked. */
export type Usage = { cpuMs: number; lag: Lag };
export type Lag = { p50Ms: number; p99Ms: number; maxMs: number };

export type Asked =
  | { ask: 'usage' }
  /** New wallets instead of the old ones: each is paid into in these parts, in sat. */
  | { ask: 'fund'; parts: number[][] }
  | { ask: 'pay'; invoices: Invoice[][]; limitMs: number }
  | { ask: 'held' };

export type Said =
  | { said: 'usage'; usage: Usage }
  | { said: 'funded' }
  | { said: 'paid'; load: Load }
  /** In sat: all wallets together, unspent by the mint's word. */
  | { said: 'held'; heldSat: number }
  | { said: 'failed'; why: string };

export type Question = Asked & { number: number };
export type Answer = Said & { number: number };

/** Answers those questions for which `answer` gives something; others in the process may know the rest. */
export function listen(answer: (asked: Asked) => Promise<Said> | undefined): void {
  process.on('message', (question: Question) => {
    const { number } = question;
    answer(question)?.then(
      (said) => process.send?.({ ...said, number }),
      (error: unknown) => process.send?.({ said: 'failed', why: reasonOf(error), number }),
    );
  });
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
