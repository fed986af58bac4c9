import { isDeepStrictEqual } from 'node:util';
import { type Delivery, type Process, type Reply, replyToError, type SimRequest } from '../http/exchange.ts';
import { type ErrorCode, MintError } from '../mint/errors.ts';
import type { FaultOf } from './faults.ts';

/** What becomes of an exchange: whether, when and in what shape a reply leaves. */
export const cut: Delivery = { kind: 'cut' };

export function delivered(reply: Reply): Delivery {
  return { kind: 'reply', reply };
}

export function refused(code: ErrorCode, detail: string): Delivery {
  return delivered(replyToError(new MintError(code, detail)));
}

/** Whether a delivery says just what the mint would have said. */
export function tells(delivery: Delivery, { status, body }: Reply): boolean {
  if (delivery.kind !== 'reply') return false;
  return isDeepStrictEqual([delivery.reply.status, delivery.reply.body], [status, body]);
}

/** The client has long gone when this runs, and perhaps the simulator too: then `due` never comes. */
export function processLater(due: Promise<void>, request: SimRequest, process: Process): void {
  due
    .then(() => process(request))
    .catch((error: unknown) => console.error('simulator, delivering late:', error));
}

/** The reply that a fault names in place of the mint's. */
export function substitute(fault: FaultOf<'status' | 'error_code' | 'html' | 'redirect'>): Delivery {
  switch (fault.kind) {
    case 'status':
      return delivered({
        status: fault.status,
        headers: fault.retryAfterSeconds === null ? {} : { 'Retry-After': String(fault.retryAfterSeconds) },
        body: fault.body,
      });
    case 'error_code':
      return delivered({ status: 400, headers: {}, body: { detail: fault.detail, code: fault.code } });
    case 'redirect':
      return delivered({ status: fault.status, headers: { Location: fault.location }, body: {} });
    case 'html': {
      const bytes = Buffer.from(page);
      const contentLength = bytes.length;
      return { kind: 'bytes', status: fault.status, contentType: 'text/html', bytes, contentLength };
    }
  }
}

const page = '<!DOCTYPE html><html><body><h1>Bad gateway</h1><p>A proxy wrote this page.</p></body></html>\n';

/** The first half of a reply's JSON, under a Content-Length that tells the truth or that of the whole. */
export function truncated(reply: Reply, { contentLength }: FaultOf<'truncate'>): Delivery {
  const whole = Buffer.from(JSON.stringify(reply.body));
  const bytes = whole.subarray(0, Math.floor(whole.length / 2));
  return {
    kind: 'bytes',
    status: reply.status,
    contentType: 'application/json',
    bytes,
    contentLength: contentLength === 'full' ? whole.length : bytes.length,
  };
}

/** The true reply, with a member that nobody knows and that makes it as large as was asked for. */
export function padded(reply: Reply, { bytes }: FaultOf<'huge_body'>): Reply {
  if (typeof reply.body !== 'object' || reply.body === null) return reply;
  const already = Buffer.byteLength(JSON.stringify({ ...reply.body, padding: '' }));
  return { ...reply, body: { ...reply.body, padding: 'x'.repeat(Math.max(0, bytes - already)) } };
}
