import type { PaymentOutcome } from '../lightning/network.ts';
import type { Blank, MeltChange, MeltQuote } from '../state/records.ts';
import { powersOfTwo, sum } from './amounts.ts';
import type { MintContext } from './context.ts';
import { codes, refuse } from './errors.ts';
import { checkMelt, meltQuote } from './melting.ts';
import { type ChangeDelay, type MeltOrders, noMeltOrders } from './meltOrders.ts';
import { signOutputs } from './outputs.ts';
import { type Json, presentMeltQuote } from './present.ts';
import { type Fields, optionalFlag } from './read.ts';
import { toMsat, toUnits } from './units.ts';

type PendingMelt = Readonly<Extract<MeltQuote, { state: 'PENDING' }>>;

/**
 * POST /v1/melt/bolt11 (NUT-05, NUT-08): check, lock the inputs, pay, then spend them and sign the change; or,
 * where the payment failed, let them go. A payment that hangs is answered PENDING and finished later.
 */
export async function melt(mint: MintContext, body: Fields, orders: MeltOrders): Promise<Json> {
  const { quote, inputs, blanks } = checkMelt(mint, body);
  const answersAtOnce = optionalFlag(body, 'prefer_async') || orders.course !== null;
  mint.store.commit({
    kind: 'melt_started',
    quote: quote.quote,
    inputs: inputs.records,
    inputFee: inputs.fee,
    blanks,
  });
  if (orders.course !== null) orders.noteDeviation();
  const finished = finishMelt(mint, quote.quote, { orders, resumed: false });
  if (answersAtOnce) return presentMeltQuote(meltQuote(mint, quote.quote));
  const { hangs, patienceMs } = mint.lightning.hangs(quote.paymentHash);
  await (hangs ? Promise.race([finished, mint.timers.wait(patienceMs)]) : finished);
  return answer(meltQuote(mint, quote.quote));
}

/** After a restart: payments that were under way go on, change that is still owed is signed. */
export function resumeMelts(mint: MintContext): void {
  for (const quote of mint.store.state.meltQuotes.values()) {
    if (quote.state === 'PENDING')
      void finishMelt(mint, quote.quote, { orders: noMeltOrders, resumed: true });
    if (quote.state === 'PAID' && quote.change.kind === 'owed') signOwedChange(mint, quote.quote);
  }
}

async function finishMelt(
  mint: MintContext,
  quoteId: string,
  { orders, resumed }: { orders: MeltOrders; resumed: boolean },
): Promise<void> {
  const quote = meltQuote(mint, quoteId);
  const outcome = await mint.lightning.pay({
    paymentHash: quote.paymentHash,
    payer: quoteId,
    amountMsat: quote.amountMsat,
    feeLimitMsat: toMsat(quote.feeReserve, mint.settings),
    course: orders.course,
    resumed,
  });
  if (mint.store.closed) return;
  settle(mint, quoteId, outcome, orders);
}

function settle(mint: MintContext, quoteId: string, outcome: PaymentOutcome, orders: MeltOrders): void {
  const quote = meltQuote(mint, quoteId);
  if (quote.state !== 'PENDING') return;
  if (outcome.kind === 'failed') {
    mint.store.commit({ kind: 'melt_failed', quote: quoteId, reason: outcome.reason });
    return;
  }
  const feePaid = toUnits(outcome.feeMsat, mint.settings);
  const overpaid = quote.inputAmount - quote.inputFee - quote.amount - feePaid;
  const { changeDelay, changeDelta } = orders;
  const blanks = quote.blanks?.length ?? 0;
  const amounts = changeAmounts(overpaid + changeDelta, blanks);
  const isLate = changeDelay !== null && amounts.length > 0;
  if (isLate || sum(amounts) !== sum(changeAmounts(overpaid, blanks))) orders.noteDeviation();
  mint.store.commit({
    kind: 'melt_paid',
    quote: quoteId,
    feePaid,
    preimage: outcome.preimage,
    change: changeOf(mint, quote, amounts, changeDelay),
    keptOverpay: overpaid - sum(amounts),
    atMs: mint.settings.clock(),
  });
  if (changeDelay) void changeDelay().then(() => signOwedChange(mint, quoteId));
}

/** NUT-08: what goes back in powers of two, ascending; with too few blanks the largest ones that fit. */
function changeAmounts(toReturn: bigint, blanks: number): bigint[] {
  const powers = powersOfTwo(toReturn);
  return powers.slice(Math.max(0, powers.length - blanks));
}

function changeOf(
  mint: MintContext,
  quote: PendingMelt,
  amounts: bigint[],
  changeDelay: ChangeDelay,
): MeltChange {
  if (quote.blanks === null) return { kind: 'none' };
  if (changeDelay) return { kind: 'owed', amounts, blanks: quote.blanks };
  return { kind: 'signed', signatures: signOutputs(imprint(quote.blanks, amounts), mint.keysets) };
}

function signOwedChange(mint: MintContext, quoteId: string): void {
  const quote = meltQuote(mint, quoteId);
  if (mint.store.closed || quote.state !== 'PAID' || quote.change.kind !== 'owed') return;
  const signatures = signOutputs(imprint(quote.change.blanks, quote.change.amounts), mint.keysets);
  mint.store.commit({ kind: 'change_signed', quote: quoteId, signatures });
}

function imprint(blanks: readonly Blank[], amounts: readonly bigint[]) {
  return blanks.flatMap((blank, position) => {
    const amount = amounts[position];
    return amount === undefined ? [] : [{ ...blank, amount }];
  });
}

function answer(quote: Readonly<MeltQuote>): Json {
  if (quote.state !== 'UNPAID') return presentMeltQuote(quote);
  return refuse(codes.paymentFailed, `Lightning payment failed: ${quote.lastFailure ?? 'unknown'}`);
}
