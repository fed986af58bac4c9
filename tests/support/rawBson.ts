import { once } from 'node:events';
import { connect } from 'node:net';
import { mongo } from 'mongoose';

/** BSON by hand (bsonspec.org), for documents that a store may hold and no driver would write. */
export function bson(...elements: readonly Buffer[]): Buffer {
  const body = Buffer.concat(elements);
  const document = Buffer.alloc(body.length + 5);
  document.writeInt32LE(document.length, 0);
  body.copy(document, 4);
  return document;
}

export const element = (type: number, name: string, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type]), Buffer.from(`${name}\0`, 'utf8'), value]);

export const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

export const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
};

/** A string's bytes need not be UTF-8: the database does not look. */
export const string = (bytes: string | Buffer): Buffer => {
  const text = Buffer.from(bytes);
  return Buffer.concat([int32(text.length + 1), text, Buffer.from([0])]);
};

/** The elements of an ordinary document, to be followed by others. */
export function elementsOf(document: object): Buffer {
  return Buffer.from(mongo.BSON.serialize(document)).subarray(4, -1);
}

/** Inserts documents byte for byte, by an OP_MSG of its own. @throws Error with the server's words */
export async function insertRaw(uri: string, collection: string, documents: readonly Buffer[]) {
  const { hostname, port, pathname } = new URL(uri);
  const list = bson(...documents.map((document, index) => element(3, String(index), document)));
  const command = bson(
    element(2, 'insert', string(collection)),
    element(4, 'documents', list),
    element(2, '$db', string(pathname.slice(1))),
  );
  const body = Buffer.concat([int32(0), Buffer.from([0]), command]);
  const opMsg = 2013;
  const socket = connect(Number(port), hostname);
  socket.write(Buffer.concat([int32(16 + body.length), int32(1), int32(0), int32(opMsg), body]));
  const [reply]: unknown[] = await once(socket, 'data');
  socket.destroy();
  const answer = Buffer.isBuffer(reply) ? mongo.BSON.deserialize(reply.subarray(21)) : {};
  if (answer['n'] !== documents.length) throw new Error(`not inserted: ${JSON.stringify(answer)}`);
}
