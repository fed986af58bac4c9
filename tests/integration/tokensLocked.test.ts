import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { getPublicKey } from 'nostr-tools/pure';
import { member, unhurried } from '../support/money.ts';
import { codeOf, expectLedgerAgrees, sendToken, tokensOf } from '../support/tokens.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '15000' } });
});
afterAll(() => world.end());
afterEach(() => expectLedgerAgrees(world));

const keyOf = async (wallet: TestWallet) =>
  String(member(await tokensOf(world, wallet).info(), 'tokenPubkey'));
const stranger = getPublicKey(new Uint8Array(32).fill(7));
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const passed = (locktime: number) =>
  until(async () => Date.now() > (locktime + 1) * 1000, 'the locktime to pass');

it('a token that is locked to a wallet is received by that wallet alone', async () => {
  const [giver, taker, thief] = [await world.wallet(300), await world.wallet(), await world.wallet()];
  const recipientPubkey = await keyOf(taker);
  expect(recipientPubkey).toBe(await keyOf(taker));
  const { id, text } = await sendToken(world, giver, 100, { recipientPubkey });
  expect(codeOf(await tokensOf(world, thief).receive(text))).toEqual({ status: 400, code: 'TOKEN_LOCKED' });
  expect(codeOf(await tokensOf(world, giver).reclaim(id))).toEqual({ status: 400, code: 'TOKEN_LOCKED' });
  expect((await tokensOf(world, giver).sent(id)).body).toMatchObject({
    state: 'sent',
    lock: { recipientPubkey, refundPubkey: null, locktime: null },
  });
  expect(await tokensOf(world, taker).receive(text)).toMatchObject({
    status: 200,
    body: { totalAmount: 100 },
  });
});

it('whoever has a wallet’s npub can lock a token to its Nostr key, and no server redeems that', async () => {
  const [giver, taker] = [await world.wallet(300), await world.wallet()];
  const { text } = await sendToken(world, giver, 40, { recipientPubkey: taker.npub });
  expect(codeOf(await tokensOf(world, taker).receive(text))).toEqual({ status: 400, code: 'TOKEN_LOCKED' });
});

it('after its locktime a token comes back to the wallet that sent it, and not before', async () => {
  const giver = await world.wallet(300);
  const locktime = inSeconds(4);
  const { id } = await sendToken(world, giver, 100, { recipientPubkey: stranger, locktime });
  const early = await tokensOf(world, giver).reclaim(id);
  expect(codeOf(early)).toEqual({ status: 400, code: 'TOKEN_LOCKED' });
  expect((await tokensOf(world, giver).sent(id)).body).toMatchObject({
    lock: { refundPubkey: await keyOf(giver) },
  });
  await passed(locktime);
  expect(await tokensOf(world, giver).reclaim(id)).toMatchObject({
    status: 200,
    body: { reclaimedAmount: 100 },
  });
});

it('a refund key of somebody else’s is theirs: this server does not take the token back', async () => {
  const giver = await world.wallet(300);
  const locktime = inSeconds(2);
  const { id } = await sendToken(world, giver, 100, {
    recipientPubkey: stranger,
    refundPubkey: getPublicKey(new Uint8Array(32).fill(9)),
    locktime,
  });
  await passed(locktime);
  expect(codeOf(await tokensOf(world, giver).reclaim(id))).toEqual({ status: 400, code: 'TOKEN_LOCKED' });
});

it.each([
  ['a key that is none', { recipientPubkey: 'ff'.repeat(33) }, 'recipientPubkey'],
  ['a locktime of the past', { recipientPubkey: stranger, locktime: 1_000 }, 'locktime'],
  ['a locktime without a recipient', { locktime: 4_000_000_000 }, 'recipientPubkey'],
  ['a refund key without a locktime', { recipientPubkey: stranger, refundPubkey: stranger }, 'locktime'],
])('%s is refused, and nothing is made', async (_story, lock, field) => {
  const giver = await world.wallet(100);
  const { status, body } = await tokensOf(world, giver).send(10, lock);
  expect({ ...body, status }).toMatchObject({ status: 400, code: 'VALIDATION_ERROR', details: [{ field }] });
  expect((await giver.balance())['totalBalance']).toBe(100);
});
