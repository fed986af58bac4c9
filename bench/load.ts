import { reasonOf } from './ipc.ts';

export type Invoice = { request: string; amountSat: number };

/** One wallet, as the load sees it. */
export type Purse = {
  /** Resolves when the invoice is paid. @throws Error saying why it is not */
  pay(invoice: string): Promise<void>;
  /** What the mint would take, in sat. */
  heldSat(): Promise<number>;
};

/** `error`: why it was not paid, null = it was. */
export type Payment = { amountSat: number; tookMs: number; error: string | null };
export type Load = { elapsedMs: number; payments: Payment[] };

/**
 * All wallets at once, each of which pays its invoices one after the other. After `limitMs` none begins another payment; those
 * that are under way are waited for, and count.
 */
export async function payAll(
  purses: readonly Purse[],
  invoices: readonly Invoice[][],
  limitMs: number,
): Promise<Load> {
  const startedAt = performance.now();
  const inTurn = purses.map((purse, number) => payInTurn(purse, invoices[number] ?? [], startedAt + limitMs));
  const payments = (await Promise.all(inTurn)).flat();
  return { elapsedMs: performance.now() - startedAt, payments };
}

async function payInTurn(purse: Purse, invoices: readonly Invoice[], endsAt: number): Promise<Payment[]> {
  const payments: Payment[] = [];
  for (const { request, amountSat } of invoices) {
    if (performance.now() >= endsAt) break;
    const startedAt = performance.now();
    const error = await purse.pay(request).then(() => null, reasonOf);
    payments.push({ amountSat, tookMs: performance.now() - startedAt, error });
  }
  return payments;
}

/** As `Promise.all` over `act`, at most `atOnce` at a time. */
export async function inLanes<T, U>(
  items: readonly T[],
  atOnce: number,
  act: (item: T, index: number) => Promise<U>,
): Promise<U[]> {
  const results: U[] = [];
  const left = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of left) results[index] = await act(item, index);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}
