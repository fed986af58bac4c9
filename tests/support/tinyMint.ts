import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A mint of a few lines over real HTTP, which behaves as a test says and counts what it is asked. */
export type TinyMint = {
  url: string;
  /** Method and path of every request so far. */
  asked: string[];
  /** How many connections were ever made to it. */
  connections(): number;
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
};

export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Behaviour =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

/** Takes the request and says nothing. */
export const silence: Behaviour = () => undefined;

/** Takes the request and hangs up. */
export const hangUp: Behaviour = (request) => request.socket.destroy();

export async function startTinyMint(first: Behaviour = json({})): Promise<TinyMint> {
  let behaviour = first;
  let connections = 0;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.on('error', () => undefined);
    request.resume().on('end', () => behaviour(request, response));
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    connections: () => connections,
    behave: (next) => {
      behaviour = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
