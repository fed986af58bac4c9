import { deriveKeysetId } from '@cashu/cashu-ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import type { Exchange, Transport } from '../../src/services/mint/transport.ts';
import { httpTransport } from './carrier.ts';
import { startWorld, until, type World } from './world.ts';

type Sent = Parameters<Transport>[0];
/** A keyset as a mint lists it (NUT-02). */
export type Listed = { id: string; unit: string; active: boolean; input_fee_ppk: number };
export type Tale = (
  request: Sent,
  carry: (other?: Sent) => Promise<Exchange>,
) => Promise<Exchange> | undefined;

export type TellingMint = ReturnType<typeof tellingMint>;

/** A mint of which anything can be told in its place, and time can leap; with no tale it is as the simulator is. */
export function tellingMint() {
  let aheadMs = 0;
  const nowMs = () => Date.now() + aheadMs;
  const telling: { tale: Tale | null; sent: Sent[] } = { tale: null, sent: [] };
  const transport: Transport = (request) => {
    telling.sent.push(request);
    const carry = (other: Sent = request) => httpTransport(other);
    return telling.tale?.(request, carry) ?? carry();
  };
  const jump = (ms: number): void => {
    aheadMs += ms;
  };
  return Object.assign(telling, {
    transport,
    start: (simulator: SimulatorOptions = {}, env: Record<string, string> = {}): Promise<World> =>
      startWorld({
        simulator: { clock: nowMs, ...simulator },
        env,
        overrides: { transport, now: () => new Date(nowMs()) },
      }),
    nowMs,
    /** Time passes, here and at the mint. */
    jump,
    /** So much time passes, or less where something is so before, in steps that are each long enough for a look. */
    async pass(timeMs: number, steps: number, isOver: () => Promise<boolean>): Promise<void> {
      for (let step = 0; step < steps && !(await isOver()); step += 1) {
        jump(timeMs / steps);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    },
    /** The bodies of the swaps that were sent. */
    swaps: (): { inputs: { amount: number }[]; outputs: { amount: number }[] }[] =>
      telling.sent.filter((request) => posts(request, '/v1/swap')).map(({ body }) => JSON.parse(body ?? '')),
  });
}

export const posts = ({ method, url }: Sent, path: string): boolean =>
  method === 'POST' && url.endsWith(path);
export const gets = ({ method, url }: Sent, path: string): boolean => method === 'GET' && url.endsWith(path);

export const answer = async (httpStatus: number, body: unknown): Promise<Exchange> => ({
  kind: 'reply',
  httpStatus,
  body: JSON.stringify(body),
});

export const lost = async (): Promise<Exchange> => ({ kind: 'lost', reason: 'network' });

/** The one minting of a world. */
export async function mintingIn({ context }: World) {
  const found = await context.database.operations.findOne({ kind: 'minting' }).lean();
  if (found === null) throw new Error('there is no minting');
  return found;
}

/** What the mint lists by itself just now, to be told later. */
export const listing = ({ simulator }: World): Promise<Exchange> =>
  httpTransport({ method: 'GET', url: `${simulator.url}/v1/keysets`, timeoutMs: 5_000, lane: 'short' });

/** The mint's own list of keysets, told differently. */
export async function relisted(
  carry: () => Promise<Exchange>,
  tell: (keysets: Listed[]) => Listed[],
): Promise<Exchange> {
  const exchange = await carry();
  if (exchange.kind !== 'reply' || exchange.httpStatus !== 200) return exchange;
  const { keysets }: { keysets: Listed[] } = JSON.parse(exchange.body);
  return { ...exchange, body: JSON.stringify({ keysets: tell(keysets) }) };
}

/** Every keyset with this fee. */
export const withFee =
  (input_fee_ppk: number) =>
  (keysets: Listed[]): Listed[] =>
    keysets.map((keyset) => ({ ...keyset, input_fee_ppk }));

const point = '02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5';
const oddKeys = { '2': point, '1024': point };
const oddId = deriveKeysetId(oddKeys, { versionByte: 0, unit: 'sat' });

/** For as long as it is told: the only active keyset is one that can make no odd amount. */
export const oddKeyset: Tale = (request, carry) => {
  if (gets(request, '/v1/keysets'))
    return relisted(carry, (keysets) => [
      ...keysets.map((keyset) => ({ ...keyset, active: false })),
      { id: oddId, unit: 'sat', active: true, input_fee_ppk: 0 },
    ]);
  if (gets(request, `/v1/keys/${oddId}`))
    return answer(200, { keysets: [{ id: oddId, unit: 'sat', keys: oddKeys }] });
  return undefined;
};

/** Open reports of one code. */
export const openReports = (world: World, code: string): Promise<number> =>
  world.context.database.reports.countDocuments({ code, status: 'open' });

/** Waits for a report of one code. */
export const reported = (world: World, code: string): Promise<void> =>
  until(async () => (await openReports(world, code)) > 0, `a report ${code}`);

/** Waits until no report of one code is open: reports are closed just after what they tell of has ended. */
export const closed = (world: World, code: string): Promise<void> =>
  until(async () => (await openReports(world, code)) === 0, `the end of the reports ${code}`);
