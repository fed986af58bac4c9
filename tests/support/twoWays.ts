import { createCrucible, type RawReply, type RawRequest } from '../../client/src/index.ts';

/**
 * Sends requests as they are and reads the whole answers: every second one by our own client, the others by fetch alone, so
 * that whatever the client did to a request or an answer would show in the suite.
 * @param apiKey for requests without an `authorization` of their own
 */
export function twoWays(apiKey: string): (url: string, request: RawRequest) => Promise<RawReply> {
  let isClients = false;
  return (url, request) => {
    isClients = !isClients;
    if (isClients) return createCrucible({ baseUrl: url, auth: { apiKey } }).request(request);
    return byFetch(url, request, apiKey);
  };
}

async function byFetch(
  url: string,
  { method, path, body, headers }: RawRequest,
  apiKey: string,
): Promise<RawReply> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
}
