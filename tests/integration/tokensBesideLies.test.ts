import { hashToCurve } from '@cashu/cashu-ts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { answer, posts, type TellingMint } from '../support/tellingMint.ts';
import { codeOf, expectLedgerAgrees, proofsIn, sendToken, tokenOf, tokensOf } from '../support/tokens.ts';
import { sentState, startTokensInTime } from '../support/tokensInTime.ts';
import { until, type World } from '../support/world.ts';

const hourMs = 3_600_000;

let mint: TellingMint;
let world: World;
beforeEach(async () => {
  ({ mint, world } = await startTokensInTime());
});
afterEach(() => world.end());

const refusesSwaps = (status: number, body: object) => {
  mint.tale = (request) => (posts(request, '/v1/swap') ? answer(status, body) : undefined);
};

const isReported = async (code: string) => (await world.context.database.reports.exists({ code })) !== null;

describe('a mint that errs about a token that is out', () => {
  it('for a moment, of all of it: it is not taken for claimed', async () => {
    const wallet = await world.wallet(300);
    const { id } = await sendToken(world, wallet, 64);
    const override = { kind: 'override_state' as const, state: 'SPENT' as const };
    await world.sim.addFaults({ match: { path: '/v1/checkstate' }, fault: override, times: 2 });
    await until(async () => (await world.sim.faults()).rules.every(({ met }) => met >= 2), 'two looks');
    await mint.pass(10 * 60_000, 8, async () => (await sentState(world, wallet, id)) === 'claimed');
    expect(await sentState(world, wallet, id)).toBe('sent');
    expect((await tokensOf(world, wallet).reclaim(id)).status).toBe(200);
    await expectLedgerAgrees(world);
  });

  it('once, of a part of it, just when it is reclaimed: all of it comes back', async () => {
    const wallet = await world.wallet(300);
    const { id, text } = await sendToken(world, wallet, 100);
    const [one] = await proofsIn(world, text);
    const Y = hashToCurve(Buffer.from(one?.secret ?? '', 'utf8')).toHex(true);
    const override = { kind: 'override_state' as const, Y, state: 'SPENT' as const };
    await world.sim.addFaults({ match: { path: '/v1/checkstate' }, fault: override, times: 1 });
    const back = await tokensOf(world, wallet).reclaim(id);
    expect(back).toMatchObject({ status: 200, body: { reclaimedAmount: 100, claimedAmount: 0 } });
    await expectLedgerAgrees(world);
  });
});

describe('a mint that refuses in words that nobody knows', () => {
  it('a token that it never signed: the receive ends within minutes, and calls nobody', async () => {
    const [giver, taker] = [await world.wallet(300), await world.wallet()];
    const { id, text } = await sendToken(world, giver, 64);
    const [real] = await proofsIn(world, text);
    if (real === undefined) throw new Error('a token without proofs');
    const forged = tokenOf(world.env.MINT_URL, [
      {
        id: real.id,
        amount: real.amount,
        C: real.C,
        secret: 'forged by somebody who hopes that nobody looks',
      },
    ]);
    refusesSwaps(400, { code: 11003, detail: 'not verified' });
    await tokensOf(world, taker).receive(forged);
    const refused = { npub: taker.npub, state: 'refused' };
    const isRefused = async () => (await world.context.database.operations.exists(refused)) !== null;
    await mint.pass(10 * 60_000, 20, isRefused);
    expect(await isRefused()).toBe(true);
    expect(await isReported('CRITICAL_RECEIVE_FAILURE')).toBe(false);
    mint.tale = null;
    expect((await tokensOf(world, giver).reclaim(id)).status).toBe(200);
    await expectLedgerAgrees(world);
  });

  it('to take a token back, for hours: it stays out, is watched, and its recipient can have it', async () => {
    const [giver, taker] = [await world.wallet(300), await world.wallet()];
    const { id, text } = await sendToken(world, giver, 64);
    refusesSwaps(400, { code: 11000, detail: 'no' });
    await tokensOf(world, giver).reclaim(id);
    await mint.pass(2 * hourMs, 40, async () => (await sentState(world, giver, id)) === 'sent');
    expect(await sentState(world, giver, id)).toBe('sent');
    mint.tale = null;
    expect((await tokensOf(world, taker).receive(text)).status).toBe(200);
    await mint.pass(6 * hourMs, 40, async () => (await sentState(world, giver, id)) === 'claimed');
    expect(await sentState(world, giver, id)).toBe('claimed');
    await expectLedgerAgrees(world);
  });
});

it('a reclaim that has been under way for an hour is told to people', async () => {
  const wallet = await world.wallet(300);
  const { id } = await sendToken(world, wallet, 64);
  refusesSwaps(500, { detail: 'out of order' });
  expect((await tokensOf(world, wallet).reclaim(id)).status).toBe(202);
  await mint.pass(2 * hourMs, 30, () => isReported('OPERATION_OPEN_TOO_LONG'));
  expect(await isReported('OPERATION_OPEN_TOO_LONG')).toBe(true);
  mint.tale = null;
  await mint.pass(hourMs, 30, async () => (await sentState(world, wallet, id)) === 'reclaimed');
  expect(await sentState(world, wallet, id)).toBe('reclaimed');
  await expectLedgerAgrees(world);
});

it('what was sent and claimed in part is told as such, and the replay of its sending says that it is over', async () => {
  const [giver, taker] = [await world.wallet(300), await world.wallet()];
  const key = { 'Idempotency-Key': 'parted' };
  const { body } = await tokensOf(world, giver).send(100, {}, key);
  const [first] = await proofsIn(world, String(body['encodedToken']));
  if (first === undefined) throw new Error('a token without proofs');
  await tokensOf(world, taker).receive(tokenOf(world.env.MINT_URL, [first]));
  const id = String(body['transactionId']);
  expect((await tokensOf(world, giver).reclaim(id)).status).toBe(200);
  const claimed = Number(first.amount);
  const told = await world.call('GET', `${giver.at}/transactions/${id}`);
  expect(told.body).toMatchObject({ status: 'PAID', state: 'partly_claimed', amount: claimed });
  const again = await tokensOf(world, giver).send(100, {}, key);
  expect(again).toMatchObject({ status: 200, body: { status: 'PAID', state: 'partly_claimed' } });
  expect(codeOf(again)).toEqual({ status: 200, code: undefined });
  await expectLedgerAgrees(world);
});
