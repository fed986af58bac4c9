import type { ReceiveOperation, SendOperation } from '../models/exchange.ts';
import { statuses } from '../services/transactions/status.ts';
import { toJsonAmount, toJsonSum } from './amounts.ts';
import { toUnixSeconds } from './presentMinting.ts';
import { presentTimeline } from './presentTimeline.ts';
import { transactionUrlOf } from './presentTransaction.ts';

/** The answer to a send: 200 with the token once it is out, 202 while the mint is making it. */
export function presentSend(operation: SendOperation) {
  const { token } = operation;
  if (token === null) return pending(operation);
  const { state } = operation;
  const told = { status: statuses.send[state], state, encodedToken: token.text };
  return { status: 200, body: { success: true, ...outFields(operation), ...told } };
}

/** The answer to a reclaim: 200 once what was left of the token is back. */
export function presentReclaim(operation: SendOperation) {
  const { reclaimedAmount } = operation;
  if (reclaimedAmount === null) return pending(operation);
  const { id, amount, spentAmount, reclaimTokenId, mintUrl } = operation;
  const body = {
    success: true,
    transactionId: id,
    tokenId: reclaimTokenId,
    reclaimedAmount: toJsonAmount(reclaimedAmount),
    claimedAmount: toJsonAmount(spentAmount),
    fee: toJsonAmount(amount - spentAmount - reclaimedAmount),
    mintUrl,
  };
  return { status: 200, body };
}

/** The answer to a receive: 200 once the ecash is this wallet's alone. */
export function presentReceive(operation: ReceiveOperation) {
  if (operation.state !== 'received') return pending(operation);
  const { id, tokenId, amount, fee, mintUrl } = operation;
  const body = {
    success: true,
    tokenId,
    transactionId: id,
    totalAmount: toJsonAmount(amount - fee),
    fee: toJsonAmount(fee),
    mintUrl,
  };
  return { status: 200, body };
}

/** The present state of a send, with its token for as long as that may still be claimed. */
export function presentSendStatus(operation: SendOperation) {
  const { state, token, lock, spentAmount, reclaimedAmount, failure, timeline } = operation;
  const mayBeClaimed = state === 'sent' || state === 'reclaiming';
  return {
    success: true,
    ...outFields(operation),
    status: statuses.send[state],
    state,
    encodedToken: mayBeClaimed && token !== null ? token.text : null,
    claimedAmount: toJsonAmount(spentAmount),
    reclaimedAmount: reclaimedAmount === null ? null : toJsonAmount(reclaimedAmount),
    lock: lock && {
      recipientPubkey: lock.pubkey,
      refundPubkey: lock.refundPubkey,
      locktime: toUnixSeconds(lock.locktime),
    },
    ...(failure === null ? {} : { cause: failure.cause }),
    timeline: presentTimeline(timeline),
  };
}

function outFields({ id, amount, keepAmount, fee, mintUrl }: SendOperation) {
  return {
    transactionId: id,
    amount: toJsonAmount(amount),
    changeAmount: toJsonSum(keepAmount),
    fee: toJsonSum(fee),
    mintUrl,
  };
}

function pending(operation: SendOperation | ReceiveOperation) {
  const statusUrl = transactionUrlOf(operation);
  return { status: 202, body: { success: true, transactionId: operation.id, status: 'PENDING', statusUrl } };
}
