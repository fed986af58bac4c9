import { connect, type Socket } from 'node:net';
import type { Json } from './world.ts';

/** All that came back on a connection until it was closed. */
export type Heard = {
  /** One for each answer, in their order. */
  statuses: number[];
  /** Of the last answer. */
  body: Json;
  text: string;
  tookMs: number;
};

export type Line = {
  socket: Socket;
  /** @throws Error where the other side does not hang up */
  heard: Promise<Heard>;
};

/** A connection over which a test says what it likes. `from`: the address that the server shall see. */
export function openLine(url: string, { from = '127.0.0.1', limitMs = 10_000 } = {}): Line {
  const { hostname, port } = new URL(url);
  const startedAt = performance.now();
  const socket = connect({ port: Number(port), host: hostname, localAddress: from });
  // Whoever is hung up on while they speak is told so by the system.
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  const heard = new Promise<Heard>((resolve, reject) => {
    const giveUp = setTimeout(() => {
      socket.destroy();
      reject(new Error(`nobody hung up within ${limitMs} ms; heard: ${text.slice(0, 500)}`));
    }, limitMs);
    socket.on('close', () => {
      clearTimeout(giveUp);
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
      resolve({ statuses, body: lastBody(text), text, tookMs: performance.now() - startedAt });
    });
  });
  heard.catch(() => undefined);
  return { socket, heard };
}

/** Says something and hears what comes back. */
export function saying(url: string, bytes: string | Buffer): Promise<Heard> {
  const { socket, heard } = openLine(url);
  socket.write(bytes);
  return heard;
}

/** Goes on saying a little until somebody hangs up. */
export function dribbling(url: string, head: string, piece: string, everyMs: number): Promise<Heard> {
  const { socket, heard } = openLine(url);
  socket.write(head);
  const timer = setInterval(() => socket.write(piece), everyMs);
  return heard.finally(() => clearInterval(timer));
}

function lastBody(text: string): Json {
  try {
    const json: unknown = JSON.parse(text.slice(text.lastIndexOf('\r\n\r\n') + 4));
    return typeof json === 'object' && json !== null ? { ...json } : {};
  } catch {
    return {};
  }
}
