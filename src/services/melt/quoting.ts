import { DomainError } from '../../models/errors.ts';
import type { MeltQuote } from '../../models/operation.ts';
import { largestSum } from '../../models/proof.ts';
import type { Wallet } from '../../models/wallet.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';
import { isWorth } from '../mint/units.ts';
import type { Invoice } from './invoice.ts';
import { refusedByMint } from './refusals.ts';

/** A quote must live at least this much longer, or it may run out under the payment. */
const minimumLifeMs = 30_000;

/**
 * Asks the mint for a melt quote (NUT-05, NUT-23) and checks that it is for this invoice, this unit and what the
 * invoice asks for. @throws DomainError PAYMENT_FAILED (the mint refuses), INVOICE_EXPIRED, MINT_ERROR,
 * MINT_UNAVAILABLE
 */
export async function quoteMelt(
  mints: MintDirectory,
  wallet: Wallet,
  invoice: Invoice,
  now: Date,
): Promise<MeltQuote> {
  await mints.describeFor(wallet);
  const answer = await mints.at(wallet.mintUrl).gateway.createMeltQuote(invoice.text, wallet.unit);
  if (answer.kind === 'refused') throw refusedByMint(answer);
  const quote = answered(answer, 'quote a payment');
  const otherAmount = !isWorth(quote.amount, wallet.unit, invoice.amountMsat);
  const unpayable = quote.amount + quote.feeReserve > largestSum;
  const otherInvoice = quote.request !== null && quote.request.toLowerCase() !== invoice.text;
  const otherUnit = quote.unit !== null && quote.unit !== wallet.unit;
  const runsOut = !livesOn(quote, now);
  // A quote lives no longer than its invoice: then it is the invoice that comes too late, not the mint that errs.
  if (runsOut && invoice.expiresAt.getTime() < now.getTime() + minimumLifeMs) throw expiresTooSoon();
  if (quote.amount <= 0n || otherAmount || unpayable || otherInvoice || otherUnit || runsOut)
    throw badQuote();
  if (quote.state !== 'UNPAID') {
    throw refusedByMint({
      code: quote.state === 'PAID' ? 20006 : 20005,
      detail: `the mint reports the invoice as ${quote.state.toLowerCase()}`,
    });
  }
  return { id: quote.id, amount: quote.amount, feeReserve: quote.feeReserve, expiry: quote.expiry };
}

/** Whether a payment that begins now may rely on a quote. */
export function livesOn({ expiry }: Pick<MeltQuote, 'expiry'>, now: Date): boolean {
  return expiry === null || expiry.getTime() >= now.getTime() + minimumLifeMs;
}

function expiresTooSoon(): DomainError {
  return new DomainError(
    'INVOICE_EXPIRED',
    'LOW',
    'The invoice expires within seconds, too soon to be paid safely. Nothing was paid; ask for a new one.',
  );
}

function badQuote(): DomainError {
  return new DomainError(
    'MINT_ERROR',
    'MEDIUM',
    'The mint’s quote does not fit the invoice (amount, unit, invoice or expiry). Nothing was started and no money moved; try again later, and tell support if it goes on.',
    { retryable: true },
  );
}
