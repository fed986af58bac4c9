/** One request as it is to be sent. */
export type RawRequest = {
  method: 'GET' | 'POST';
  /** With a leading slash, and query where there is one. */
  path: string;
  /** Text is sent as it stands, anything else as JSON. */
  body?: unknown;
  /** `authorization` among them takes the place of the client's own. */
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

/** What came back, of whatever status; `body` as text. */
export type RawReply = { status: number; headers: Headers; body: string };

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type Bytes = Uint8Array<ArrayBuffer>;

/** What fetch takes. */
export type Prepared = RequestInit & { headers: Headers };

/** What `Authorization` is to say of a request; null = nothing. Asked anew for each attempt. */
export type Authorize = (request: {
  method: string;
  path: string;
  bytes: Bytes | null;
}) => Promise<string | null>;

/** Before anything is sent. @throws whatever `authorize` throws; the signal's reason, without waiting for whoever signs */
export async function prepare(request: RawRequest, authorize: Authorize): Promise<Prepared> {
  const { method, path, body, signal } = request;
  const bytes = bytesOf(body);
  const headers = new Headers(bytes === null ? {} : { 'content-type': 'application/json' });
  const given = new Headers(request.headers);
  if (!given.has('authorization')) {
    const authorization = await unlessRaised(authorize({ method, path, bytes }), signal);
    if (authorization !== null) headers.set('authorization', authorization);
  }
  given.forEach((value, name) => {
    headers.set(name, value);
  });
  return {
    method,
    headers,
    // What is signed for one address is not told another, and no POST becomes a GET.
    redirect: 'error',
    credentials: 'omit',
    ...(bytes === null ? {} : { body: bytes }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** Sends it once and reads the whole answer. @throws whatever fetch throws: the request may have arrived */
export async function exchange(fetch: Fetch, url: string, init: Prepared): Promise<RawReply> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** The work goes on by itself: others may wait for it as well. */
async function unlessRaised<Value>(work: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (signal === undefined) return work;
  let end = () => {};
  const raised = new Promise<never>((_resolve, reject) => {
    end = () => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  return Promise.race([raised, work]).finally(() => signal.removeEventListener('abort', end));
}

function bytesOf(body: unknown): Bytes | null {
  if (body === undefined) return null;
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
}
