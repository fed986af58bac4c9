import type { ErrorCode } from '../../../../src/models/errors.ts';
import { canary } from '../../leakScan/looks.ts';
import { askedOfMint } from '../../money.ts';
import { until } from '../../world.ts';
import type { RefusalCase } from '../cases.ts';
import { type Asking, answering, everyone, type Fault, html, meeting, paths, requests } from '../meeting.ts';

const silent = /^The mint does not answer\. Nothing was started and no money moved\. Try again shortly/;
const unavailable = (what: string, asking: Asking, path: string | null, fault: Fault, env = {}) =>
  meeting('MINT_UNAVAILABLE', what, asking, path, () => fault, { says: silent }, env);
const quick = { CRUCIBLE_MINT_TIMEOUT_MS: '300' };

const unanswered: RefusalCase[] = [
  ...everyone.flatMap((asking) => [
    unavailable('it hangs up', asking, null, 'drop_before'),
    unavailable('a proxy without a mint', asking, null, { kind: 'html', status: 502 }),
    unavailable('it wants to be left alone', asking, null, {
      kind: 'status',
      status: 429,
      retryAfterSeconds: 30,
      body: canary,
    }),
  ]),
  unavailable('it does not answer in time', 'melt', paths.info, 'hold', quick),
  unavailable('it has moved', 'melt', paths.info, { kind: 'redirect', location: 'http://169.254.169.254/' }),
  unavailable('it hangs up in the middle', 'melt', paths.info, { kind: 'truncate', contentLength: 'full' }),
  unavailable('it breaks down over a quote', 'melt', paths.quote, answering({ detail: canary }, 500)),
  unavailable('it hangs up over a quote', 'melt/quote', paths.quote, 'drop_before'),
  unavailable('it does not answer a quote in time', 'melt', paths.quote, 'hold', quick),
  unavailable('it hangs up over its keysets', 'melt', paths.keysets, 'drop_before'),
  unavailable('it breaks down over its keys', 'melt', paths.keys, answering(html, 503)),
  unavailable('it hangs up over the pre-flight', 'melt', paths.states, 'drop_before'),
  unavailable('it hangs up over the comparison', 'proofs/status', paths.states, 'drop_before'),
  unavailable('it hangs up over the comparison', 'reconcile', paths.states, 'drop_before'),
  unavailable('it breaks down over the pre-flight', 'melt', paths.states, answering(html, 503)),
  unavailable('it hangs up over an invoice', 'mint', paths.mintQuote, 'drop_before'),
];

/** The swap is done; then the mint's keysets cannot be had, without which the melt request is not made. */
const brokenOff = (code: ErrorCode, what: string, fault: Fault, says: RegExp): RefusalCase => {
  let transactionId: unknown;
  return {
    code,
    what,
    async provoke(stage) {
      const { sim } = stage.world;
      const wallet = await stage.world.wallet(512);
      const server = await stage.serve({ workers: true, env: { CRUCIBLE_ORPHAN_AFTER_MS: '3000' } });
      await sim.clearRequests();
      await sim.addFaults({ match: { path: '/v1/swap' }, fault: 'hold' });
      const paying = stage.melt(wallet, await stage.invoice(100), {}, {}, server.url);
      await until(async () => (await askedOfMint(stage.world, '/v1/swap')) > 0, 'the swap');
      await sim.addFaults({ match: { path: paths.keysets }, fault, times: null });
      await sim.release();
      const answer = await paying;
      ({ transactionId } = answer.body);
      return answer;
    },
    says,
    members: () => ({ transactionId: transactionId ?? 'one of a melt' }),
    retryable: true,
    leaves: 'open',
  };
};
const comesBack =
  'The payment was not sent, and it will not be\\. The funds set aside for it come back by themselves within a few minutes; then try again';

const brokenOffCases: RefusalCase[] = [
  brokenOff(
    'MINT_UNAVAILABLE',
    'melt: it hangs up after the swap',
    'drop_before',
    new RegExp(`^The mint stopped answering\\. ${comesBack}`),
  ),
  brokenOff(
    'MINT_ERROR',
    'melt: nonsense after the swap',
    { kind: 'html', status: 200 },
    new RegExp(`^The mint answers nonsense\\. ${comesBack}`),
  ),
];

export const silenceCases: RefusalCase[] = [...unanswered, ...brokenOffCases];

/** To come last: the mint is gone for good. */
export const goneCases: RefusalCase[] = everyone.map((asking) => ({
  code: 'MINT_UNAVAILABLE',
  what: `${asking}: nobody is there`,
  async provoke(stage) {
    await stage.world.simulator.close();
    await stage.arranged();
    return requests[asking](stage, (await stage.serve()).url);
  },
  says: silent,
  retryable: true,
}));
