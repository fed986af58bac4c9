/** The driver behind mongosh.ts: answers one request after the other, and wakes the asking thread. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { mongo } from 'mongoose';
import type { Answer, Request } from './mongosh.ts';

const { uri, port, answered }: { uri: string; port: MessagePort; answered: Int32Array } = workerData;
const patience = { serverSelectionTimeoutMS: 5_000 };
let client = new mongo.MongoClient(uri, patience);

port.on('message', (request: Request) => {
  void answer(request).then((message) => {
    port.postMessage(message);
    Atomics.store(answered, 0, 1);
    Atomics.notify(answered, 0);
  });
});

async function answer(request: Request): Promise<Answer> {
  try {
    if ('command' in request) {
      const command = mongo.BSON.EJSON.deserialize(request.command);
      return { reply: await client.db(request.database).command(command) };
    }
    await logIn(request);
    return { reply: { ok: 1 } };
  } catch (error) {
    const { code, codeName } =
      error instanceof mongo.MongoServerError ? error : { code: null, codeName: null };
    return { message: String(error), code, codeName };
  }
}

/** A failed log-in leaves the connection as it was, as in mongosh. */
async function logIn(request: { database: string; user: string; password: string }): Promise<void> {
  const auth = { username: request.user, password: request.password };
  const loggedIn = new mongo.MongoClient(uri, { ...patience, auth, authSource: request.database });
  await loggedIn.db('admin').command({ ping: 1 });
  client = loggedIn;
}
