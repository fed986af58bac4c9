import type { FaultWish } from '../../../simulator/client.ts';
import type { ErrorCode } from '../../../src/models/errors.ts';
import { canary } from '../leakScan/looks.ts';
import type { RefusalCase } from './cases.ts';
import { stranger } from './routes.ts';
import type { Stage } from './stage.ts';
import type { Answer } from './wire.ts';

export type Fault = FaultWish['fault'];

/** The paths of the mint, by what they are asked for. */
export const paths = {
  info: '/v1/info',
  keysets: '/v1/keysets',
  keys: '/v1/keys/*',
  quote: '/v1/melt/quote/bolt11',
  mintQuote: '/v1/mint/quote/bolt11',
  states: '/v1/checkstate',
};

/** The requests that need an answer of the mint before anything is at stake. */
export const requests = {
  create: ({ post }: Stage, url: string) => post('/api/wallet/create', { npub: stranger }, {}, url),
  mint: ({ post, wallet }: Stage, url: string) => post(`${wallet.at}/mint`, { amount: 5 }, {}, url),
  'melt/quote': ({ post, wallet, spareInvoice }: Stage, url: string) =>
    post(`${wallet.at}/melt/quote`, { invoice: spareInvoice }, {}, url),
  melt: ({ melt, wallet, spareInvoice }: Stage, url: string) => melt(wallet, spareInvoice, {}, {}, url),
  'proofs/status': ({ post, wallet }: Stage, url: string) => post(`${wallet.at}/proofs/status`, {}, {}, url),
  restore: ({ post, wallet }: Stage, url: string) => post(`${wallet.at}/restore`, {}, {}, url),
  reconcile: ({ post, wallet }: Stage, url: string) => post(`${wallet.at}/reconcile`, {}, {}, url),
} satisfies Record<string, (stage: Stage, url: string) => Promise<Answer>>;
export type Asking = keyof typeof requests;
export const everyone = [
  'create',
  'mint',
  'melt/quote',
  'melt',
  'proofs/status',
  'reconcile',
  'restore',
] as const satisfies readonly Asking[];

/** Questions whose answers no server remembers. */
const askedAnew: readonly (string | null)[] = [paths.quote, paths.mintQuote, paths.states];

/**
 * The fault is met each time that the mint is asked. Where the answer would be remembered, or the silence be held against
 * the mint, a server is asked that knows nothing of it yet.
 */
export function meeting(
  code: ErrorCode,
  what: string,
  asking: Asking,
  path: string | null,
  faultOf: (stage: Stage) => Fault | Promise<Fault>,
  expected: Pick<RefusalCase, 'says' | 'members'>,
  env: Record<string, string> = {},
): RefusalCase {
  return {
    code,
    what: `${asking}: ${what}`,
    async provoke(stage) {
      const { sim } = stage.world;
      const forgetful = code === 'MINT_ERROR' && askedAnew.includes(path);
      const server = forgetful ? stage.world : await stage.serve({ env });
      const fault = await faultOf(stage);
      await sim.addFaults({ match: { path: path ?? '/v1/*' }, fault, times: null });
      const answer = await requests[asking](stage, server.url);
      await sim.release();
      if (!forgetful) await server.stop();
      return answer;
    },
    ...expected,
    retryable: true,
  };
}

/** What a proxy may say. */
export const html = `<html><body><h1>502 Bad Gateway</h1>${canary}</body></html>`;
export const answering = (body: unknown, status = 200): Fault => ({
  kind: 'status',
  status,
  body,
  retryAfterSeconds: null,
});
