import type { MintContext } from '../mint/context.ts';
import { codes, refuse } from '../mint/errors.ts';
import type { Json } from '../mint/present.ts';
import {
  choice,
  type Fields,
  malformed,
  optionalChoice,
  optionalCount,
  optionalFlag,
  optionalText,
  text,
} from '../mint/read.ts';
import { networkNames } from '../options.ts';
import { behaviours } from '../state/records.ts';
import { readInvoice, writeInvoice } from './invoices.ts';
import type { Refusal } from './network.ts';

/** POST /sim/invoice: an outside node writes an invoice and will behave as asked when it is paid. */
export function writeOutsideInvoice(mint: MintContext, wishes: Fields): Json {
  const { settings, store, keyring, outsideClock } = mint;
  const amountMsat = wishedAmountMsat(wishes);
  const written = writeInvoice({
    network: optionalChoice(wishes, 'network', networkNames) ?? settings.network,
    amountMsat,
    description: optionalText(wishes, 'description') ?? 'an outside node',
    expirySeconds: optionalCount(wishes, 'expirySeconds') ?? 3600,
    createdAtMs: outsideClock(),
    nodeSecretKeyHex: keyring.identity('outside node').secretKeyHex,
  });
  store.commit({
    kind: 'invoice_written',
    invoice: {
      ...written,
      amountMsat,
      mintQuote: null,
      behaviour: optionalChoice(wishes, 'behaviour', behaviours) ?? 'succeed',
      routingFeeMsat: wishedRoutingFeeMsat(wishes),
      delayMs: optionalCount(wishes, 'delayMs') ?? 0,
    },
  });
  return { invoice: written.request, paymentHash: written.paymentHash };
}

/** POST /sim/pay: somebody outside pays an invoice, after its expiry only if told to be late. */
export function payInvoice({ settings, store, lightning }: MintContext, wishes: Fields): Json {
  const { paymentHash } = readRequest(text(wishes, 'invoice'), settings.network);
  const amountMsat = optionalCount(wishes, 'amountMsat');
  const isLate = optionalFlag(wishes, 'late');
  const invoice = store.state.invoices.get(paymentHash);
  const refusal = lightning.payFromOutside(invoice, amountMsat === null ? null : BigInt(amountMsat), isLate);
  if (refusal) refuseAs(refusal);
  return { paymentHash, state: 'PAID' };
}

/** POST /sim/payments/{paymentHash}/settle: decides a payment that hangs. */
export function settlePayment({ lightning }: MintContext, paymentHash: string, wishes: Fields): Json {
  const result = choice(wishes, 'result', ['paid', 'failed']);
  const refusal = lightning.settle(paymentHash, result);
  if (refusal) refuseAs(refusal);
  return { paymentHash, result };
}

function wishedAmountMsat(wishes: Fields): bigint | null {
  if (optionalFlag(wishes, 'amountless')) return null;
  const amountMsat = optionalCount(wishes, 'amountMsat') ?? (optionalCount(wishes, 'amount') ?? 0) * 1000;
  return amountMsat > 0 ? BigInt(amountMsat) : malformed('amount, amountMsat or amountless is needed');
}

function wishedRoutingFeeMsat(wishes: Fields): bigint {
  const feeMsat = optionalCount(wishes, 'routingFeeMsat');
  return feeMsat === null ? BigInt(optionalCount(wishes, 'routingFeeSat') ?? 0) * 1000n : BigInt(feeMsat);
}

function readRequest(request: string, network: (typeof networkNames)[number]) {
  try {
    return readInvoice(request, network);
  } catch {
    return malformed('not an invoice of this network');
  }
}

function refuseAs(refusal: Refusal): never {
  switch (refusal) {
    case 'unknown_invoice':
      return refuse(codes.quoteUnknown, 'nobody here wrote this invoice');
    case 'already_paid':
      return refuse(codes.invoicePaid, 'invoice already paid, or being paid');
    case 'expired':
      return refuse(codes.quoteExpired, 'the invoice has expired; say "late": true to pay it anyway');
    case 'not_under_way':
      return refuse(codes.quoteUnknown, 'no such payment is under way');
  }
}
