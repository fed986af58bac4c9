import { writeInvoice } from '../../../simulator/lightning/invoices.ts';
import { epochMs } from './globals.ts';

export type Invoice = { text: string; paymentHash: string; preimage: string; amount: number };

const amounts = [13, 40, 75, 121, 33, 64, 160, 5];

/** Real invoices that never expire in any world; signing them is the slow part, so all worlds share them. */
export function writeInvoices(): Invoice[] {
  return amounts.map((amount) => {
    const { request, paymentHash, preimage } = writeInvoice({
      network: 'bitcoin',
      amountMsat: BigInt(amount) * 1_000n,
      description: 'simulated',
      expirySeconds: 30 * 24 * 3600,
      createdAtMs: epochMs,
      nodeSecretKeyHex: '11'.repeat(32),
    });
    return { text: request.toLowerCase(), paymentHash, preimage, amount };
  });
}
