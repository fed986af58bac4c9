import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  createHttpTransport,
  type HttpTransport,
  type Transport,
} from '../../src/services/mint/transport.ts';
import { hangUp, json, silence, startTinyMint, type TinyMint } from '../support/tinyMint.ts';

type Request = Parameters<Transport>[0];

const ends: (() => Promise<void>)[] = [];
const mintUrls: string[] = [];
afterEach(async () => {
  mintUrls.splice(0);
  for (const end of ends.splice(0).reverse()) await end();
});

async function aMint(...behaviour: Parameters<typeof startTinyMint>): Promise<TinyMint> {
  const mint = await startTinyMint(...behaviour);
  ends.push(mint.close);
  mintUrls.push(mint.url);
  return mint;
}

/** A way to the mints that there are by now. */
function aTransport(connectTimeoutMs = 3_000): HttpTransport {
  const transport = createHttpTransport({ connectTimeoutMs, mintUrls, privateNetworks: ['127.0.0.1'] });
  ends.push(transport.close);
  return transport;
}

const to = (url: string, more: Partial<Request> = {}): Request => ({
  method: 'GET',
  url,
  timeoutMs: 10_000,
  lane: 'short',
  ...more,
});

const waitMs = 300;

async function timed<T>(work: Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now();
  const result = await work;
  return { result, ms: performance.now() - start };
}

describe('a connection to a mint', () => {
  it('is kept: forty requests one after the other need no more than a few', async () => {
    const mint = await aMint(json({ ok: true }));
    const { carry } = aTransport();
    for (let round = 0; round < 20; round += 1) {
      expect(await carry(to(`${mint.url}/v1/info`))).toMatchObject({ kind: 'reply', httpStatus: 200 });
      await carry(to(`${mint.url}/v1/swap`, { method: 'POST', body: '{}' }));
    }
    expect(mint.asked).toHaveLength(40);
    expect(mint.connections()).toBeLessThanOrEqual(3);
  });

  it('is one of at most 64, however many questions are asked at once', async () => {
    const mint = await aMint((request, response) => {
      setTimeout(() => json({})(request, response), 20);
    });
    const { carry } = aTransport();
    const replies = await Promise.all(Array.from({ length: 200 }, () => carry(to(`${mint.url}/v1/info`))));
    expect(replies.filter(({ kind }) => kind === 'reply')).toHaveLength(200);
    expect(mint.connections()).toBeLessThanOrEqual(64);
  });

  it('that payments hang on is not needed for questions', async () => {
    const mint = await aMint((request, response) => {
      if (request.url === '/v1/info') json({})(request, response);
    });
    const transport = aTransport();
    const payment = to(`${mint.url}/v1/melt/bolt11`, { method: 'POST', body: '{}', lane: 'payment' });
    const hanging = Array.from({ length: 300 }, () => transport.carry(payment));
    expect(await transport.carry(to(`${mint.url}/v1/info`))).toMatchObject({ kind: 'reply' });
    await transport.close();
    for (const exchange of await Promise.all(hanging)) expect(exchange.kind).toBe('lost');
  });

  it('on which the mint hangs up has carried the request once, and it is not repeated', async () => {
    const mint = await aMint();
    const { carry } = aTransport();
    await carry(to(`${mint.url}/v1/info`)); // so that there is a kept connection to fail on
    mint.behave(hangUp);
    const swap = to(`${mint.url}/v1/swap`, { method: 'POST', body: '{}' });
    expect(await carry(swap)).toEqual({ kind: 'lost', reason: 'network' });
    expect(mint.asked.filter((line) => line === 'POST /v1/swap')).toHaveLength(1);
  });

  it('that is refused, or whose handshake is never answered, has certainly carried nothing', async () => {
    const gone = await startTinyMint();
    await gone.close();
    const port = await deafPort();
    mintUrls.push(gone.url, 'http://mint.invalid', `https://127.0.0.1:${port}`);
    const { carry } = aTransport(waitMs);
    expect(await carry(to(`${gone.url}/v1/info`))).toEqual({ kind: 'lost', reason: 'not_sent' });
    expect(await carry(to('http://mint.invalid/v1/info'))).toEqual({ kind: 'lost', reason: 'not_sent' });
    const { result, ms } = await timed(carry(to(`https://127.0.0.1:${port}/v1/info`)));
    expect(result).toEqual({ kind: 'lost', reason: 'not_sent' });
    expect(ms).toBeLessThan(5_000); // the connection's limit, not the reply's
  });
});

describe('a reply of a mint', () => {
  it('is waited for longer than a connection may take', async () => {
    const mint = await aMint((request, response) => {
      setTimeout(() => json({ late: true })(request, response), 4 * waitMs);
    });
    expect(await aTransport(waitMs).carry(to(mint.url))).toMatchObject({
      kind: 'reply',
      body: '{"late":true}',
    });
  });

  it.each([301, 302, 303, 307, 308])('that redirects (%i) is not followed', async (status) => {
    const elsewhere = await aMint();
    const mint = await aMint(json({}, status, { location: `${elsewhere.url}/v1/swap` }));
    const request = to(`${mint.url}/v1/swap`, { method: 'POST', body: '{"inputs":[]}' });
    expect(await aTransport().carry(request)).toEqual({ kind: 'lost', reason: 'redirect' });
    expect(elsewhere.connections()).toBe(0);
  });

  it('of 10 MB is cut off when half a megabyte of it is there', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'a');
    const chunks = 160;
    let sent = 0;
    const cutOff = Promise.withResolvers<void>();
    const mint = await aMint((_request, response) => {
      response.writeHead(200).on('close', cutOff.resolve);
      const more = () => {
        for (; sent < chunks && !response.destroyed; sent += 1) if (!response.write(chunk)) return;
        response.end();
      };
      response.on('drain', () => {
        sent += 1;
        more();
      });
      more();
    });
    expect(await aTransport().carry(to(mint.url))).toEqual({ kind: 'lost', reason: 'too_large' });
    await cutOff.promise;
    expect(sent).toBeLessThan(chunks);
  });

  it.each<[string, (write: (text: string) => void) => void]>([
    ['its headers', (write) => write('HTTP/1.1 200 OK\r\nX-Slow: ')],
    ['its body', (write) => write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n')],
  ])('that trickles in, %s byte by byte, is waited for no longer than the limit', async (_what, begin) => {
    const mint = await aMint((request) => {
      const write = (text: string) => void (request.socket.destroyed || request.socket.write(text));
      begin(write);
      const drip = setInterval(() => write('a'), 20);
      request.socket.on('close', () => clearInterval(drip));
    });
    const { result, ms } = await timed(aTransport().carry(to(mint.url, { timeoutMs: waitMs })));
    expect(result).toEqual({ kind: 'lost', reason: 'timeout' });
    expect(ms).toBeLessThan(waitMs + 2_000);
  });

  it.each([
    ['7', 7_000],
    [new Date(Date.now() + 60_000).toUTCString(), expect.any(Number)],
    ['soon', undefined],
  ])('says when to come back (Retry-After: %s)', async (header, retryAfterMs) => {
    const mint = await aMint(json({}, 429, { 'retry-after': header }));
    const reply = await aTransport().carry(to(mint.url));
    expect(reply).toEqual({
      kind: 'reply',
      httpStatus: 429,
      body: '{}',
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  });

  it('that is still awaited when the server goes is given up, and nothing is left open', async () => {
    const mint = await aMint(silence);
    const transport = aTransport();
    const hanging = transport.carry(to(mint.url, { lane: 'payment' }));
    setTimeout(() => void transport.close(), 50);
    expect(await hanging).toEqual({ kind: 'lost', reason: 'network' });
  });
});

/** A port that takes up connections and never says anything, so that no TLS handshake comes to its end. */
async function deafPort(): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  const server: Server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
