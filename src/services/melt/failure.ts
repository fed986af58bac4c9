import { attemptsFor, type MeltOperation } from '../../models/operation.ts';
import { refusalIn } from '../mint/replies.ts';
import { latest } from './facts.ts';

const causeByCode: Record<number, string | undefined> = {
  11006: 'AMOUNT_OUT_OF_RANGE',
  12001: 'KEYSET_RETIRED',
  12002: 'KEYSET_RETIRED',
  12003: 'KEYSET_RETIRED',
  20004: 'LIGHTNING_PAYMENT_FAILED',
  20006: 'INVOICE_ALREADY_PAID',
  20007: 'EXPIRED',
};

/** A mint's refusal as a stable word that clients can act on. */
export function causeOf(code: number | null, detail: string | null): string {
  if (code === 20004 && detail !== null && /\broute\b/i.test(detail)) return 'NO_ROUTE';
  return (code === null ? undefined : causeByCode[code]) ?? 'MINT_REFUSED';
}

/** Why a melt will not be paid: the mint's words where it gave any. */
export function failureOf(operation: MeltOperation): NonNullable<MeltOperation['failure']> {
  const melt = latest(attemptsFor(operation, 'melt'));
  if (melt === undefined || melt.posts === 0) return { cause: 'NOT_STARTED', detail: null };
  const refusal = melt.reply === null ? null : refusalIn(melt.reply);
  if (refusal === null) return { cause: 'NOT_EXECUTED', detail: null };
  return { cause: causeOf(refusal.code, refusal.detail), detail: refusal.detail };
}
