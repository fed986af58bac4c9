import { setTimeout as pause } from 'node:timers/promises';
import Joi from 'joi';
import { call, type Reply, read } from './client.ts';
import { StartFailure } from './failure.ts';
import type { DemoKeys } from './keys.ts';
import { printProgress, secondsText } from './screen.ts';

export type DemoWallet = ReturnType<typeof demoWallet>;
export type TimelineEntry = { at: string; state: string; event: string };

const creditLimitMs = 60_000;
const lookEveryMs = 100;
const sayEveryMs = 5_000;

const text = Joi.string().required();
const amount = Joi.number().required();
const schemas = {
  created: Joi.object<{ walletDetails: { mintUrl: string; unit: string } }>({
    walletDetails: Joi.object({ mintUrl: text, unit: text }).unknown(true).required(),
  }),
  balance: Joi.object<{ balance: number }>({ balance: amount }),
  melt: Joi.object<{ transactionId: string; paymentResult: string }>({
    transactionId: text,
    paymentResult: text,
  }),
  meltStatus: Joi.object<{ timeline: TimelineEntry[] }>({
    timeline: Joi.array()
      .items(Joi.object({ at: text, state: text, event: text }).unknown(true))
      .required(),
  }),
  invoice: Joi.object<{ invoice: string }>({ invoice: text }),
};

/** The demo customer's wallet, through HTTP alone. */
export function demoWallet(apiUrl: string, { npub, apiKey: key, adminKey }: DemoKeys, signal: AbortSignal) {
  const url = `${apiUrl}/api/wallet/${npub}`;

  async function create() {
    const reply = await call('POST', `${apiUrl}/api/wallet/create`, {
      key: adminKey,
      body: { npub },
      signal,
    });
    const { mintUrl, unit } = read(schemas.created, reply).walletDetails;
    return { isNew: reply.status === 201, mintUrl, unit };
  }

  async function balance(): Promise<number> {
    return read(schemas.balance, await call('GET', `${url}/balance`, { key, signal })).balance;
  }

  /** Asks for a mint quote, which somebody pays, and waits until the server has seen it and credited the wallet. */
  async function fund(wanted: number): Promise<number> {
    const before = await balance();
    await call('POST', `${url}/mint`, { key, body: { amount: wanted }, signal });
    const startedAt = performance.now();
    let saidMs = 0;
    for (;;) {
      const now = await balance();
      if (now >= before + wanted) return now;
      const waitedMs = performance.now() - startedAt;
      if (waitedMs > creditLimitMs) {
        throw new StartFailure(`The wallet was not credited within ${secondsText(creditLimitMs)}.`);
      }
      if (waitedMs - saidMs > sayEveryMs) {
        saidMs = waitedMs;
        printProgress(`waiting for the payment to be credited (${secondsText(waitedMs)})…`);
      }
      await pause(lookEveryMs, undefined, { signal });
    }
  }

  async function melt(invoice: string): Promise<{ reply: Reply; transactionId: string; result: string }> {
    const reply = await call('POST', `${url}/melt`, { key, body: { invoice }, signal });
    const { transactionId, paymentResult: result } = read(schemas.melt, reply);
    return { reply, transactionId, result };
  }

  async function timeline(transactionId: string): Promise<TimelineEntry[]> {
    const reply = await call('GET', `${url}/melt/${transactionId}`, { key, signal });
    return read(schemas.meltStatus, reply).timeline;
  }

  return { url, create, balance, fund, melt, timeline };
}

/** The simulated Lightning network writes an invoice. */
export async function writeInvoice(invoiceUrl: string, wanted: number, signal: AbortSignal): Promise<string> {
  return read(schemas.invoice, await call('POST', invoiceUrl, { body: { amount: wanted }, signal })).invoice;
}
