import { Amount, verifyMintQuoteSignature } from '@cashu/cashu-ts';
import { newQuoteId } from '../ids.ts';
import { writeInvoice } from '../lightning/invoices.ts';
import type { InvoiceRecord, MintQuote, MintQuoteTerms } from '../state/records.ts';
import { sum } from './amounts.ts';
import type { MintContext } from './context.ts';
import { codes, refuse } from './errors.ts';
import { readPoint } from './inputs.ts';
import { checkOutputs, type Output, signOutputs } from './outputs.ts';
import { type Json, presentMintQuote, presentSignature } from './present.ts';
import { checkNotForgotten } from './quotes.ts';
import { amount, type Fields, optionalText, text } from './read.ts';
import { mostPerQuote, toMsat } from './units.ts';

/** POST /v1/mint/quote/bolt11 (NUT-04, NUT-20, NUT-23): writes an invoice that somebody outside pays. */
export function createMintQuote(mint: MintContext, body: Fields): Json {
  const { settings, store } = mint;
  const units = amount(body, 'amount');
  if (units === 0n || units > mostPerQuote(settings)) {
    refuse(codes.amountOutOfRange, 'amount outside of limit range');
  }
  checkUnit(text(body, 'unit'), settings.unit);
  const pubkey = optionalText(body, 'pubkey');
  if (pubkey !== null) checkPubkey(pubkey);
  const description = optionalText(body, 'description');
  const amountMsat = toMsat(units, settings);
  const nowMs = settings.clock();
  const written = writeInvoice({
    network: settings.network,
    amountMsat,
    description: description ?? '',
    expirySeconds: settings.mintQuoteExpirySeconds,
    createdAtMs: nowMs,
    nodeSecretKeyHex: mint.keyring.identity('mint node').secretKeyHex,
  });
  const quote: MintQuoteTerms = {
    quote: newQuoteId(nowMs),
    paymentHash: written.paymentHash,
    request: written.request,
    amount: units,
    unit: settings.unit,
    description,
    pubkey,
    createdAtMs: nowMs,
    expiresAtMs: written.expiresAtMs,
  };
  const invoice: InvoiceRecord = {
    ...written,
    amountMsat,
    mintQuote: quote.quote,
    behaviour: 'succeed',
    routingFeeMsat: 0n,
    delayMs: 0,
  };
  store.commit({ kind: 'mint_quote_created', quote, invoice });
  scheduleAutoPay(mint, invoice);
  return presentMintQuote(mintQuote(mint, quote.quote));
}

/** GET /v1/mint/quote/bolt11/{id}. */
export function getMintQuote(mint: MintContext, id: string): Json {
  return presentMintQuote(mintQuote(mint, id));
}

/** POST /v1/mint/bolt11 (NUT-04): signs outputs worth exactly the paid quote, once, also when it was paid late. */
export function mintTokens(mint: MintContext, body: Fields): Json {
  const { settings, store, keysets } = mint;
  const quote = mintQuote(mint, text(body, 'quote'));
  if (quote.state === 'ISSUED') refuse(codes.quoteIssued, 'quote has already been issued');
  if (quote.state === 'UNPAID') {
    if (quote.expiresAtMs <= settings.clock()) refuse(codes.quoteExpired, 'quote is expired');
    refuse(codes.quoteUnpaid, 'quote request is not paid');
  }
  const outputs = checkOutputs(body, store.state, keysets);
  if (sum(outputs.map((output) => output.amount)) !== quote.amount) {
    refuse(codes.unbalanced, 'outputs are not worth the quote');
  }
  checkQuoteSignature(quote, outputs, optionalText(body, 'signature'));
  const signatures = signOutputs(outputs, keysets);
  store.commit({ kind: 'tokens_minted', quote: quote.quote, signatures, atMs: settings.clock() });
  return { signatures: signatures.map(presentSignature) };
}

/** In a development profile an outside payer pays every mint quote by itself. */
export function scheduleAutoPay(mint: MintContext, invoice: InvoiceRecord): void {
  const delayMs = mint.settings.autoPayMintQuotesAfterMs;
  if (delayMs === null) return;
  mint.timers.after(delayMs, () => {
    mint.lightning.payFromOutside(invoice, null, false);
  });
}

export function checkUnit(unit: string, offered: string): void {
  if (unit !== offered) refuse(codes.unitUnsupported, `unit ${unit} is not supported`);
}

function mintQuote(mint: MintContext, id: string): Readonly<MintQuote> {
  checkNotForgotten(mint, id);
  return mint.store.state.mintQuotes.get(id) ?? refuse(codes.quoteUnknown, 'mint quote is not known');
}

function checkPubkey(pubkey: string): void {
  try {
    readPoint(pubkey, 'pubkey');
  } catch {
    refuse(codes.pubkeyInvalid, 'pubkey is not a compressed point');
  }
}

/** NUT-20: a quote locked to a key is minted only with that key's signature over quote and outputs. */
function checkQuoteSignature(
  quote: Readonly<MintQuote>,
  outputs: readonly Output[],
  signature: string | null,
): void {
  if (quote.pubkey === null) return;
  const messages = outputs.map(({ B_, keysetId, amount }) => ({
    B_,
    id: keysetId,
    amount: Amount.from(amount),
  }));
  if (!signature || !isSigned(quote.pubkey, quote.quote, messages, signature)) {
    refuse(codes.signatureInvalid, 'signature for mint request invalid');
  }
}

function isSigned(...question: Parameters<typeof verifyMintQuoteSignature>): boolean {
  try {
    return verifyMintQuoteSignature(...question);
  } catch {
    return false;
  }
}
