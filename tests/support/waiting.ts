import { randomUUID } from 'node:crypto';
import type { MeltOperation } from '../../src/models/operation.ts';
import { walletScope } from '../../src/repositories/dataKeys.ts';
import { operationDocument } from '../../src/repositories/operationDocuments.ts';
import { createOperationRepository } from '../../src/repositories/operations.ts';
import { sealingParts } from '../../src/repositories/sealedParts.ts';
import type { Transport } from '../../src/services/mint/transport.ts';
import { httpTransport } from './carrier.ts';
import { comesTo } from './mischief.ts';
import { sealersIn } from './sealers.ts';
import { until, type World } from './world.ts';

const sealersOf = ({ context, env }: Pick<World, 'context' | 'env'>) => sealersIn(context.database, env);

/** The operations of a world, read and written as its server does. */
export const operationsOf = (world: Pick<World, 'context' | 'env'>) =>
  createOperationRepository(world.context.database, sealersOf(world));

/** A payment that its payee holds, booked as far as it is certain (transaction S). Takes at least `answerWithinMs`. */
export async function heldPayment(world: World) {
  const wallet = await world.wallet(512);
  const { invoice, paymentHash } = await world.sim.invoice({ amount: 100, behaviour: 'pending' });
  const asked = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
  const id = String(asked.body['transactionId']);
  await comesTo(wallet, id, 'pending');
  const operations = operationsOf(world);
  const read = async (): Promise<MeltOperation> => {
    const operation = await operations.byId(id);
    if (operation?.kind !== 'melt') throw new Error(`${id} is no melt`);
    return operation;
  };
  await until(async () => (await read()).bookedEarly, 'transaction S');
  const { walletId, mintUrl, createdAt } = await read();
  return { wallet, id, walletId, paymentHash, mintUrl, createdMs: createdAt.getTime(), read };
}

/**
 * So many more of a held payment, each of a wallet of its own and due one millisecond after the other. To the mint they are
 * all one; since all but the change was booked early, each ends by writing itself and a token.
 */
export async function multiply(
  world: World,
  held: MeltOperation,
  count: number,
  dueFrom: Date,
): Promise<string[]> {
  const sealers = sealersOf(world);
  const free = { lease_owner: null, lease_until: null };
  const documents = await Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const id = `tx_melt_${randomUUID()}`;
      const walletId = `wal_${id}`;
      const dueAt = new Date(dueFrom.getTime() + number);
      const copy = { ...held, id, walletId, sourceTokenIds: [], idempotencyId: null, dueAt };
      const { seal } = sealingParts(await sealers.toSeal(walletScope(walletId)));
      return { ...operationDocument(copy, seal), ...free };
    }),
  );
  await world.context.database.operations.insertMany(documents);
  return documents.map(({ _id }) => _id);
}

/** So many documents like that of an operation, made by the database: they can be found and counted, and not opened. */
export async function multiplyUnopened(
  world: World,
  id: string,
  count: number,
  dueFrom: Date,
): Promise<void> {
  const { collection } = world.context.database.operations;
  await collection
    .aggregate([
      { $match: { _id: id } },
      { $set: { number: { $range: [0, count] } } },
      { $unwind: '$number' },
      {
        $set: {
          _id: { $concat: ['$_id', '_', { $toString: '$number' }] },
          wallet_id: { $concat: ['$wallet_id', '_', { $toString: '$number' }] },
          due_at: { $add: [dueFrom, '$number'] },
          // Somebody may be at work on the original just now; nobody is on these.
          lease_owner: null,
          lease_until: null,
          attempts: [],
          sealed: null,
        },
      },
      { $unset: ['number', 'melt_place'] },
      { $merge: { into: collection.collectionName } },
    ])
    .toArray();
}

/** The way to a mint: it counts, and leads nowhere while `isDown`. */
export function countingWay() {
  const way = { isDown: false, asked: 0, underWay: 0, mostUnderWay: 0 };
  const transport: Transport = async (request) => {
    const { pathname } = new URL(request.url);
    way.asked += 1;
    way.underWay += 1;
    way.mostUnderWay = Math.max(way.mostUnderWay, way.underWay);
    const url = way.isDown ? `http://127.0.0.1:1${pathname}` : request.url;
    return httpTransport({ ...request, url }).finally(() => {
      way.underWay -= 1;
    });
  };
  return {
    way,
    transport,
    /** Counts anew. */
    reset: () => void Object.assign(way, { asked: 0, mostUnderWay: 0 }),
  };
}
