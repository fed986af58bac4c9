import { newQuoteId } from '../ids.ts';
import { readInvoice } from '../lightning/invoices.ts';
import type { Blank, MeltQuote, MeltQuoteTerms } from '../state/records.ts';
import { ceilDivide } from './amounts.ts';
import type { MintContext } from './context.ts';
import { codes, refuse } from './errors.ts';
import { type CheckedInputs, checkInputs } from './inputs.ts';
import { checkUnit } from './minting.ts';
import { checkBlanks } from './outputs.ts';
import { type Json, presentMeltQuote } from './present.ts';
import { checkNotForgotten } from './quotes.ts';
import { count, type Fields, fields, malformed, text } from './read.ts';
import { mostPerQuote, toUnits } from './units.ts';

/** POST /v1/melt/quote/bolt11 (NUT-05, NUT-23): what paying this invoice may cost at most. */
export function createMeltQuote(mint: MintContext, body: Fields): Json {
  const { settings, store } = mint;
  checkUnit(text(body, 'unit'), settings.unit);
  const request = text(body, 'request');
  const invoice = readInvoiceOf(mint, request);
  const nowMs = settings.clock();
  if (invoice.expiresAtMs <= nowMs) refuse(codes.quoteExpired, 'the invoice has expired');
  const amountMsat = amountToPay(invoice.amountMsat, body);
  const amount = toUnits(amountMsat, settings);
  if (amount > mostPerQuote(settings)) refuse(codes.amountOutOfRange, 'amount outside of limit range');
  const isOwn = Boolean(store.state.invoices.get(invoice.paymentHash)?.mintQuote);
  const quote: MeltQuoteTerms = {
    quote: newQuoteId(nowMs),
    paymentHash: invoice.paymentHash,
    request,
    amount,
    amountMsat,
    feeReserve: isOwn ? 0n : feeReserveFor(mint, amount),
    unit: settings.unit,
    createdAtMs: nowMs,
    expiresAtMs: Math.min(invoice.expiresAtMs, nowMs + settings.meltQuoteExpirySeconds * 1000),
  };
  store.commit({ kind: 'melt_quote_created', quote });
  return presentMeltQuote(meltQuote(mint, quote.quote));
}

/** GET /v1/melt/quote/bolt11/{id}: with `change` once PAID (NUT-08). */
export function getMeltQuote(mint: MintContext, id: string): Json {
  return presentMeltQuote(askedQuote(mint, id));
}

export type MeltRequest = { quote: Readonly<MeltQuote>; inputs: CheckedInputs; blanks: Blank[] | null };

/** POST /v1/melt/bolt11, the half that may still refuse: everything is checked, nothing is changed. */
export function checkMelt(mint: MintContext, body: Fields): MeltRequest {
  const { settings, store, keysets } = mint;
  const quote = askedQuote(mint, text(body, 'quote'));
  if (quote.state === 'PENDING') refuse(codes.quotePending, 'quote is pending');
  if (quote.state === 'PAID') refuse(codes.invoicePaid, 'quote has already been paid');
  if (quote.expiresAtMs <= settings.clock()) refuse(codes.quoteExpired, 'quote is expired');
  const payment = store.state.payments.get(quote.paymentHash);
  if (payment?.state === 'PAID') refuse(codes.invoicePaid, 'invoice already paid');
  if (payment?.state === 'IN_FLIGHT') refuse(codes.quotePending, 'another quote for this invoice is pending');
  const inputs = checkInputs(mint, body);
  const blanks = checkBlanks(body, store.state, keysets);
  const needed = quote.amount + quote.feeReserve + inputs.fee;
  if (inputs.amount < needed) {
    refuse(codes.unbalanced, `inputs ${inputs.amount} are less than amount, fee reserve and fees ${needed}`);
  }
  return { quote, inputs, blanks };
}

/** For clients, who may not ask about a forgotten quote. */
function askedQuote(mint: MintContext, id: string): Readonly<MeltQuote> {
  checkNotForgotten(mint, id);
  return meltQuote(mint, id);
}

export function meltQuote(mint: MintContext, id: string): Readonly<MeltQuote> {
  return mint.store.state.meltQuotes.get(id) ?? refuse(codes.quoteUnknown, 'melt quote is not known');
}

function readInvoiceOf({ settings }: MintContext, request: string) {
  try {
    return readInvoice(request, settings.network);
  } catch (error) {
    return malformed(
      `not a ${settings.network} bolt11 invoice: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** An invoice's own amount, or for an amountless one what the wallet says it should be (NUT-23). */
function amountToPay(invoiceAmountMsat: bigint | null, body: Fields): bigint {
  const wishedMsat = amountlessOption(body);
  if (invoiceAmountMsat === null)
    return wishedMsat ?? refuse(codes.amountless, 'the invoice names no amount');
  if (wishedMsat !== null && wishedMsat !== invoiceAmountMsat) {
    refuse(codes.amountMismatch, 'the amount in the request is not the invoice amount');
  }
  return invoiceAmountMsat;
}

function amountlessOption(body: Fields): bigint | null {
  const options = body['options'];
  if (options === undefined || options === null) return null;
  const amountless = fields(options, 'options')['amountless'];
  if (amountless === undefined || amountless === null) return null;
  const amountMsat = count(fields(amountless, 'amountless'), 'amount_msat');
  return amountMsat > 0 ? BigInt(amountMsat) : malformed('amount_msat must be more than 0');
}

function feeReserveFor({ settings }: MintContext, amount: bigint): bigint {
  const share = ceilDivide(amount * BigInt(Math.round(settings.feeReservePercent * 100)), 10_000n);
  const minimum = BigInt(settings.feeReserveMinSat);
  return share > minimum ? share : minimum;
}
