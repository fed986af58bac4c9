import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Exchange, Transport } from '../../src/services/mint/transport.ts';
import { httpTransport } from './carrier.ts';
import { startWorld, type TestWallet, until, type World } from './world.ts';

export { posts } from './tellingMint.ts';

type Signature = { amount: number; dleq?: unknown };
export type Body = {
  signatures?: Signature[];
  change?: Signature[];
  state?: string;
  states?: { state: string }[];
};
export type Lie = (
  request: Parameters<Transport>[0],
  carry: () => Promise<Exchange>,
) => Promise<Exchange> | undefined;

export const meltPath = '/v1/melt/bolt11';
export const quotePath = '/v1/melt/quote/bolt11/';
export const issuePath = '/v1/mint/bolt11';
/** Longer than anything that is tried here takes. */
export const tenDaysSeconds = 864_000;
/** Well formed, and proof of nothing (NUT-12). */
export const garbledProof = { e: '11'.repeat(32), s: '11'.repeat(32) };
export const inactive = JSON.stringify({ code: 12002, detail: 'Keyset is inactive' });

export const reply = async (httpStatus: number, body: string): Promise<Exchange> => ({
  kind: 'reply',
  httpStatus,
  body,
});

/** What really happened, told differently. */
export async function retold(carry: () => Promise<Exchange>, tell: (body: Body) => void): Promise<Exchange> {
  const exchange = await carry();
  if (exchange.kind !== 'reply' || exchange.httpStatus !== 200) return exchange;
  const body: Body = JSON.parse(exchange.body);
  tell(body);
  return { ...exchange, body: JSON.stringify(body) };
}

/** Signatures over `from` are called worth `to`, and the proofs that would give it away are left out. */
export const relabelled =
  (from: number, to: number) =>
  ({ signatures = [] }: Body) => {
    for (const signature of signatures) {
      delete signature.dleq;
      if (signature.amount === from) signature.amount = to;
    }
  };

/** A world whose mint can be made to lie; with no lie it is an honest one. */
export function liar() {
  const lying: { lie: Lie | null; log: string[] } = { lie: null, log: [] };
  let aheadMs = 0;
  const clock = () => Date.now() + aheadMs;
  const transport: Transport = (request) => {
    lying.log.push(`${request.method} ${new URL(request.url).pathname}`);
    const carry = () => httpTransport(request);
    return lying.lie?.(request, carry) ?? carry();
  };
  const asked = (line: string) => lying.log.filter((entry) => entry === line).length;
  /** Time passes, here and at the mint. */
  const jump = (ms: number) => {
    aheadMs += ms;
  };
  const start = (): Promise<World> =>
    startWorld({
      simulator: { feeReserveMinSat: 4, clock },
      env: { CRUCIBLE_ANSWER_WITHIN_MS: '5000', CRUCIBLE_LEASE_MS: '3000' },
      overrides: { transport, now: () => new Date(clock()) },
    });
  return Object.assign(lying, {
    asked,
    jump,
    /** Time passes in steps, and each sees the mint asked for this again. */
    async passing(line: string, steps: number, stepMs: number): Promise<void> {
      for (let step = 0; step < steps; step += 1) {
        const before = asked(line);
        jump(stepMs);
        const isAsked = async () => {
          jump(stepMs / 20); // the look before may have come to its end, and said when the next is due, only now
          return asked(line) > before;
        };
        await until(isAsked, `${line} once more`);
      }
    },
    start,
    /** Opens a world for the tests of a file or a `describe`, ends it after them, and tells the truth again after each. */
    serves(use: (opened: World) => void): void {
      let world: World | undefined;
      beforeAll(async () => {
        world = await start();
        use(world);
      });
      afterAll(() => world?.end());
      afterEach(() => {
        lying.lie = null;
      });
    },
  });
}

export async function minted(world: World, wallet: TestWallet, amount: number): Promise<void> {
  const asked = await world.call('POST', `${wallet.at}/mint`, { amount });
  await world.sim.pay(String(asked.body['invoice']));
}

export const mintingStates = async (world: World, { npub }: TestWallet) =>
  (await world.context.database.operations.find({ kind: 'minting', npub }).lean<{ state: string }[]>()).map(
    ({ state }) => state,
  );
