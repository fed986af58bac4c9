import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export type Claim = { release(): Promise<void> };

const tryEveryMs = 50;

/**
 * Claims a path for this process, or says by undefined that another process has it, after waiting `patienceMs` for it.
 *
 * The claim is a listening local socket and not a file with a process id: the system gives it back however the
 * process ends, and an id that was reused proves nothing.
 */
export async function claim(path: string, patienceMs = 0): Promise<Claim | undefined> {
  const address = addressFor(path);
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const server = await tryToListen(address);
    if (server !== undefined) return { release: () => close(server) };
    if (await isLeftover(address)) await rm(address, { force: true });
    else if (Date.now() >= giveUpAt) return undefined;
    else await pause(tryEveryMs);
  }
}

/** Linux and Windows have names for sockets that vanish with their owner; elsewhere it is a file that may be left over. */
function addressFor(path: string): string {
  const name = `crucible-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
  if (process.platform === 'linux') return `\0${name}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return join(tmpdir(), `${name}.sock`);
}

function tryToListen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.on('error', (error) =>
      'code' in error && error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(address, () => resolve(server.unref()));
  });
}

function isLeftover(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.on('connect', () => resolve(false));
    socket.on('error', (error) =>
      resolve(!address.startsWith('\0') && 'code' in error && error.code === 'ECONNREFUSED'),
    );
    socket.on('close', () => socket.destroy());
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
