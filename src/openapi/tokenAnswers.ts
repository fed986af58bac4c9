import { sendStates } from '../models/exchange.ts';
import { list, nullable, object, oneOf, only, type Schema, text } from './schema.ts';
import { amount, expiry, mintUrl, moment, statusUrl, tokenId, transactionId } from './values.ts';

const success = only(true);

const encodedToken = text(
  'Ecash: whoever has it may spend it, unless it is locked (NUT-00, version 4)',
  'cashuB…',
);

const out: Record<string, Schema> = {
  transactionId,
  amount: amount('What the token is worth', 64),
  changeAmount: amount('What the swap gave back to the wallet', 36),
  fee: amount('The mint’s fee for the swap', 0),
  mintUrl,
};

const status = oneOf('What it means', ['PENDING', 'PAID', 'FAILED', 'NEEDS_ATTENTION']);
const state = oneOf('The operation’s own state', sendStates, 'sent');

/** In a replay the token may be over: `status` says so. */
export const sent: Schema = object({ success, encodedToken, ...out, status, state });

export const stillUnderWay: Schema = object({
  success,
  transactionId,
  status: only('PENDING'),
  statusUrl,
});

export const sendStatus: Schema = object(
  {
    success,
    ...out,
    status,
    state,
    encodedToken: nullable(encodedToken),
    claimedAmount: amount('How much of it the mint called spent at the latest look', 0),
    reclaimedAmount: nullable(amount('What came back into the wallet', 0)),
    lock: nullable(
      object({
        recipientPubkey: text('Who may spend it', `02${'a1'.repeat(32)}`),
        refundPubkey: nullable(text('Who else may after the locktime', `02${'b2'.repeat(32)}`)),
        locktime: expiry,
      }),
    ),
    timeline: list(
      object({
        at: moment('When'),
        state: oneOf('The state that it then had', sendStates),
        event: text('What happened', 'booked: sources spent, the token is out'),
      }),
    ),
  },
  { cause: text('Why it, or a reclaim of it, failed', 'MINT_REFUSED') },
);

export const reclaimed: Schema = object({
  success,
  transactionId,
  tokenId,
  reclaimedAmount: amount('What came back into the wallet', 64),
  claimedAmount: amount('What others had taken of it before', 0),
  fee: amount('The mint’s fee for that', 0),
  mintUrl,
});

export const received: Schema = object({
  success,
  tokenId,
  transactionId,
  totalAmount: amount('What was credited', 64),
  fee: amount('The mint’s fee for the exchange', 0),
  mintUrl,
});
