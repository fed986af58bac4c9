import type { MeltOperation, MeltQuote } from '../../models/operation.ts';
import { type Proof, sumAmounts } from '../../models/proof.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { TokenOutline, TokenReservation } from '../../repositories/tokenReads.ts';
import type { MeltRequest } from '../contracts.ts';
import { denominations, inputFee, split } from '../ecash/amounts.ts';
import { freshId, freshOperation } from '../operations/fresh.ts';
import type { OutputKeyset } from '../operations/swapRequests.ts';
import type { Invoice } from './invoice.ts';
import type { Candidate, Selection } from './selection.ts';
import { nothingOddSeen } from './steps.ts';

/** `answerBy`: when its client is answered at the latest, counted from the arrival of the request. */
export type TimedRequest = MeltRequest & { answerBy: Date };

export type Chosen = Exclude<Selection, { kind: 'insufficient' }>;

/** A melt that has been decided on and stands nowhere yet; its attempts are still to be planned. */
export function draftOperation(given: {
  wallet: Wallet;
  invoice: Invoice;
  quote: MeltQuote;
  request: TimedRequest;
  chosen: Chosen;
  reservations: readonly TokenReservation[];
  inputs: Proof[];
  keyset: OutputKeyset;
  feeCap: bigint;
  at: Date;
}): MeltOperation {
  const { wallet, invoice, quote, request, chosen, reservations, inputs, keyset, feeCap, at } = given;
  const id = freshId('melt', at);
  return {
    ...freshOperation({ kind: 'melt', id, wallet, state: 'prepared', event: 'inputs reserved', request, at }),
    invoice: invoice.text,
    paymentHash: invoice.paymentHash,
    quote,
    sourceTokenIds: reservations.map(({ tokenId }) => tokenId),
    sourceAmount: sumAmounts(inputs),
    inputs,
    swap:
      chosen.kind === 'swap'
        ? { sendAmount: chosen.sendAmount, keepAmount: chosen.keepAmount, fee: chosen.swapFee }
        : null,
    meltInputFee: chosen.kind === 'direct' ? chosen.meltFee : feeOfSwapped(chosen.sendAmount, keyset),
    held: null,
    bookedEarly: false,
    payment: null,
    change: [],
    changeComplete: false,
    failure: null,
    releasedAmount: null,
    missingAmount: null,
    atomicResult: null,
    unpaidSightings: 0,
    ...nothingOddSeen,
    fenceDecidedAt: null,
    feeCap,
    answerBy: request.respondAsync ? null : request.answerBy,
    budget: null,
    idempotencyId: request.idempotency === undefined ? null : `idem_${id}`,
    finishedAt: null,
  };
}

/** What the melt of a swap's outputs will cost, as long as their keyset keeps its fee. */
function feeOfSwapped(sendAmount: bigint, keyset: OutputKeyset): bigint {
  return inputFee(split(sendAmount, denominations(keyset.keys)).map(() => keyset.inputFeePpk));
}

/** The tokens that hold these proofs, each in the version that was read, with what is wanted of it. */
export function reservationsFor(
  inputs: readonly Candidate[],
  outlines: readonly TokenOutline[],
): TokenReservation[] {
  const versions = new Map(outlines.map(({ id, version }) => [id, version]));
  const byToken = Map.groupBy(inputs, ({ tokenId }) => tokenId);
  return [...byToken].map(([tokenId, proofs]) => ({
    tokenId,
    version: versions.get(tokenId) ?? 0,
    Ys: proofs.map(({ Y }) => Y),
    amount: sumAmounts(proofs),
  }));
}
