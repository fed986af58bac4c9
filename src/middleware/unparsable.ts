import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { validationError } from '../models/errors.ts';
import { problemBody } from './problems.ts';

type Refusal = { line: string; field: string; message: string };

/** What Node's HTTP parser refuses before there is a request (nodejs.org/api/http: Event 'clientError'). */
const refusals: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: {
    line: '431 Request Header Fields Too Large',
    field: 'headers',
    message: 'are larger than 16 KiB',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    line: '408 Request Timeout',
    field: 'headers',
    message: 'did not arrive in time',
  },
};
const otherwise: Refusal = { line: '400 Bad Request', field: 'headers', message: 'are not correct HTTP' };
const noTunnel: Refusal = { line: '400 Bad Request', field: 'method', message: 'must not be CONNECT' };

/** So long a client that was answered before it had sent everything may go on, and read the answer meanwhile. */
const lingerMs = 2_000;

type Exchange = { req: IncomingMessage; res: ServerResponse };

/** What runs on a connection: more than one exchange where a client does not wait for its answers. */
const running = new WeakMap<Duplex, Set<Exchange>>();

/** First to hear of each request. Hangs up on whoever goes on sending what was refused, instead of swallowing it for long. */
export function noteExchange(req: IncomingMessage, res: ServerResponse): void {
  const { socket } = req;
  const exchange = { req, res };
  const exchanges = running.get(socket) ?? new Set();
  running.set(socket, exchanges.add(exchange));
  res.once('close', () => {
    if (req.complete) {
      exchanges.delete(exchange);
      return;
    }
    setTimeout(() => (req.complete ? exchanges.delete(exchange) : socket.destroy()), lingerMs).unref();
  });
}

/**
 * Answers bytes that never became a request in the same form as every other error, and hangs up. What came before them on
 * the connection and is not answered yet gets its own answer first, and the bytes none: a payment that is under way must
 * not be told that nothing was done.
 */
export function answerUnparsable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET') socket.destroy();
  else refuse(socket, refusals[error.code ?? ''] ?? otherwise);
}

/** For CONNECT: Node would hang up without a word. */
export function refuseTunnel(_req: IncomingMessage, socket: Duplex): void {
  refuse(socket, noTunnel);
}

function refuse(socket: Duplex, refusal: Refusal): void {
  const exchanges = [...(running.get(socket) ?? [])];
  const awaited = exchanges.filter(({ req, res }) => req.complete && !res.writableFinished);
  if (awaited.length > 0) {
    socket.pause();
    for (const { res } of awaited) res.once('close', () => hangUpAfter(socket, awaited));
    return;
  }
  // A second answer to one request would be taken for that to the next.
  const isAnswered = exchanges.some(({ req, res }) => !req.complete && res.headersSent);
  if (isAnswered || !socket.writable) socket.destroy();
  else socket.end(answerTo(refusal));
}

function hangUpAfter(socket: Duplex, awaited: readonly Exchange[]): void {
  if (awaited.every(({ res }) => res.closed)) socket.end(() => socket.destroy());
}

function answerTo({ line, field, message }: Refusal): string {
  const requestId = randomUUID();
  const problem = problemBody(validationError([{ field, message }]), {
    requestId,
    route: null,
    supportId: null,
  });
  const body = JSON.stringify({ ...problem, status: Number.parseInt(line, 10) });
  return [
    `HTTP/1.1 ${line}`,
    'Connection: close',
    'Cache-Control: no-store',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    '',
    body,
  ].join('\r\n');
}
