import { ownerScopes } from '../models/apiKey.ts';
import { receiveStates, sendStates } from '../models/exchange.ts';
import { meltStates, mintingStates } from '../models/operation.ts';
import { transactionStatuses, transactionTypes } from '../models/transaction.ts';
import { flag, list, nullable, object, oneOf, only, type Schema, text } from './schema.ts';
import {
  amount,
  count,
  cursor,
  expiry,
  externalId,
  invoice,
  memo,
  mintingId,
  mintUrl,
  moment,
  npub,
  quoteId,
  signedAmount,
  statusUrl,
  tokenId,
  transactionId,
  unit,
  walletId,
} from './values.ts';

const success = only(true);

export const bearerToken: Schema = object({
  success,
  token: text('For `Authorization: Bearer`; told once', `crt_0123456789abcdef_${'A'.repeat(43)}`, {
    pattern: '^crt_',
  }),
  npub,
  scopes: list(oneOf('What the token opens', ownerScopes)),
  expiresAt: moment('Five minutes from now'),
});

export const walletCreated: Schema = object({
  success,
  message: text('Whether it was made now', 'Wallet created'),
  walletDetails: object({
    npub,
    walletId,
    mintUrl,
    unit,
  }),
});

export const walletInfo: Schema = object({
  success,
  walletInfo: object({
    npub,
    walletId,
    mintUrl,
    unit,
    balance: amount('Can be spent now', 2_290),
    tokenPubkey: text('Lock tokens for this wallet to it (NUT-11)', `02${'a1'.repeat(32)}`),
    statistics: object({
      tokens: object({
        pending: count('Awaited', 0),
        unspent: count('Held', 3),
        spent: count('Spent', 1),
        failed: count('Never came', 0),
      }),
      proofs: count('Unspent proofs', 10),
      melts: object({
        open: count('Under way', 0),
        paid: count('Paid', 1),
        failed: count('Given back', 0),
      }),
    }),
    createdAt: moment('When the wallet was made'),
  }),
});

export const wallets: Schema = object({
  success,
  wallets: list(
    object({
      walletId,
      npub,
      mintUrl,
      unit,
      balance: amount('Can be spent now', 2_290),
      isDefault: flag('Whether requests without a walletId are about it', true),
      createdAt: moment('When the wallet was made'),
    }),
  ),
});

export const balance: Schema = object({
  success,
  balance: amount('Can be spent now', 3_021),
  details: object({
    totalBalance: amount('The same as unspentBalance', 3_085),
    unspentBalance: amount('All that is not known to be spent', 3_085),
    reservedBalance: amount('Its part in open operations', 64),
    pendingBalance: amount('Mint quotes that may still be paid, or are being issued', 0),
    spentBalance: amount('All tokens ever spent, swapped ones included', 469),
  }),
});

export const mintQuote: Schema = object({
  success,
  quote: quoteId,
  invoice,
  amount: amount('What the wallet is credited once the invoice is paid', 1_000, 1),
  transactionId: mintingId,
  expiry,
  mintUrl,
});

export const minted: Schema = object({
  success,
  tokenId,
  transactionId: mintingId,
  totalAmount: amount('What was credited', 1_000),
  mintUrl,
});

export const notMinted: Schema = object({
  success,
  status: oneOf('Whether the invoice is paid', ['UNPAID', 'PAID', 'NEEDS_ATTENTION']),
  state: oneOf(
    'The operation’s own state',
    mintingStates.filter((state) => state !== 'issued'),
  ),
  transactionId: mintingId,
  statusUrl,
});

export const meltQuote: Schema = object({
  success,
  quoteId,
  amount: amount('What the payee gets', 210),
  feeReserve: amount('The most that Lightning may take', 3),
  inputFee: amount('What the mint takes for swap and melt', 0),
  total: amount('The most that the payment would take now', 213),
  expiry,
});

const atomicResult: Schema = nullable(
  object({
    success,
    transaction_id: transactionId,
    source_tokens_spent: count('Tokens that the payment was made of', 1),
    keep_token_id: nullable(tokenId),
    keep_amount: amount('What the swap put aside', 43),
    melt_change_token_id: nullable(tokenId),
    melt_change_amount: amount('What Lightning did not need', 3),
    operations: list(
      object({
        type: oneOf('Where it came from', ['keep_change', 'melt_change']),
        token_id: tokenId,
        amount: amount('Its sum', 43),
        proof_count: count('Its proofs', 4),
      }),
    ),
  }),
);

const duration = count('Milliseconds from its beginning to its end, or to now', 600);

/** What a melt that the mint has paid is told with. */
const ofPayment: Record<string, Schema> = {
  paymentResult: only('PAID'),
  paidAmount: amount('What the payee got', 210),
  feesPaid: signedAmount('All that left the wallet besides; provisional while `changePending`', 0),
  changeAmount: amount('keep_amount + melt_change_amount', 46),
  preimage: nullable(text('Proof of payment, where the mint gave one', 'd65c'.repeat(16))),
  preimageVerified: flag('Whether it fits the invoice; if not, the payment stands all the same', true),
  changePending: flag('Whether the mint has yet to hand out the Lightning change', false),
  atomicResult,
};

export const meltPaid: Schema = object({
  success,
  transactionId,
  quoteId,
  ...ofPayment,
  operationDuration: duration,
});

export const meltPending: Schema = object({
  success,
  transactionId,
  paymentResult: only('PENDING'),
  quoteId,
  statusUrl,
});

export const meltStatus: Schema = object(
  {
    success,
    transactionId,
    status: oneOf('What it means', ['PENDING', 'PAID', 'FAILED', 'NEEDS_ATTENTION'], 'PAID'),
    state: oneOf('The operation’s own state', meltStates, 'settled'),
    quoteId,
    operationDuration: duration,
    timeline: list(
      object({
        at: moment('When'),
        state: oneOf('The state that it then had', meltStates, 'prepared'),
        event: text('What happened', 'reserved'),
      }),
    ),
  },
  {
    ...ofPayment,
    paymentResult: oneOf('Missing where a person must decide', ['PENDING', 'PAID', 'FAILED'], 'PAID'),
    released: amount('What is back in the wallet', 213),
    cause: text('Why it failed, in one word', 'NO_ROUTE'),
    missing: amount('What did not come back', 0),
  },
);

const entry: Record<string, Schema> = {
  transactionId,
  type: oneOf('Its kind', transactionTypes, 'melt'),
  status: oneOf('What it means; of a mint, `PAID` is credited', transactionStatuses, 'PAID'),
  amount: amount('What the payee got, or the wallet; or should have, or shall', 210),
  fee: nullable(
    signedAmount('What left the wallet besides, or did not come back; null while nobody knows', 0),
  ),
  createdAt: moment('When it began'),
  updatedAt: moment('When it was last written'),
  memo: nullable(memo),
  externalId: nullable(externalId),
};

export const transactions: Schema = object({
  success,
  transactions: list(object(entry)),
  pagination: object({
    limit: count('How many are told at most', 50),
    nextCursor: nullable(cursor),
    hasMore: flag('Whether there are older ones', false),
  }),
});

const states = [...new Set([...meltStates, ...mintingStates, ...sendStates, ...receiveStates])];

export const transaction: Schema = object({
  success,
  ...entry,
  state: oneOf('The operation’s own state', states, 'settled'),
  timeline: list(
    object({
      at: moment('When'),
      state: oneOf('The state that it then had', states, 'prepared'),
      event: text('What happened', 'reserved'),
    }),
  ),
});

export const alive: Schema = object({ status: only('ok') });

export const mintHealth: Schema = list(
  object({
    url: mintUrl,
    answeredMsAgo: nullable(count('How long ago it answered last; null = not yet', 58_941)),
    circuit: oneOf('Whether it is asked at all just now', ['closed', 'open', 'half_open']),
  }),
);

export const ready: Schema = object({
  ready: only(true),
  database: only('writable'),
  mints: mintHealth,
  draining: only(false),
});
