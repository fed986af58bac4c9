/**
 * What came back from one HTTP exchange with a mint. Faults are values: whoever sends money must be able to say exactly
 * what it knows. `lost` means that the request may or may not have been carried out.
 */
export type Exchange =
  | { kind: 'reply'; httpStatus: number; body: string }
  | { kind: 'lost'; reason: 'timeout' | 'network' | 'redirect' | 'too_large' };

export type Transport = (request: {
  method: 'GET' | 'POST';
  url: string;
  body?: string;
  timeoutMs: number;
}) => Promise<Exchange>;

/** Room for a thousand signatures; a stored reply is at most this large, so an operation stays far from 16 MB. */
const maxReplyBytes = 512 * 1024;

/** One attempt over fetch: no retry of any kind, no redirect followed, at most 512 KiB read. */
export const httpTransport: Transport = async ({ method, url, body, timeoutMs }) => {
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      return { kind: 'lost', reason: 'redirect' };
    }
    const text = await readLimited(response);
    if (text === null) return { kind: 'lost', reason: 'too_large' };
    return { kind: 'reply', httpStatus: response.status, body: text };
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
    return { kind: 'lost', reason: timedOut ? 'timeout' : 'network' };
  }
};

async function readLimited(response: Response): Promise<string | null> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > maxReplyBytes) return null; // leaving the loop cancels the stream
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}
