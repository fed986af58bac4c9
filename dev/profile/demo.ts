import { setTimeout as pause } from 'node:timers/promises';
import type { Reply } from './client.ts';
import type { DemoMint } from './parts.ts';
import {
  amountText,
  prettyJson,
  print,
  printFact,
  printHeading,
  printIndented,
  secondsText,
  shortened,
} from './screen.ts';
import { type DemoWallet, type TimelineEntry, writeInvoice } from './walletClient.ts';

const fundingAmount = 2_500;
const lowBalance = 500;
const demoAmount = 210;
const fundingPollMs = 2_000;

/** Yesterday's wallet, or a new one. */
export async function openWallet(
  wallet: DemoWallet,
  npub: string,
): Promise<{ balance: number; unit: string }> {
  const { isNew, unit } = await wallet.create();
  const balance = await wallet.balance();
  const found = `found your wallet, balance ${amountText(balance, unit)}`;
  printFact('wallet', `${shortened(npub)}, ${isNew ? 'created' : found}`);
  return { balance, unit };
}

/** One payment for everybody to see: fund, invoice, melt, and how the operation went. Resolves to its transaction id. */
export async function showPayment(
  wallet: DemoWallet,
  demo: { npub: string; invoiceUrl: string; balance: number; unit: string; signal: AbortSignal },
): Promise<string> {
  const { npub, invoiceUrl, unit, signal } = demo;
  if (demo.balance < lowBalance) await fund(wallet, unit);
  const invoice = await writeInvoice(invoiceUrl, demoAmount, signal);

  printHeading(`Paying a Lightning invoice of ${amountText(demoAmount, unit)}`);
  print(`  POST /api/wallet/${shortened(npub)}/melt`);
  print(`  ${prettyJson({ invoice: shortened(invoice) })}\n`);
  const { reply, transactionId, result } = await wallet.melt(invoice);
  print(`  ${replyLine(reply)}`);
  printIndented(prettyJson(reply.body));

  printHeading(`How it went: GET …/melt/${transactionId}`);
  const timeline = await wallet.timeline(transactionId);
  for (const line of timelineLines(timeline)) print(`  ${line}`);
  const balance = amountText(await wallet.balance(), unit);
  print(`\n  ${result === 'PAID' ? 'Paid' : 'Not settled yet'}; the balance is ${balance} now.`);
  return transactionId;
}

/** Waits for money from outside, since nobody here can pay a real mint. */
export async function awaitFunding(wallet: DemoWallet, unit: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    await pause(fundingPollMs, undefined, { signal });
    // A server that cannot tell just now is no reason to end it.
    const balance = await wallet.balance().catch(() => 0);
    if (balance === 0) continue;
    print(`\n  Funded: the balance is ${amountText(balance, unit)}. ${payByHand}`);
    return;
  }
}

export const payByHand =
  'Nobody here writes invoices for a real mint: pay one of your own with the melt line above.';

/** Whether this mint's invoices are play money that we can write ourselves. */
export function canWriteInvoices(mint: DemoMint): mint is { url: string; invoiceUrl: string } {
  return mint.invoiceUrl !== null;
}

async function fund(wallet: DemoWallet, unit: string): Promise<void> {
  const startedAt = performance.now();
  const balance = await wallet.fund(fundingAmount);
  const took = secondsText(performance.now() - startedAt);
  printFact('funded', `${amountText(fundingAmount, unit)} by POST …/mint, credited when paid (${took})`);
  printFact('balance', amountText(balance, unit));
}

const replyLine = ({ status, statusText, tookMs }: Reply): string =>
  `${status} ${statusText}, after ${Math.round(tookMs)} ms`;

/** `+12 ms  melting   melt request goes to the mint` */
export function timelineLines(timeline: readonly TimelineEntry[]): string[] {
  const startedAt = Date.parse(timeline[0]?.at ?? '');
  const rows = timeline.map(({ at, state, event }) => ({
    time: `+${Date.parse(at) - startedAt} ms`,
    state,
    event,
  }));
  const width = (column: 'time' | 'state') => Math.max(0, ...rows.map((row) => row[column].length));
  const [timeWidth, stateWidth] = [width('time'), width('state')];
  return rows.map(
    ({ time, state, event }) => `${time.padStart(timeWidth)}  ${state.padEnd(stateWidth)}  ${event}`,
  );
}
