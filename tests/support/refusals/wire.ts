import { request } from 'node:http';
import { connect } from 'node:net';
import { undocumentedRefusal } from '../openapi/check.ts';
import { expectDocumented } from '../openapi/watch.ts';
import type { Json, Reply } from '../world.ts';

/** A request to the last byte: several headers of one name, bodies on any method, no header that was not asked for. */
export type Wire = {
  method: string;
  path: string;
  headers?: Record<string, string | string[] | undefined>;
  body?: string | Buffer;
};

/** An answer, with everything that came as one text: that is what is searched for what should not be there. */
export type Answer = Reply & { text: string };

export async function send(url: string, wire: Wire): Promise<Answer> {
  const answer = await exchange(url, wire);
  expectDocumented();
  return answer;
}

function exchange(url: string, { method, path, headers = {}, body }: Wire): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const given = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, method, path, headers: Object.fromEntries(given), agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve(
            answerFrom(
              response.statusCode ?? 0,
              pairs(response.rawHeaders),
              Buffer.concat(chunks).toString(),
            ),
          ),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Sends bytes that need not be HTTP and reads what comes back until the other side hangs up. */
export async function say(url: string, text: string): Promise<Answer> {
  const answer = await converse(url, text);
  expectDocumented();
  // What never became a request is answered below the app, which alone sets this header.
  if (!answer.headers.has('x-download-options')) {
    const headers = Object.fromEntries(answer.headers);
    const [, body = ''] = answer.text.split('\n\n');
    const wrong = undocumentedRefusal({ status: answer.status, headers, body });
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  }
  return answer;
}

function converse(url: string, text: string): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on('data', (chunk) => {
      heard += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const [head = '', ...rest] = heard.split('\r\n\r\n');
      const [first = '', ...lines] = head.split('\r\n');
      const headers = lines.map((line): [string, string] => [
        line.slice(0, line.indexOf(':')),
        line.slice(line.indexOf(':') + 1).trim(),
      ]);
      resolve(answerFrom(Number(first.split(' ')[1]), headers, rest.join('\r\n\r\n')));
    });
  });
}

function answerFrom(status: number, headers: [string, string][], text: string): Answer {
  return {
    status,
    headers: new Headers(headers),
    body: asJson(text),
    text: `${headers.map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${text}`,
  };
}

function asJson(text: string): Json {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? { ...json } : {};
  } catch {
    return {};
  }
}

function pairs(rawHeaders: readonly string[]): [string, string][] {
  return rawHeaders.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? '']] : [],
  );
}
