import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { validationError } from '../models/errors.ts';
import { problemBody } from './problems.ts';

/** What Node's HTTP parser refuses before there is a request (nodejs.org/api/http: Event 'clientError'). */
const refusals: Record<string, { line: string; message: string }> = {
  HPE_HEADER_OVERFLOW: { line: '431 Request Header Fields Too Large', message: 'are larger than 16 KiB' },
  ERR_HTTP_REQUEST_TIMEOUT: { line: '408 Request Timeout', message: 'did not arrive in time' },
};
const otherwise = { line: '400 Bad Request', message: 'are not correct HTTP' };

/** Answers bytes that never became a request in the same form as every other error, and hangs up. */
export function answerUnparsable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { line, message } = refusals[error.code ?? ''] ?? otherwise;
  const requestId = randomUUID();
  const problem = problemBody(validationError([{ field: 'headers', message }]), {
    requestId,
    route: null,
    supportId: null,
  });
  const body = JSON.stringify({ ...problem, status: Number.parseInt(line, 10) });
  socket.end(
    [
      `HTTP/1.1 ${line}`,
      'Connection: close',
      'Cache-Control: no-store',
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      '',
      body,
    ].join('\r\n'),
  );
}
