import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { IncomingMessage, ServerResponse } from 'node:http';

/** What a server has answered: head and body as one text. */
export type Answer = { path: string; status: number; text: string };

/** On this channel Node tells of every request that a server of this process receives. */
export const started = 'http.server.request.start';

/**
 * Overhears what servers of this process receive and answer, whoever asks them: Node itself tells of every request, and
 * nothing is put between client and server.
 */
export function overhear(heard: { authorization(header: string): void; answer(answer: Answer): void }) {
  const ports = new Set<number>();

  function onRequest(message: unknown): void {
    if (typeof message !== 'object' || message === null) return;
    const request: unknown = Reflect.get(message, 'request');
    const response: unknown = Reflect.get(message, 'response');
    if (!(request instanceof IncomingMessage) || !(response instanceof ServerResponse)) return;
    if (!ports.has(request.socket.localPort ?? 0)) return;
    heard.authorization(request.headers.authorization ?? '');
    record(request.url ?? '', response);
  }

  function record(path: string, response: ServerResponse): void {
    onceAnswered(response, (body) => {
      const text = `${JSON.stringify(response.getHeaders())}\n${body}`;
      heard.answer({ path, status: response.statusCode, text });
    });
  }

  subscribe(started, onRequest);
  return {
    listensAt: (port: number) => ports.add(port),
    stop: () => unsubscribe(started, onRequest),
  };
}

/** Tells the whole body of an answer in the moment in which it is complete, before it has left. */
export function onceAnswered(response: ServerResponse, tell: (body: string) => void): void {
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown): void => {
    if (typeof chunk === 'string') chunks.push(Buffer.from(chunk, 'utf8'));
    else if (ArrayBuffer.isView(chunk))
      chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  };
  const { write, end } = response;
  Reflect.set(response, 'write', (...args: unknown[]) => {
    keep(args[0]);
    return Reflect.apply(write, response, args);
  });
  Reflect.set(response, 'end', (...args: unknown[]) => {
    keep(args[0]);
    tell(Buffer.concat(chunks).toString('utf8'));
    return Reflect.apply(end, response, args);
  });
}
