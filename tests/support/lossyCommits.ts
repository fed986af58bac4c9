import { connect, createServer, type Socket } from 'node:net';
import { mongo } from 'mongoose';

/**
 * `before`: the commit never arrives, and the database drops the transaction. `after`: it stands, and nobody hears. `late`: it
 * arrives once nobody has repeated it for a second.
 */
export type Loss = { event: string; when: 'before' | 'after' | 'late' };

const lateByMs = 1_000;

/** Clients begin each message with its length, and a command with the document that follows these. */
const documentAt = 21;

/**
 * A way to the database on which commits can be lost: that of the next transaction which writes a certain audit event,
 * and every repetition of it. All other traffic passes.
 */
export async function lossyCommits(uri: string) {
  const target = new URL(uri);
  const admin = await mongo.MongoClient.connect(uri);
  const sockets = new Set<Socket>();
  const doomed = new Map<string, Loss>();
  let wanted: Loss | null = null;
  let lost = 0;
  let arrived = 0;
  let late: (() => void) | null = null;
  let timer: NodeJS.Timeout | undefined;

  /** @returns what is to become of a message; `swallow`: of its answer. */
  async function fateOf(message: Buffer): Promise<'pass' | 'cut' | 'swallow' | 'delay'> {
    const command = readCommand(message);
    if (command === null) return 'pass';
    if (wanted !== null && message.includes(wanted.event)) {
      doomed.set(command.transaction, wanted);
      wanted = null;
    }
    const loss = doomed.get(command.transaction);
    if (loss === undefined || !command.commits) return 'pass';
    lost += 1;
    if (loss.when === 'after' && lost === 1) return 'swallow';
    if (loss.when === 'late') {
      clearTimeout(timer);
      timer = setTimeout(() => late?.(), lateByMs);
      if (lost === 1) return 'delay';
    }
    if (loss.when === 'before') await admin.db('admin').command({ killSessions: [{ id: command.session }] });
    return 'cut';
  }

  const relay = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        if (!delaying) upstream.destroy();
      });
    }
    let swallowing = false;
    let delaying = false;
    upstream.on('data', (data) => void (swallowing ? client.destroy() : client.write(data)));
    void inTurn(client, async (message) => {
      const fate = await fateOf(message);
      if (fate === 'delay') {
        delaying = true;
        late = () => {
          late = null;
          arrived += 1;
          upstream.write(message);
        };
      }
      if (fate === 'cut' || fate === 'delay') return void client.destroy();
      swallowing ||= fate === 'swallow';
      upstream.write(message);
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const address = relay.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  const relayed = new URL(uri);
  relayed.host = `127.0.0.1:${address.port}`;
  relayed.search = '?directConnection=true';

  return {
    uri: relayed.href,
    lose(loss: Loss) {
      wanted = loss;
      lost = 0;
      arrived = 0;
    },
    /** How often a commit was kept back. */
    lost: () => lost,
    /** How many late ones have come. */
    arrived: () => arrived,
    async close() {
      clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => relay.close(() => resolve()));
      await admin.close();
    },
  };
}

/** Hands over the messages of a connection one after the other, each whole. */
async function inTurn(client: Socket, take: (message: Buffer) => Promise<void>): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of client) {
      if (!Buffer.isBuffer(chunk)) continue;
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
        const length = rest.readInt32LE(0);
        await take(rest.subarray(0, length));
        rest = rest.subarray(length);
      }
    }
  } catch {
    client.destroy(); // cut by whichever side
  }
}

/** A command that belongs to a transaction, or null for any other. */
function readCommand(message: Buffer): { transaction: string; session: unknown; commits: boolean } | null {
  if (message.length < documentAt + 4 || message[documentAt - 1] !== 0) return null;
  const length = message.readInt32LE(documentAt);
  if (length > message.length - documentAt || !message.includes('autocommit')) return null;
  const command = mongo.BSON.deserialize(message.subarray(documentAt, documentAt + length));
  if (command['autocommit'] !== false) return null;
  const session: unknown = command['lsid']?.id;
  return {
    transaction: `${String(session)}:${String(command['txnNumber'])}`,
    session,
    commits: 'commitTransaction' in command,
  };
}
