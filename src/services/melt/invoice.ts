import { decode } from 'light-bolt11-decoder';
import type { Network } from '../../config.ts';
import { DomainError, type ErrorCode } from '../../models/errors.ts';

/** What Crucible reads from a BOLT-11 invoice. */
export type Invoice = {
  text: string;
  paymentHash: string;
  /** Null where it leaves the amount to the payer. */
  amountMsat: bigint | null;
  expiresAt: Date;
};

const networkByPrefix: Record<string, Network | undefined> = {
  bc: 'bitcoin',
  tb: 'testnet',
  tbs: 'signet',
  bcrt: 'regtest',
};
const defaultExpirySeconds = 3600;
const maxExpirySeconds = 10 * 365 * 24 * 3600;

/**
 * Decodes an invoice: checksum, network, amount, expiry (BOLT-11).
 * @throws DomainError INVALID_INVOICE, UNSUPPORTED_NETWORK, INVOICE_EXPIRED; nothing was done.
 */
export function readInvoice(text: string, network: Network, now: Date): Invoice {
  const parts = sections(text, network);
  const prefix = parts.get('coin_network');
  const invoiceNetwork = typeof prefix === 'string' ? networkByPrefix[prefix] : undefined;
  if (invoiceNetwork !== network) {
    throw otherNetwork(network);
  }
  const paymentHash = parts.get('payment_hash');
  const timestamp = parts.get('timestamp');
  if (typeof paymentHash !== 'string' || !/^[0-9a-f]{64}$/.test(paymentHash) || typeof timestamp !== 'number')
    throw invalid();
  const expirySeconds = parts.get('expiry') ?? defaultExpirySeconds;
  if (typeof expirySeconds !== 'number') throw invalid();
  const expiresAt = new Date((timestamp + Math.min(expirySeconds, maxExpirySeconds)) * 1000);
  if (expiresAt <= now) {
    throw refusal('INVOICE_EXPIRED', 'The invoice has expired. Nothing was paid; ask for a new one.');
  }
  const amount = parts.get('amount');
  const amountMsat = typeof amount === 'string' ? BigInt(amount) : 0n;
  return {
    text: text.toLowerCase(),
    paymentHash,
    amountMsat: amountMsat > 0n ? amountMsat : null,
    expiresAt,
  };
}

/** The invoice leaves the amount to the payer, who did not name one either. */
export function amountRequired(): DomainError {
  return refusal(
    'AMOUNT_REQUIRED',
    'The invoice names no amount. Nothing was paid; send the amount to pay, or ask for an invoice with an amount.',
  );
}

/** The payer named an amount, and the mint takes it from invoices alone. */
export function amountOfPayerUnsupported(): DomainError {
  return refusal(
    'AMOUNT_REQUIRED',
    'The invoice names no amount, and the wallet’s mint pays only invoices that do. Nothing was paid; ask for an invoice with an amount.',
  );
}

/** Nobody here can tell a mint how much that would be on Lightning. */
export function amountOfUnitUnsupported(unit: string): DomainError {
  return refusal(
    'AMOUNT_REQUIRED',
    `The invoice names no amount, and a wallet in ${unit} pays only invoices that do. Nothing was paid; ask for an invoice with an amount.`,
  );
}

/** What an invoice of any network asks for, in msat; null where it names no amount or does not decode. */
export function amountMsatOf(text: string): bigint | null {
  try {
    const amount = decode(text).sections.find(({ name }) => name === 'amount');
    return amount !== undefined && 'value' in amount ? BigInt(String(amount.value)) : null;
  } catch {
    return null;
  }
}

/** The decoder's sections by name, with the network by its prefix. */
function sections(text: string, network: Network): Map<string, unknown> {
  try {
    const named = new Map<string, unknown>();
    for (const section of decode(text).sections) {
      // A field that occurs twice: BOLT-11 readers use the first.
      if (named.has(section.name)) continue;
      named.set(
        section.name,
        section.name === 'coin_network' ? section.letters : 'value' in section ? section.value : null,
      );
    }
    return named;
  } catch (error) {
    const unknownNetwork = error instanceof Error && error.message === 'Unknown coin bech32 prefix';
    // An LNURL has the look of an invoice for a network called "url".
    throw unknownNetwork && !/^lnurl1/i.test(text) ? otherNetwork(network) : invalid();
  }
}

function otherNetwork(network: Network): DomainError {
  return refusal(
    'UNSUPPORTED_NETWORK',
    `The invoice is not for the ${network} network. Nothing was paid; ask for an invoice on ${network}.`,
  );
}

function invalid(): DomainError {
  return refusal(
    'INVALID_INVOICE',
    'This is not a valid Lightning invoice (BOLT-11). Nothing was paid; check that it was copied whole.',
  );
}

function refusal(code: ErrorCode, message: string): DomainError {
  return new DomainError(code, 'LOW', message);
}
