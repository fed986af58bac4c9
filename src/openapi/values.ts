import {
  externalIdPattern,
  maxExternalIdLength,
  maxMemoLength,
  maxSupportNoteLength,
  memoPattern,
  supportNotePattern,
} from '../models/notes.ts';
import { maxQuoteIdLength, quoteIdPattern } from '../models/quoteId.ts';
import { unitPattern } from '../models/units.ts';
import { walletIdPattern } from '../models/wallet.ts';
import { nullable, type Schema, text } from './schema.ts';

/** The values that the API's bodies are made of. */

const most = Number.MAX_SAFE_INTEGER;

export const amount = (description: string, example: number, least = 0): Schema => ({
  type: 'integer',
  format: 'int64',
  description,
  minimum: least,
  maximum: most,
  examples: [example],
});

/** A mint may hand out more change than was paid in for fees. */
export const signedAmount = (description: string, example: number): Schema =>
  amount(description, example, -most);

export const count = (description: string, example: number): Schema => ({
  type: 'integer',
  description,
  minimum: 0,
  examples: [example],
});

export const exampleNpub = 'npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6';
const exampleMelt = 'tx_melt_1795229787123_0123456789abcdef';
const exampleReport = 'sup_0123456789abcdef0123';

export const npub: Schema = text('The wallet’s owner, as NIP-19 spells a Nostr public key', exampleNpub, {
  format: 'npub',
  pattern: '^npub1[02-9ac-hj-np-z]{58}$',
});
export const transactionId: Schema = text('Names the operation', exampleMelt, {
  pattern: '^tx_[A-Za-z0-9_-]{1,96}$',
});
export const mintingId: Schema = text('Names the operation', 'tx_mint_1795229787123_0123456789abcdef', {
  pattern: '^tx_mint_[A-Za-z0-9_-]{1,91}$',
});
/** Of no certain form: what was migrated has kept the id that it had. */
export const tokenId: Schema = text(
  'Names a token in the wallet',
  'tok_3f1c2f5e-6b5a-4d0e-9a55-0d1f8e7c6b5a',
);
export const quoteId: Schema = text('Names the quote at its mint', '01a1fc88-e292-783b-8997-b78982ada2e1', {
  pattern: quoteIdPattern.source,
  maxLength: maxQuoteIdLength,
});
export const mintUrl: Schema = text('The mint’s address', 'https://mint.example', { maxLength: 2_048 });
/** Without an example: which are taken, each server’s operator says. */
export const wishedMintUrl: Schema = {
  type: 'string',
  description: 'One of the mints that the server uses, at most 2,048 printable characters; else its first',
  format: 'mint-url',
};
export const unit: Schema = text(
  'What amounts are counted in, as the mint calls it: sat, msat, usd, …',
  'sat',
  {
    pattern: unitPattern.source,
  },
);
/** Without an example: which there are, the mint says. */
export const wishedUnit: Schema = {
  type: 'string',
  description:
    'In which unit: one in which the mint can be paid and pays; else its first, `sat` where it has that',
  format: 'mint-unit',
};
export const supportId: Schema = text('Names the stored report', exampleReport, {
  pattern: '^sup_[0-9a-f]{20}$',
});
export const reportCode: Schema = text('What kind of incident', 'OPERATION_OPEN_TOO_LONG', {
  pattern: '^[A-Z_]+$',
  maxLength: 64,
});
export const walletId: Schema = text('Names one wallet of an npub', 'wal_3f1c2f5e6b5a4d0e9a550d1f8e7c6b5a', {
  pattern: walletIdPattern.source,
});
export const moment = (description: string): Schema =>
  text(description, '2026-11-21T12:05:00.000Z', { format: 'date-time' });
/** For an invoice that leaves it to the payer. */
export const wishedAmount: Schema = {
  description:
    'What to pay on an invoice that names no amount, in the wallet’s unit; `max`: as much as the wallet holds, less the fees. With an invoice that names one, the same or nothing',
  oneOf: [{ type: 'integer', format: 'int64', minimum: 1, maximum: most }, { const: 'max' }],
  examples: [210],
};
export const memo: Schema = text('The owner’s own words, told to the owner alone', 'Coffee with Ann', {
  minLength: 1,
  maxLength: maxMemoLength,
  pattern: memoPattern,
});
export const supportNote: Schema = text('Why, for whoever reads it later', 'The mint has paid it back.', {
  minLength: 1,
  maxLength: maxSupportNoteLength,
  pattern: supportNotePattern,
});
export const externalId: Schema = text(
  'What the owner’s program calls it; need not be unique',
  'order-1042',
  {
    minLength: 1,
    maxLength: maxExternalIdLength,
    pattern: externalIdPattern.source,
  },
);
const cursorBehind = (id: string, format: string): Schema =>
  text(
    'Goes on behind the last entry of a page; of no form that a client should know',
    Buffer.from(`1795229787123.${id}`).toString('base64url'),
    { format },
  );
export const cursor = cursorBehind(exampleMelt, 'cursor');
export const reportCursor = cursorBehind(exampleReport, 'report-cursor');
export const expiry: Schema = nullable({
  type: 'integer',
  description: 'Unix seconds; null where the mint sets no end',
  examples: [1_795_232_785],
});
export const exampleStatusUrl = `/api/wallet/${exampleNpub}/melt/${exampleMelt}`;
export const statusUrl: Schema = text('Where to ask how it is going on', exampleStatusUrl, {
  format: 'uri-reference',
});
export const invoice: Schema = text('A Lightning invoice (BOLT 11)', exampleInvoice(), {
  format: 'bolt11',
  minLength: 1,
  maxLength: 8_192,
});

export const recipientPubkey: Schema = text(
  'A public key: 33 bytes in hex, 32 bytes in hex as Nostr has them, or an npub',
  exampleNpub,
  { format: 'cashu-pubkey', minLength: 1, maxLength: 80 },
);
export const locktime: Schema = {
  type: 'integer',
  description: 'Unix seconds, in the future',
  minimum: 1,
  maximum: 253_402_300_799,
  examples: [4_102_444_800],
};
export const wishedToken: Schema = {
  type: 'string',
  description: 'A token, `cashuA…` or `cashuB…`',
  format: 'cashu-token',
  minLength: 1,
  maxLength: 60_000,
  examples: ['cashuB…'],
};

/** From BOLT 11, "Examples": a real one, long expired. */
function exampleInvoice(): string {
  return 'lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh';
}
