import { subscribe } from 'node:diagnostics_channel';
import { IncomingMessage, ServerResponse } from 'node:http';
import { onceAnswered, started } from '../leakScan/answers.ts';
import { type Exchange, undocumented } from './check.ts';

/** What was found since somebody asked. Bounded: one kind of mistake may be met in every answer. */
const found: string[] = [];
const mostKept = 20;

/** Crucible's answers carry both, whoever else serves HTTP in this process. */
const isOurs = (headers: Record<string, string>): boolean =>
  headers['x-request-id'] !== undefined && headers['x-download-options'] !== undefined;

let isWatching = false;

/**
 * From now on, every answer of every Crucible in this process is held against the document, whoever asked for it. The work
 * is done once in a process; it is shared by the test files that run in it (ADR 25).
 */
export function watchAnswers(): void {
  if (isWatching) return;
  isWatching = true;
  subscribe(started, (message) => {
    if (typeof message !== 'object' || message === null) return;
    const request: unknown = Reflect.get(message, 'request');
    const response: unknown = Reflect.get(message, 'response');
    if (!(request instanceof IncomingMessage) || !(response instanceof ServerResponse)) return;
    const asked = overhearBody(request);
    onceAnswered(response, (body) => {
      const headers = headersIn(response);
      const { method = '', url = '' } = request;
      // A target may name the whole address (RFC 9112, 3.2.2).
      const path = url.replace(/^https?:\/\/[^/]*/i, '');
      if (isOurs(headers)) note({ method, path, status: response.statusCode, headers, body, asked: asked() });
    });
  });
}

/** Fails whoever calls it, where an answer was other than the document says: the test in which it came. */
export function expectDocumented(): void {
  if (found.length > 0) throw new Error(`not as the OpenAPI document says:\n${found.splice(0).join('\n')}`);
}

function note(exchange: Exchange): void {
  try {
    found.push(...undocumented(exchange));
  } catch (error) {
    // The answer must leave all the same: whoever waits for it is told.
    found.push(String(error));
  }
  found.splice(mostKept);
}

/** The body as whoever reads it gets it: nothing is read ahead, so that a refusal before it stays one. */
function overhearBody(request: IncomingMessage): () => string | null {
  const chunks: Buffer[] = [];
  const { emit } = request;
  Reflect.set(request, 'emit', (...args: unknown[]) => {
    if (args[0] === 'data' && Buffer.isBuffer(args[1])) chunks.push(args[1]);
    return Reflect.apply(emit, request, args);
  });
  return () => (chunks.length === 0 ? null : Buffer.concat(chunks).toString('utf8'));
}

const headersIn = (response: ServerResponse): Record<string, string> =>
  Object.fromEntries(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]));
