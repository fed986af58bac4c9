import { codes, MintError } from '../mint/errors.ts';
import { type MeltOrders, noMeltOrders } from '../mint/meltOrders.ts';

/** One request as the simulator sees it, apart from Express. */
export type SimRequest = {
  method: string;
  path: string;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, unknown>>;
  body: unknown;
  /** How the mint is to process it, where a fault says so. */
  orders: Orders;
};

export type Orders = {
  melt: MeltOrders;
  /** Whether the NUT-19 cache is to remember a PENDING reply too. */
  remembersPending: boolean;
};
export const noOrders: Orders = { melt: noMeltOrders, remembersPending: false };

export type Reply = { status: number; headers: Readonly<Record<string, string>>; body: unknown };

/** What goes out in the end: a reply, a connection that is cut, or bytes that are no proper reply of a mint. */
export type Delivery = { kind: 'reply'; reply: Reply } | { kind: 'cut' } | ({ kind: 'bytes' } & RawReply);

export type RawReply = {
  status: number;
  contentType: string;
  bytes: Buffer;
  /** What the header promises; if that is more than there are bytes, the connection is cut after them. */
  contentLength: number;
};

export type Handler = (request: SimRequest) => unknown;
export type Process = (request: SimRequest) => Promise<Reply>;

export function ok(body: unknown): Reply {
  return { status: 200, headers: {}, body };
}

/** NUT-00: a refusal is HTTP 400 with `{detail, code}`. What is no refusal is a bug, and says so. */
export function replyToError(error: unknown): Reply {
  if (error instanceof MintError) {
    return { status: 400, headers: {}, body: { detail: error.message, code: error.code } };
  }
  if (isHttpError(error)) {
    const { status, message } = error;
    return {
      status: status === 413 ? 413 : 400,
      headers: {},
      body: { detail: message, code: codes.malformed },
    };
  }
  console.error('simulator:', error);
  return { status: 500, headers: {}, body: { detail: 'internal error of the simulator', code: 0 } };
}

/** What Express and its body parser throw for requests that they cannot take. */
function isHttpError(error: unknown): error is Error & { status: number } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status >= 400 &&
    error.status < 500
  );
}
