import { hashToCurve } from '@cashu/cashu-ts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { httpTransport } from '../support/carrier.ts';
import { answer, posts, type TellingMint } from '../support/tellingMint.ts';
import { expectLedgerAgrees, proofsIn, sendToken, tokensOf } from '../support/tokens.ts';
import { sentState, startTokensInTime } from '../support/tokensInTime.ts';
import { until, type World } from '../support/world.ts';

const hourMs = 3_600_000;

let mint: TellingMint;
let world: World;
beforeEach(async () => {
  ({ mint, world } = await startTokensInTime());
});
afterEach(() => world.end());

/** From its next swap on, the mint takes nothing and calls these proofs spent, all where none is named. */
function errsFromTheNextSwapOn(named: readonly string[] | null): void {
  let errs = false;
  mint.tale = (request, carry) => {
    if (posts(request, '/v1/swap')) {
      errs = true;
      return answer(400, { code: 11001, detail: 'Token already spent' });
    }
    if (!errs || !posts(request, '/v1/checkstate')) return undefined;
    const { Ys }: { Ys: string[] } = JSON.parse(request.body ?? '{}');
    if (named !== null && !Ys.some((Y) => named.includes(Y))) return carry();
    const stateOf = (Y: string) => (named === null || named.includes(Y) ? 'SPENT' : 'UNSPENT');
    return answer(200, { states: Ys.map((Y) => ({ Y, state: stateOf(Y), witness: null })) });
  };
}

describe('a mint that errs for some seconds while a token is brought home', () => {
  it('about all of it: the token is not taken for claimed, and comes back later', async () => {
    const wallet = await world.wallet(300);
    const { id } = await sendToken(world, wallet, 64);
    errsFromTheNextSwapOn(null);
    const first = await tokensOf(world, wallet).reclaim(id);
    expect(first).toMatchObject({ status: 409, body: { code: 'TOKEN_CLAIMED' } });
    mint.tale = null;
    await mint.pass(10 * 60_000, 8, async () => (await sentState(world, wallet, id)) === 'claimed');
    expect(await sentState(world, wallet, id)).toBe('sent');
    expect(await tokensOf(world, wallet).reclaim(id)).toMatchObject({
      status: 200,
      body: { reclaimedAmount: 64, claimedAmount: 0 },
    });
    await expectLedgerAgrees(world);
  });

  it('about a part of it: that part is not given up', async () => {
    const wallet = await world.wallet(300);
    const { id, text } = await sendToken(world, wallet, 100);
    const [one] = await proofsIn(world, text);
    errsFromTheNextSwapOn([hashToCurve(Buffer.from(one?.secret ?? '', 'utf8')).toHex(true)]);
    expect((await tokensOf(world, wallet).reclaim(id)).status).toBe(202);
    mint.tale = null;
    await mint.pass(10 * 60_000, 20, async () => (await sentState(world, wallet, id)) !== 'reclaiming');
    expect((await tokensOf(world, wallet).sent(id)).body).toMatchObject({
      state: 'reclaimed',
      reclaimedAmount: 100,
    });
    await expectLedgerAgrees(world);
  });
});

it('a reclaim that is carried out after it was given up is not taken for a claim while nobody can tell', async () => {
  const wallet = await world.wallet(300);
  const { id } = await sendToken(world, wallet, 64);
  mint.tale = (request) =>
    posts(request, '/v1/swap') ? answer(400, { code: 11000, detail: 'no' }) : undefined;
  await tokensOf(world, wallet).reclaim(id);
  await mint.pass(2 * hourMs, 40, async () => (await sentState(world, wallet, id)) === 'sent');
  expect(await sentState(world, wallet, id)).toBe('sent');

  mint.tale = (request) => (posts(request, '/v1/restore') ? answer(500, { detail: 'away' }) : undefined);
  const late = mint.sent.findLast((request) => posts(request, '/v1/swap'));
  if (late === undefined) throw new Error('nothing was sent');
  expect(await httpTransport(late)).toMatchObject({ kind: 'reply', httpStatus: 200 });
  await mint.pass(6 * hourMs, 24, async () => (await sentState(world, wallet, id)) === 'claimed');
  expect(await sentState(world, wallet, id)).toBe('sent');
  mint.tale = null;
  await until(
    async () => {
      mint.jump(60_000);
      return (await sentState(world, wallet, id)) === 'reclaimed';
    },
    'the token back',
    30_000,
  );
  await expectLedgerAgrees(world);
});
