import { DomainError, invariant } from '../../models/errors.ts';
import type { MeltQuote } from '../../models/operation.ts';
import { largestSum } from '../../models/proof.ts';
import { hasKnownWorth, isWorth, msatOf } from '../../models/units.ts';
import type { Wallet } from '../../models/wallet.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';
import { amountOfPayerUnsupported, type Invoice } from './invoice.ts';
import { refusedByMint } from './refusals.ts';

/** A quote must live at least this much longer, or it may run out under the payment. */
const minimumLifeMs = 30_000;

/** NUT-05: the mint takes amounts from invoices alone. */
const amountlessUnsupported = 11011;

/**
 * Asks the mint for a melt quote (NUT-05, NUT-23) and checks that it is for this invoice, this unit and what the
 * invoice asks for, where the unit's worth is known; where not, the price is the mint's word, which `feeLimit` bounds.
 * `amount`: in the wallet's unit, for an invoice that leaves it to the payer.
 * @throws DomainError PAYMENT_FAILED (the mint refuses), AMOUNT_REQUIRED (it pays no invoice without an amount),
 * INVOICE_EXPIRED, MINT_ERROR, MINT_UNAVAILABLE
 */
export async function quoteMelt(
  mints: MintDirectory,
  wallet: Wallet,
  invoice: Invoice,
  now: Date,
  amount: bigint | null,
): Promise<MeltQuote> {
  const { amountlessUnits } = await mints.describeFor(wallet);
  const payersMsat = amount === null ? null : msatOf(amount, wallet.unit);
  const amountMsat = invoice.amountMsat ?? payersMsat;
  invariant(
    amountMsat !== null,
    'an invoice that names no amount was to be quoted without one, or in a unit of unknown worth',
  );
  if (payersMsat !== null && !amountlessUnits.includes(wallet.unit)) throw amountOfPayerUnsupported();
  const { gateway } = mints.at(wallet.mintUrl);
  const askedAtMs = performance.now();
  const answer = await gateway.createMeltQuote(invoice.text, wallet.unit, payersMsat);
  const tookMs = Math.round(performance.now() - askedAtMs);
  if (answer.kind === 'refused') {
    const isUnsupported = payersMsat !== null && answer.code === amountlessUnsupported;
    throw isUnsupported ? amountOfPayerUnsupported() : refusedByMint(answer);
  }
  const quote = answered(answer, 'quote a payment');
  const otherAmount = hasKnownWorth(wallet.unit) && !isWorth(quote.amount, wallet.unit, amountMsat);
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
  const { id, amount: quoted, feeReserve, expiry } = quote;
  return { id, amount: quoted, feeReserve, expiry, tookMs };
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
