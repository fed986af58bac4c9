import { connect, createServer, type Socket } from 'node:net';

/** A database connection that a test can cut and mend: a TCP relay in front of mongod. */
export async function severable(uri: string) {
  const target = new URL(uri);
  const sockets = new Set<Socket>();
  let cut = false;
  let frozen = false;

  const relay = createServer((client) => {
    if (cut) return void client.destroy();
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
    if (frozen) for (const socket of [client, upstream]) socket.pause();
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const address = relay.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  const relayed = new URL(uri);
  relayed.host = `127.0.0.1:${address.port}`;
  relayed.search = '?directConnection=true';

  return {
    uri: relayed.href,
    sever() {
      cut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      cut = false;
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    /** Nothing gets through any more, and nobody is told. */
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        relay.close(() => resolve());
      }),
  };
}
