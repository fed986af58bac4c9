import { expect } from '@jest/globals';
import type { Exchange, Transport } from '../../src/services/mint/transport.ts';
import { httpTransport } from './carrier.ts';
import { expectBalancedBooks } from './money.ts';
import { type Instance, type Reply, type TestWallet, until, type World } from './world.ts';

type Sent = Parameters<Transport>[0];

/** What happens to a request in place of an ordinary exchange; `carry` really sends it. */
export type Trick = (carry: () => Promise<Exchange>) => Promise<Exchange>;

/** A way to the mint on which chosen requests meet with tricks, one trick a request. */
export function meddler() {
  const planned: { path: string; trick: Trick }[] = [];
  const transport: Transport = (request) => {
    const index = planned.findIndex(({ path }) => isFor(request, path));
    const [meeting] = index === -1 ? [] : planned.splice(index, 1);
    const carry = () => httpTransport(request);
    return meeting === undefined ? carry() : meeting.trick(carry);
  };
  return {
    transport,
    /** The next POST to this path meets the trick. */
    next: (path: string, trick: Trick) => void planned.push({ path, trick }),
    /** Tricks that nobody has met. */
    left: () => planned.length,
  };
}

const isFor = ({ method, url }: Sent, path: string): boolean => method === 'POST' && url.endsWith(path);

const html = '<html><body><h1>502 Bad Gateway</h1></body></html>';

export const tricks = {
  /** A proxy answers in the mint's place. */
  htmlInstead: async () => ({ kind: 'reply', httpStatus: 502, body: html }),
  /** The mint did it, and a proxy's page came back. */
  htmlAfter: async (carry) => {
    await carry();
    return { kind: 'reply', httpStatus: 200, body: html };
  },
  /** The mint did it, and half of its reply came back. */
  truncated: async (carry) => {
    const exchange = await carry();
    return exchange.kind === 'reply'
      ? { ...exchange, body: exchange.body.slice(0, exchange.body.length / 2) }
      : exchange;
  },
  /** The mint did it, and answered something else that is JSON. */
  emptyObject: async (carry) => {
    await carry();
    return { kind: 'reply', httpStatus: 200, body: '{}' };
  },
} satisfies Record<string, Trick>;

/** Waits until no melt is open any more, then demands that nothing is reserved and that all books agree. */
export async function expectAllSettled(world: World): Promise<void> {
  const { operations, tokens } = world.context.database;
  const open = () => operations.countDocuments({ kind: 'melt', open: true });
  await until(async () => (await open()) === 0, 'every melt at its end');
  expect(await tokens.countDocuments({ reserved_by: { $ne: null } })).toBe(0);
  expect(await operations.countDocuments({ state: 'needs_attention' })).toBe(0);
  await expectBalancedBooks(world);
}

/** The state of a melt once it has one of these. */
export async function comesTo(
  wallet: TestWallet,
  transactionId: unknown,
  ...states: string[]
): Promise<Reply> {
  let status = await wallet.status(transactionId);
  await until(
    async () => {
      status = await wallet.status(transactionId);
      return states.includes(String(status.body['state']));
    },
    `${String(transactionId)} ${states.join(' or ')}`,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; it is ${JSON.stringify(status.body, null, 1)}`);
  });
  return status;
}

/** One more instance, without workers, that can be killed: from a chosen request on, nothing it does gets anywhere. */
export async function mortalInstance(
  world: World,
  diesAt: (request: Sent) => 'before' | 'after' | 'no',
): Promise<Instance & { dying: Promise<void>; bury: () => Promise<void> }> {
  const death = Promise.withResolvers<void>();
  const end = Promise.withResolvers<never>();
  end.promise.catch(() => undefined);
  let dead = false;
  const transport: Transport = async (request) => {
    if (dead) return end.promise;
    const when = diesAt(request);
    if (when === 'no') return httpTransport(request);
    dead = true;
    if (when === 'after') await httpTransport(request);
    death.resolve();
    return end.promise;
  };
  const instance = await world.instance({ transport }, false);
  return {
    ...instance,
    dying: death.promise,
    /** Cuts it off from the database as it stands, then ends what still hung in it. */
    bury: async () => {
      await instance.context.dispose();
      end.reject(new Error('this instance is dead'));
      await instance.stop();
    },
  };
}
