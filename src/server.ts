import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AppParts, createApp } from './app.ts';
import { answerUnparsable } from './middleware/unparsable.ts';

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
  maxHeaderSize: 16 * 1024,
  connectionsCheckingInterval: 1_000,
};

/**
 * Boots the API on an address: the same server for production, development and tests. Port 0 picks a free one.
 * @throws the listen error (EADDRINUSE, EACCES, …)
 */
export async function startServer(
  parts: AppParts,
  at: { host: string; port: number },
): Promise<RunningServer> {
  const app = createApp(parts);
  const server = createServer({ ...limits, ...answeredByApp }, app);
  server.on('checkExpectation', app);
  server.on('clientError', answerUnparsable);
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
