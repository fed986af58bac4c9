import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AppParts, createApp } from './app.ts';
import { limitConnections } from './middleware/connections.ts';
import { answerUnparsable, noteExchange, refuseTunnel } from './middleware/unparsable.ts';

export type RunningServer = {
  url: string;
  port: number;
  /** Stops accepting, lets open requests finish for at most `graceMs` (10 s), then cuts them off. */
  close(graceMs?: number): Promise<void>;
};

/** Node would answer a missing Host, and an Expect it does not know, with an empty body: the app sees to both. */
const answeredByApp = { requireHostHeader: false };

/** A client gets this long to send its header and its whole request; how long we think is our own affair. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  /** Of silence on both sides, longer than any request waits for its payment: for who asks and does not read. */
  silenceTimeout: 360_000,
  maxHeaderSize: 16 * 1024,
  connectionsCheckingInterval: 1_000,
  /** Below the files that a process may have open, of which mint and database need some. */
  maxConnections: 10_000,
  /** Some more than 3,000 requests a minute need that wait for 30 s each. */
  connectionsPerAddress: 2_000,
};

export type ServerLimits = typeof limits;

/**
 * Boots the API on an address: the same server for production, development and tests. Port 0 picks a free one.
 * @param changed limits in ms, bytes and connections that a test cannot wait for, or reach
 * @throws the listen error (EADDRINUSE, EACCES, …)
 */
export async function startServer(
  parts: AppParts,
  at: { host: string; port: number },
  changed: Partial<ServerLimits> = {},
): Promise<RunningServer> {
  const app = createApp(parts);
  const { silenceTimeout, maxConnections, connectionsPerAddress, ...ofHttp } = { ...limits, ...changed };
  const server = createServer({ ...ofHttp, ...answeredByApp });
  server.maxConnections = maxConnections;
  server.setTimeout(silenceTimeout);
  const isTrusted: (address: string, hop: number) => boolean = app.get('trust proxy fn');
  server.prependListener(
    'connection',
    limitConnections(connectionsPerAddress, (address) => isTrusted(address, 0)),
  );
  for (const asked of ['request', 'checkExpectation']) server.on(asked, noteExchange).on(asked, app);
  server.on('clientError', answerUnparsable);
  server.on('connect', refuseTunnel);
  const port = await listen(server, at);
  // The report of an earlier, orderly shutdown has served its turn.
  await parts.services.reports.close('SHUTTING_DOWN', 'a server is up again');
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  return { url: `http://${host}:${port}`, port, close: (graceMs = 10_000) => close(server, graceMs) };
}

function listen(server: Server, at: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, () => {
      server.off('error', reject);
      resolve(portOf(server.address()));
    });
  });
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no TCP address');
  return address.port;
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // A connection kept alive becomes idle only after its last answer: look again and again.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close((error) => {
      clearInterval(sweep);
      clearTimeout(cutOff);
      if (error) reject(error);
      else resolve();
    });
  });
}
