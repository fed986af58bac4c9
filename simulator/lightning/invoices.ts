import { createHash, randomBytes } from 'node:crypto';
import bolt11 from 'bolt11';
import type { NetworkName } from '../options.ts';

type Bolt11Network = {
  bech32: string;
  pubKeyHash: number;
  scriptHash: number;
  validWitnessVersions: number[];
};

const testAddresses = { pubKeyHash: 0x6f, scriptHash: 0xc4, validWitnessVersions: [0, 1] };
const networks: { readonly [Name in NetworkName]: Bolt11Network } = {
  bitcoin: { bech32: 'bc', pubKeyHash: 0x00, scriptHash: 0x05, validWitnessVersions: [0, 1] },
  testnet: { bech32: 'tb', ...testAddresses },
  signet: { bech32: 'tbs', ...testAddresses },
  regtest: { bech32: 'bcrt', ...testAddresses },
};

const features = {
  word_length: 4,
  var_onion_optin: { required: false, supported: true },
  payment_secret: { required: false, supported: true },
};

export type InvoiceTerms = {
  network: NetworkName;
  /** null = the payer names the amount. */
  amountMsat: bigint | null;
  description: string;
  expirySeconds: number;
  createdAtMs: number;
  /** The key of the node that writes it. */
  nodeSecretKeyHex: string;
};

export type WrittenInvoice = { request: string; paymentHash: string; preimage: string; expiresAtMs: number };

/** Writes and signs a real bolt11 invoice over a fresh preimage. */
export function writeInvoice(terms: InvoiceTerms): WrittenInvoice {
  const preimage = randomBytes(32);
  const paymentHash = createHash('sha256').update(preimage).digest('hex');
  const createdAtSeconds = Math.floor(terms.createdAtMs / 1000);
  const unsigned = bolt11.encode(
    {
      network: networks[terms.network],
      ...(terms.amountMsat === null ? {} : { millisatoshis: terms.amountMsat.toString() }),
      timestamp: createdAtSeconds,
      tags: [
        { tagName: 'payment_hash', data: paymentHash },
        { tagName: 'payment_secret', data: randomBytes(32).toString('hex') },
        { tagName: 'description', data: terms.description },
        { tagName: 'expire_time', data: terms.expirySeconds },
        { tagName: 'min_final_cltv_expiry', data: 18 },
        { tagName: 'feature_bits', data: features },
      ],
    },
    false,
  );
  const { paymentRequest } = bolt11.sign(unsigned, terms.nodeSecretKeyHex);
  if (!paymentRequest) throw new Error('bolt11 signed an invoice without writing it');
  return {
    request: paymentRequest,
    paymentHash,
    preimage: preimage.toString('hex'),
    expiresAtMs: (createdAtSeconds + terms.expirySeconds) * 1000,
  };
}

export type ReadInvoice = { paymentHash: string; amountMsat: bigint | null; expiresAtMs: number };

/** Reads an invoice of this network: checksum, signature and prefix must be right. */
export function readInvoice(request: string, network: NetworkName): ReadInvoice {
  const invoice = bolt11.decode(request.toLowerCase(), networks[network]);
  const paymentHash = invoice.tagsObject.payment_hash;
  if (!paymentHash || invoice.timestamp === undefined) throw new Error('the invoice has no payment hash');
  const expirySeconds = invoice.tagsObject.expire_time ?? 3600;
  return {
    paymentHash,
    amountMsat: invoice.millisatoshis ? BigInt(invoice.millisatoshis) : null,
    expiresAtMs: (invoice.timestamp + expirySeconds) * 1000,
  };
}
