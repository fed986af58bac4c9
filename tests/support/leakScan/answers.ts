import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { IncomingMessage, ServerResponse } from 'node:http';

/** What a server has answered: head and body as one text. */
export type Answer = { path: string; status: number; text: string };

const started = 'http.server.request.start';

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
      const body = Buffer.concat(chunks).toString('utf8');
      const text = `${JSON.stringify(response.getHeaders())}\n${body}`;
      heard.answer({ path, status: response.statusCode, text });
      return Reflect.apply(end, response, args);
    });
  }

  subscribe(started, onRequest);
  return {
    listensAt: (port: number) => ports.add(port),
    stop: () => unsubscribe(started, onRequest),
  };
}
