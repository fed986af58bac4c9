import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/logger.ts';
import type { MeltOperation } from '../../src/models/operation.ts';
import type { Database } from '../../src/repositories/database.ts';
import { createOperationRepository } from '../../src/repositories/operations.ts';
import { runTransaction } from '../../src/repositories/transaction.ts';
import type { Transport } from '../../src/services/mint/transport.ts';
import { createDriver, type Handler } from '../../src/services/operations/driver.ts';
import { createWorker } from '../../src/services/operations/worker.ts';
import { httpTransport } from '../support/carrier.ts';
import { expectAllSettled } from '../support/mischief.ts';
import { askedOfMint, expectProblem, mintUnavailable, unhurried } from '../support/money.ts';
import { openFresh } from '../support/openFresh.ts';
import { melt } from '../support/operations.ts';
import { oneForAll } from '../support/sealers.ts';
import { type Reply, startWorld, type TestWallet, until, type World } from '../support/world.ts';

/** While it is shut, a payment that has reached it hangs there, as an invoice does that its payee holds. */
function gate() {
  const hanging = new Set<() => void>();
  let isShut = false;
  const transport: Transport = async (request) => {
    const isMelt = request.method === 'POST' && request.url.endsWith('/v1/melt/bolt11');
    if (isShut && isMelt) await new Promise<void>((resolve) => hanging.add(resolve));
    return httpTransport(request);
  };
  return {
    transport,
    hanging: () => hanging.size,
    shut: () => {
      isShut = true;
    },
    open: () => {
      isShut = false;
      for (const goOn of hanging) goOn();
      hanging.clear();
    },
    letOneThrough: () => {
      const [goOn] = hanging;
      if (goOn === undefined) throw new Error('no payment hangs');
      hanging.delete(goOn);
      goOn();
    },
  };
}

describe('payments that hang', () => {
  const lightning = gate();
  const openMelts = 3;
  const places = 5;
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      env: {
        ...unhurried,
        CRUCIBLE_OPEN_MELTS_PER_WALLET: String(openMelts),
        CRUCIBLE_PAYMENTS_PER_MINT: String(places),
        CRUCIBLE_ANSWER_WITHIN_MS: '20000',
      },
      overrides: { transport: lightning.transport },
    });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    lightning.open();
    await expectAllSettled(world);
  });

  /** So many payments of one wallet at once, none of which waits for its end. */
  async function pay(wallet: TestWallet, count: number): Promise<{ invoice: string; reply: Reply }[]> {
    const invoices = await Promise.all(
      Array.from({ length: count }, () => world.sim.invoice({ amount: 50 })),
    );
    return Promise.all(
      invoices.map(async ({ invoice }) => ({
        invoice,
        reply: await wallet.melt(invoice, {}, { prefer: 'respond-async' }),
      })),
    );
  }

  const meltsOf = ({ npub }: TestWallet) =>
    world.context.database.operations.countDocuments({ npub, kind: 'melt' });

  const outcomes = (asked: { reply: Reply }[]) =>
    asked.map(({ reply: { status, body } }) => `${status} ${body['code'] ?? body['paymentResult']}`).sort();

  it('are so many of one wallet at most, however many it asks for at once; no other wallet notices', async () => {
    const greedy = await world.wallet(60, 60, 60, 60, 60);
    const other = await world.wallet(60);
    lightning.shut();
    const asked = await pay(greedy, 5);
    expect(outcomes(asked)).toEqual([
      ...Array.from({ length: openMelts }, () => '202 PENDING'),
      '409 CONCURRENT_OPERATION',
      '409 CONCURRENT_OPERATION',
    ]);
    const [refused] = asked.filter(({ reply }) => reply.status === 409);
    if (refused === undefined) throw new Error('none was refused');
    await expectProblem(world, refused.reply, {
      status: 409,
      code: 'CONCURRENT_OPERATION',
      severity: 'LOW',
      retryable: true,
      detail: expect.stringMatching(/has 3 payments open.*Nothing was paid.*when one of them has ended/),
    });
    expect(await meltsOf(greedy)).toBe(openMelts);
    await until(async () => lightning.hanging() === openMelts, 'the payments under way');
    expect(outcomes(await pay(other, 1))).toEqual(['202 PENDING']);

    lightning.letOneThrough();
    await until(async () => (await pay(greedy, 1))[0]?.reply.status === 202, 'another payment');
  });

  it('fill the way to their mint, and then a payment is refused before anything is reserved or asked', async () => {
    const hanging = [await world.wallet(60, 60, 60), await world.wallet(60, 60)];
    const late = await world.wallet(60);
    lightning.shut();
    for (const [place, wallet] of hanging.entries()) await pay(wallet, 3 - place);
    await until(async () => lightning.hanging() === places, 'every place taken');

    await world.sim.clearRequests();
    const { invoice } = await world.sim.invoice({ amount: 50 });
    await expectProblem(world, await late.melt(invoice), {
      ...mintUnavailable,
      detail: expect.stringMatching(/Too many payments.*no money moved/),
    });
    expect(await askedOfMint(world, '/v1/melt/quote/bolt11')).toBe(0);
    expect(await meltsOf(late)).toBe(0);
    // Whoever asks and reserves nothing finds the mint as it is.
    expect((await world.call('POST', `${late.at}/melt/quote`, { invoice })).status).toBe(200);

    lightning.open();
    await until(async () => (await late.melt(invoice)).status === 200, 'the payment');
  });

  it('give their places back, refused or not', async () => {
    const wallet = await world.wallet(60);
    const { invoice } = await world.sim.invoice({ amount: 1_000 });
    for (let round = 0; round < 2 * places; round += 1) expect((await wallet.melt(invoice)).status).toBe(400);
    const affordable = await world.sim.invoice({ amount: 50 });
    expect((await wallet.melt(affordable.invoice)).status).toBe(200);
  });
});

describe('a mint that answers nothing', () => {
  const sealers = oneForAll();
  const silent = 'http://silent.test';
  const other = 'http://other.test';
  let database: Database;
  let end: () => Promise<void>;
  beforeAll(async () => {
    ({ database, end } = await openFresh());
  });
  afterAll(() => end());

  it('takes eight of a worker’s places at most, whatever it has under way; the others’ are finished', async () => {
    const operations = createOperationRepository(database, sealers);
    const leftBy = (id: string, mintUrl: string, number: number): MeltOperation =>
      melt({ id, mintUrl, walletId: `wal_${id}`, paymentHash: id, dueAt: new Date(number) });
    // Those of the silent mint are due first, and more than are listed at once.
    const left = Array.from({ length: 100 }, (_, number) => leftBy(`silent_${number}`, silent, number));
    left.push(leftBy('other', other, 1_000));
    await runTransaction(database, 'left', async (tx) => {
      for (const operation of left) await operations.insert(tx, operation, { owner: 'dead', leaseMs: -1 });
    });

    const back = Promise.withResolvers<void>();
    const asked = new Set<string>();
    const handler: Handler<MeltOperation> = {
      async advance(operation) {
        asked.add(operation.id);
        if (operation.mintUrl === silent) await back.promise;
        return { operation, next: 'later' };
      },
      waitMs: () => 3_600_000,
      reread: () => Promise.reject(new Error('nobody else is here')),
    };
    const now = () => new Date();
    const none: Handler<never> = { advance: unasked, waitMs: unasked, reread: unasked };
    const worker = createWorker({
      operations,
      mints: { awake: () => [silent, other], admitsLook: () => true, returnLook: () => undefined },
      driver: createDriver({ operations, owner: 'alive', leaseMs: 60_000, now }),
      handlers: { melt: handler, minting: none, send: none, receive: none, upkeep: none },
      intervalMs: 20,
      leaseMs: 60_000,
      logger: createLogger('silent'),
      now,
    });
    worker.start();
    await until(async () => asked.has('other'), 'the other mint’s operation looked at');
    expect(asked.size).toBe(9);
    back.resolve();
    await until(async () => asked.size === left.length, 'all of them looked at');
    await worker.stop();
  });
});

function unasked(): never {
  throw new Error('no minting is under way');
}
