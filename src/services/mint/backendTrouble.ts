import type { Attempt } from '../../models/attempt.ts';
import { type BackendTrouble, backendTroubles } from '../../models/backendTrouble.ts';
import { asRecord, asText, parseJson } from './wire.ts';

/*
 * A mint hands the words of its backend on in the detail of an error, and whoever writes an invoice may get his own words in
 * there, too. So what is recognised here chooses sentences and a wait of bounded length, and nothing else: whether a payment
 * was made and what is released follows from the states of quotes and proofs alone.
 */

/** For people: every sentence is ours, none quotes the mint. */
export type Advice = {
  cause: string;
  customerImpact: string;
  /** How long to wait before anything new is asked of this backend. Asking for a state never has to wait. */
  retryAfterMs: number;
  nextStep: string;
};

const minuteMs = 60_000;

/** The most that a text can make anybody wait. */
export const longestRetryAfterMs = 15 * minuteMs;

/** More than a mint's own words come to; a longer text is not read to its end. */
const readCharacters = 2_000;

/**
 * Recognises the trouble that an error's detail tells of. Of several the first in `backendTroubles`: what calls for the
 * most care comes first.
 * @param detail the mint's words, as untrusted as they come
 * @returns null where they are none of the known ones, which proves nothing
 */
export function backendTroubleIn(detail: string): BackendTrouble | null {
  const text = detail.slice(0, readCharacters);
  return backendTroubles.find((trouble) => signatures[trouble].test(text)) ?? null;
}

/** The trouble that a reply tells of, if it is a mint's refusal at all: `detail` (NUT-00) in whatever error. */
export function troubleIn(reply: { httpStatus: number; body: string }): BackendTrouble | null {
  if (reply.httpStatus < 400) return null;
  const detail = asText(asRecord(parseJson(reply.body))?.['detail']);
  return detail === undefined ? null : backendTroubleIn(detail);
}

const signatures: Record<BackendTrouble, RegExp> = {
  payment_met_before: /\bpayment id already exists\b/i,
  funds_locked: /\bTRANSFER_LOCKED\b|\bleaf is not available\b/i,
  session_lost: /\bsession not found\b/i,
  provider_failing: /\bservice provider error\b|\bgraphql error\b/i,
  leaf_not_verified: /\bleaf'?s verifying public key does not match\b/i,
};

/** What to tell people about it. */
export function adviceOn(trouble: BackendTrouble): Advice {
  switch (trouble) {
    case 'payment_met_before':
      return {
        cause: "The mint's database has a payment by this id already: it may be under way, or paid.",
        customerImpact:
          'The payment may have arrived. Its ecash stays reserved until the mint says what became of it; nobody should pay the invoice in another way before.',
        retryAfterMs: minuteMs,
        nextStep:
          "Wait for the operation to end by itself. If it does not within an hour, have the mint's operator look the payment id up; do not delete it there before it is known whether it was paid.",
      };
    case 'funds_locked':
      return {
        cause: "Funds of the mint's Spark wallet (leaves) are locked by earlier transfers that failed.",
        customerImpact:
          'Payments through this mint fail or wait for some minutes. Balances are not affected.',
        retryAfterMs: longestRetryAfterMs,
        nextStep:
          "The locks expire within 10 to 15 minutes. If they do not, have the mint's operator restart the mint and look whether its wallet has enough unlocked funds.",
      };
    case 'session_lost':
      return {
        cause:
          "The mint's Spark backend has no session with its operators: the Breez API key is wrong or expired, or the wallet is not set up.",
        customerImpact:
          'Lightning payments and invoices of this mint fail until its operator has acted. Balances are not affected.',
        retryAfterMs: 10 * minuteMs,
        nextStep:
          "Tell the mint's operator: check the API key, that the storage directory is set and writable, and that the Spark wallet was started with funds.",
      };
    case 'provider_failing':
      return {
        cause: "The service provider behind the mint's backend (Breez) fails or cannot be reached.",
        customerImpact:
          'Payments through this mint fail or wait for some minutes. Balances are not affected.',
        retryAfterMs: 10 * minuteMs,
        nextStep:
          "Wait 5 to 10 minutes. If it goes on, look at the provider's status page, and have the mint's operator check its network and the limits of its API key.",
      };
    case 'leaf_not_verified':
      return {
        cause:
          "The state of the mint's Spark wallet differs from what the backend expects, mostly after a restart.",
        customerImpact: 'None by itself: it is a warning, and payments go on.',
        retryAfterMs: 0,
        nextStep:
          "Watch whether payments of this mint fail. Only then have the mint's operator set its Spark wallet up anew, from a backup of its storage directory.",
      };
  }
}

/**
 * Whether a request waits with being sent again, because of what the mint said when it refused it last. What became of it may
 * be asked at any time.
 */
export function isHeldBack({ trouble, endedAt }: Pick<Attempt, 'trouble' | 'endedAt'>, now: Date): boolean {
  if (trouble === null || endedAt === null) return false;
  // Either way round: a clock that was wrong when it was noted shall not hold it back for longer.
  return Math.abs(now.getTime() - endedAt.getTime()) < adviceOn(trouble).retryAfterMs;
}
