import { attemptsFor, type MeltOperation } from '../../models/operation.ts';
import { adviceOn, backendTroubleIn } from '../mint/backendTrouble.ts';
import { refusalIn } from '../mint/replies.ts';
import { latest } from './facts.ts';

const causeByCode: Record<number, string | undefined> = {
  11006: 'AMOUNT_OUT_OF_RANGE',
  12001: 'KEYSET_RETIRED',
  12002: 'KEYSET_RETIRED',
  12003: 'KEYSET_RETIRED',
  20004: 'LIGHTNING_PAYMENT_FAILED',
  20005: 'PAYMENT_UNDER_WAY',
  20006: 'INVOICE_ALREADY_PAID',
  20007: 'EXPIRED',
};

/** A mint's refusal as a stable word that clients can act on. */
export function causeOf(code: number | null, detail: string | null): string {
  if (code === 20004 && detail !== null && /\broute\b/i.test(detail)) return 'NO_ROUTE';
  return (code === null ? undefined : causeByCode[code]) ?? 'MINT_REFUSED';
}

const advice: Record<string, string | undefined> = {
  INVOICE_ALREADY_PAID: 'Somebody else has paid this invoice; there is nothing left to pay.',
  PAYMENT_UNDER_WAY: 'Somebody else is paying this invoice just now; ask the payee before you pay again.',
  NO_ROUTE: 'Lightning found no way to the payee; try again later, or ask the payee for another invoice.',
  LIGHTNING_PAYMENT_FAILED:
    'Lightning could not deliver it; try again later, or ask the payee for another invoice.',
  EXPIRED: 'Its time is over; ask the payee for a new invoice.',
  AMOUNT_OUT_OF_RANGE: 'The mint does not pay this amount; ask the payee for an invoice over another one.',
  KEYSET_RETIRED: 'The mint has changed its keys meanwhile; try again.',
  NOT_STARTED: 'It was not sent to Lightning; try again.',
  NOT_EXECUTED: 'The mint never began it; try again.',
  WRITTEN_OFF: 'Others had spent a part of its ecash, which support has written off; try again.',
};

/** What a client can do about a failure, in one sentence. */
export function adviceFor({ cause, detail }: Failure): string {
  return (
    adviceOnBackend(detail) ??
    advice[cause] ??
    'Try again later; if it is refused again, ask the payee for another invoice.'
  );
}

/** Where the mint's words tell of a trouble of its backend that a client must know of; the words themselves stay out of it. */
function adviceOnBackend(detail: string | null): string | null {
  const trouble = detail === null ? null : backendTroubleIn(detail);
  switch (trouble) {
    case 'payment_met_before':
      return 'The mint has met a payment of it before; ask the payee before you pay again.';
    case 'funds_locked':
    case 'session_lost':
    case 'provider_failing':
      return `The mint’s Lightning backend is in trouble; try again in ${adviceOn(trouble).retryAfterMs / 60_000} minutes.`;
    case 'leaf_not_verified':
    case null:
      return null;
  }
}

/**
 * What none of the mint's words may carry to a client: long hexadecimal (secrets, keys, hashes), tokens and keys by their
 * look, places in a program or on a disk, markup and program text.
 */
const unpresentable =
  /[0-9a-f]{32}|cashu[ab]|nsec1|crk_|:\/\/|(^|[\s("'])\/\w|[a-z]:\\|\w\.\w+:\d|traceback|node_modules|[<>{}[\]]/i;

/** The mint's words for a refusal as a client may read them; null where there are none, or none that may be shown. */
export function presentableDetail(detail: string | null): string | null {
  const text = detail?.trim() ?? '';
  return text === '' || unpresentable.test(text) ? null : text;
}

export type Failure = NonNullable<MeltOperation['failure']>;

/** Why a melt will not be paid: the mint's words where it gave any. */
export function failureOf(operation: MeltOperation): Failure {
  const melt = latest(attemptsFor(operation, 'melt'));
  if (melt === undefined || melt.posts === 0) return { cause: 'NOT_STARTED', detail: null };
  const refusal = melt.reply === null ? null : refusalIn(melt.reply);
  if (refusal === null) return { cause: 'NOT_EXECUTED', detail: null };
  const detail = refusal.detail === null ? null : withoutEchoes(refusal.detail, melt.requestBody);
  return { cause: causeOf(refusal.code, refusal.detail), detail };
}

/** A mint's words less those that the request holds, too: they may be secrets of ecash that is unspent still. */
function withoutEchoes(detail: string, request: string): string {
  const asked = request.toLowerCase();
  return detail.replace(/[\w+/=-]{8,}/g, (word) =>
    asked.includes(word.toLowerCase()) ? '[redacted]' : word,
  );
}
