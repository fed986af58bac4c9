import { createServer, type Server } from 'node:http';
import { MintClock } from './clock.ts';
import { FaultPlan } from './faults/faultPlan.ts';
import { Gate } from './faults/gate.ts';
import { createApp } from './http/app.ts';
import { mintRoutes } from './http/mintRoutes.ts';
import { RequestLog } from './http/requestLog.ts';
import { ResponseCache } from './http/responseCache.ts';
import { simRoutes } from './http/simRoutes.ts';
import { serveSubscriptions } from './http/websocket.ts';
import { LightningNetwork } from './lightning/network.ts';
import type { MintContext } from './mint/context.ts';
import { Keyring } from './mint/keyring.ts';
import { Keysets } from './mint/keysets.ts';
import { scheduleAutoPay } from './mint/minting.ts';
import { resumeMelts } from './mint/payment.ts';
import { type Settings, type SimulatorOptions, settingsFrom } from './options.ts';
import { fileJournal, memoryJournal } from './state/journal.ts';
import { Store } from './state/store.ts';
import { Timers } from './timers.ts';

export type { SimulatorOptions } from './options.ts';

export type Simulator = {
  /** The mint's URL, without a slash at the end. */
  url: string;
  /** POST {"amount": 210} here for an invoice that the toy network can pay. */
  invoiceUrl: string;
  port: number;
  /** Ends it and leaves no timer and no socket behind. */
  close(): Promise<void>;
};

/** Starts a mint with its own ledger and a toy Lightning network. Rejects if it cannot listen. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = settingsFrom(options);
  const clock = new MintClock(settings.clock);
  const mint = openMint(settings, clock);
  const plan = new FaultPlan();
  const gate = new Gate();
  const log = new RequestLog(settings.clock);
  const app = createApp({
    mintRoutes: mintRoutes(mint),
    simRoutes: simRoutes({ mint, clock, plan, gate, log }),
    plan,
    mint,
    gate,
    cache: new ResponseCache(clock.now),
    log,
  });
  const server = createServer({ keepAliveTimeout: settings.keepAliveSeconds * 1_000 }, app);
  const closeSubscriptions = serveSubscriptions(server, mint);
  const port = await listen(server, settings).catch((error: unknown) => {
    closeMint(mint);
    throw error;
  });
  resume(mint);
  const url = `http://${settings.host}:${port}`;
  return {
    url,
    invoiceUrl: `${url}/sim/invoice`,
    port,
    close: async () => {
      closeMint(mint);
      closeSubscriptions();
      await stop(server);
    },
  };
}

function openMint(settings: Settings, clock: MintClock): MintContext {
  const warn = (message: string) => console.error(`simulator: ${message}`);
  const journal = settings.journalPath === null ? memoryJournal() : fileJournal(settings.journalPath, warn);
  const store = new Store(journal);
  const timers = new Timers();
  const keyring = new Keyring(settings.seed);
  const keysets = new Keysets(store, keyring);
  const { unit, keysetVersion: version, inputFeePpk } = settings;
  if (keysets.all().length === 0) keysets.rotate({ unit, version, inputFeePpk });
  const kept = keysets.active().unit;
  if (kept !== unit) throw new Error(`the journal was written in ${kept}, not in ${unit}; use a new journal`);
  const lightning = new LightningNetwork(store, timers, settings.clock);
  const ownSettings = { ...settings, clock: clock.now };
  return { settings: ownSettings, outsideClock: settings.clock, store, timers, keyring, keysets, lightning };
}

/** What was under way when an earlier process ended goes on. */
function resume(mint: MintContext): void {
  resumeMelts(mint);
  for (const quote of mint.store.state.mintQuotes.values()) {
    const invoice = mint.store.state.invoices.get(quote.paymentHash);
    if (quote.state === 'UNPAID' && invoice) scheduleAutoPay(mint, invoice);
  }
}

function closeMint(mint: MintContext): void {
  mint.timers.close();
  mint.store.close();
}

function listen(server: Server, { host, port }: Settings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
