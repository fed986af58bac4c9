import type { Socket } from 'node:net';
import { ipKeyGenerator } from 'express-rate-limit';

const ipv6Subnet = 64;

/**
 * Hangs up on whoever has too many connections already, before anything of them is read: files that are open to one client
 * are missing for the mint and the database. A proxy that is trusted speaks for many.
 */
export function limitConnections(
  perAddress: number,
  isTrusted: (address: string) => boolean,
): (socket: Socket) => void {
  const open = new Map<string, number>();
  return (socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || isTrusted(remoteAddress)) return;
    const client = ipKeyGenerator(remoteAddress, ipv6Subnet);
    const others = open.get(client) ?? 0;
    if (others >= perAddress) {
      socket.destroy();
      return;
    }
    open.set(client, others + 1);
    socket.once('close', () => {
      const left = (open.get(client) ?? 1) - 1;
      if (left === 0) open.delete(client);
      else open.set(client, left);
    });
  };
}
