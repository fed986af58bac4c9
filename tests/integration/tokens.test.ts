import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { unhurried } from '../support/money.ts';
import {
  codeOf,
  expectLedgerAgrees,
  oldTokenOf,
  proofsIn,
  sendToken,
  tokenOf,
  tokensOf,
} from '../support/tokens.ts';
import { startWorld, until, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({
    simulator: { inputFeePpk: 100 },
    env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '15000' },
  });
});
afterAll(() => world.end());
afterEach(() => expectLedgerAgrees(world));

describe('a token', () => {
  it('is of exactly the amount, is no balance any more, and is watched until its recipient has it', async () => {
    const [giver, taker] = [await world.wallet(1000), await world.wallet()];
    const reply = await tokensOf(world, giver).send(210, { memo: 'for lunch', externalId: 'lunch-1' });
    expect(reply).toMatchObject({
      status: 200,
      body: { success: true, amount: 210, mintUrl: world.env.MINT_URL },
    });
    const { encodedToken, transactionId, fee, changeAmount } = reply.body;
    expect(String(encodedToken)).toMatch(/^cashuB/);
    const proofs = await proofsIn(world, String(encodedToken));
    expect(proofs.reduce((sum, { amount }) => sum + Number(amount), 0)).toBe(210);
    expect(proofs.every(({ dleq }) => dleq !== undefined)).toBe(true);
    const { totalBalance, reservedBalance } = await giver.balance();
    expect(totalBalance).toBe(1000 - 210 - Number(fee));
    expect(reservedBalance).toBe(0);
    expect(Number(changeAmount)).toBeLessThanOrEqual(Number(totalBalance));
    const listed = await world.call('GET', `${giver.at}/transactions/${String(transactionId)}`);
    expect(listed.body).toMatchObject({
      type: 'send',
      status: 'PENDING',
      amount: 210,
      fee,
      memo: 'for lunch',
      externalId: 'lunch-1',
    });

    const taken = await tokensOf(world, taker).receive(encodedToken);
    expect(taken).toMatchObject({ status: 200, body: { success: true, mintUrl: world.env.MINT_URL } });
    const { totalAmount, fee: takersFee } = taken.body;
    expect(Number(totalAmount) + Number(takersFee)).toBe(210);
    expect((await taker.balance())['totalBalance']).toBe(totalAmount);
    await until(
      async () => (await tokensOf(world, giver).sent(transactionId)).body['status'] === 'PAID',
      'the claim noticed',
    );
    const end = await tokensOf(world, giver).sent(transactionId);
    expect(end.body).toMatchObject({
      state: 'claimed',
      claimedAmount: 210,
      encodedToken: null,
      reclaimedAmount: null,
    });
    const story = await world.call('GET', `${giver.at}/transactions/${String(transactionId)}`);
    expect(story.body).toMatchObject({ status: 'PAID', state: 'claimed' });
  });

  it('comes back whole, but for the fee, if nobody has claimed it', async () => {
    const wallet = await world.wallet(500);
    const { id } = await sendToken(world, wallet, 100);
    const before = (await wallet.balance())['totalBalance'] ?? 0;
    const back = await tokensOf(world, wallet).reclaim(id);
    expect(back).toMatchObject({ status: 200, body: { transactionId: id, claimedAmount: 0 } });
    expect(Number(back.body['reclaimedAmount']) + Number(back.body['fee'])).toBe(100);
    expect((await wallet.balance())['totalBalance']).toBe(before + Number(back.body['reclaimedAmount']));
    const again = await tokensOf(world, wallet).reclaim(id);
    expect(again).toMatchObject({ status: 200, body: back.body });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const status = await tokensOf(world, wallet).sent(id);
    expect(status.body).toMatchObject({ status: 'FAILED', state: 'reclaimed', encodedToken: null });
  });

  it('that was claimed cannot be reclaimed, and of one that was claimed in part the rest comes back', async () => {
    const [giver, taker] = [await world.wallet(500), await world.wallet()];
    const claimed = await sendToken(world, giver, 64);
    await tokensOf(world, taker).receive(claimed.text);
    expect(codeOf(await tokensOf(world, giver).reclaim(claimed.id))).toEqual({
      status: 409,
      code: 'TOKEN_CLAIMED',
    });

    const parted = await sendToken(world, giver, 100);
    const [first, ...rest] = await proofsIn(world, parted.text);
    if (first === undefined) throw new Error('a token without proofs');
    await tokensOf(world, taker).receive(tokenOf(world.env.MINT_URL, [first]));
    const back = await tokensOf(world, giver).reclaim(parted.id);
    expect(back).toMatchObject({ status: 200, body: { claimedAmount: Number(first.amount) } });
    const left = rest.reduce((sum, { amount }) => sum + Number(amount), 0);
    expect(Number(back.body['reclaimedAmount']) + Number(back.body['fee'])).toBe(left);
  });

  it('is received once, however often, by whomever and in whatever version it is given', async () => {
    const [giver, taker, other] = [await world.wallet(500), await world.wallet(), await world.wallet()];
    const { text } = await sendToken(world, giver, 48);
    const old = oldTokenOf(world.env.MINT_URL, await proofsIn(world, text));
    const replies = await Promise.all([
      ...Array.from({ length: 5 }, () => tokensOf(world, taker).receive(text)),
      tokensOf(world, taker).receive(old),
    ]);
    const ids = new Set(
      replies.filter(({ status }) => status < 300).map(({ body }) => body['transactionId']),
    );
    expect(ids.size).toBe(1);
    const again = await tokensOf(world, taker).receive(`cashu:${old}`);
    expect(again).toMatchObject({ status: 200, body: { transactionId: [...ids][0] } });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(codeOf(await tokensOf(world, other).receive(text))).toEqual({ status: 400, code: 'TOKEN_SPENT' });
    expect((await other.balance())['totalBalance']).toBe(0);
  });

  it('under one Idempotency-Key is made once, and told again as it stands', async () => {
    const wallet = await world.wallet(500);
    const key = { 'Idempotency-Key': 'lunch' };
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => tokensOf(world, wallet).send(21, {}, key)),
    );
    for (const reply of replies.filter(({ status }) => status !== 200))
      expect(codeOf(reply)).toEqual({ status: 409, code: 'IDEMPOTENCY_CONFLICT' });
    const again = await tokensOf(world, wallet).send(21, {}, key);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const texts = new Set(
      [again, ...replies.filter(({ status }) => status === 200)].map(({ body }) => body['encodedToken']),
    );
    expect(texts.size).toBe(1);
    expect(await world.context.database.operations.countDocuments({ npub: wallet.npub, kind: 'send' })).toBe(
      1,
    );
    const other = await tokensOf(world, wallet).send(22, {}, key);
    expect(codeOf(other)).toEqual({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  it('may be received by the wallet that sent it', async () => {
    const wallet = await world.wallet(300);
    const { id, text } = await sendToken(world, wallet, 100);
    expect((await tokensOf(world, wallet).receive(text)).status).toBe(200);
    await until(
      async () => (await tokensOf(world, wallet).sent(id)).body['state'] === 'claimed',
      'the claim noticed',
    );
  });

  it('of a keyset that is younger than what the server of its recipient has listed is received', async () => {
    const other = await world.instance();
    const taker = await world.wallet();
    const receiveThere = async (encodedToken: string) =>
      (await world.call('POST', `${taker.at}/receive`, { encodedToken }, {}, other.url)).status;
    const givenAway = async () => (await sendToken(world, await world.wallet(100), 50)).text;
    expect(await receiveThere(await givenAway())).toBe(200);
    await world.sim.rotate({ inputFeePpk: 100 });
    expect(await receiveThere(await givenAway())).toBe(200);
  });

  it('for which the client does not want to wait is answered at once', async () => {
    const [giver, taker] = [await world.wallet(300), await world.wallet()];
    const reply = await tokensOf(world, giver).send(50, {}, { Prefer: 'respond-async' });
    expect(reply).toMatchObject({ status: 202, body: { status: 'PENDING' } });
    expect(reply.headers.get('location')).toBe(reply.body['statusUrl']);
    const { transactionId } = reply.body;
    await until(
      async () => (await tokensOf(world, giver).sent(transactionId)).body['state'] === 'sent',
      'the token made',
    );
    const { encodedToken } = (await tokensOf(world, giver).sent(transactionId)).body;
    const taken = await tokensOf(world, taker).receive(encodedToken, { Prefer: 'respond-async' });
    expect(taken.status).toBe(202);
    await until(
      async () => (await world.call('GET', String(taken.body['statusUrl']))).body['status'] === 'PAID',
      'the token received',
    );
  });
});

describe('a race of many', () => {
  it('sends of one wallet give away no proof twice', async () => {
    const wallet = await world.wallet(64, 64, 64, 64);
    const replies = await Promise.all(Array.from({ length: 12 }, () => tokensOf(world, wallet).send(20)));
    const texts = replies.flatMap(({ status, body }) =>
      status === 200 ? [String(body['encodedToken'])] : [],
    );
    expect(texts.length).toBeGreaterThan(0);
    const proofs = await Promise.all(texts.map((text) => proofsIn(world, text)));
    const secrets = proofs.flat().map(({ secret }) => secret);
    expect(new Set(secrets).size).toBe(secrets.length);
    for (const reply of replies.filter(({ status }) => status >= 400))
      expect(['CONCURRENT_OPERATION', 'INSUFFICIENT_BALANCE']).toContain(reply.body['code']);
  });

  it('recipient and sender: the ecash goes to one of them', async () => {
    const [giver, taker] = [await world.wallet(900), await world.wallet()];
    const tokens = await Promise.all(Array.from({ length: 6 }, () => sendToken(world, giver, 30)));
    await Promise.all(
      tokens.flatMap(({ id, text }) => [
        tokensOf(world, taker).receive(text),
        tokensOf(world, giver).reclaim(id),
      ]),
    );
    await expectLedgerAgrees(world);
    for (const { id } of tokens) {
      await until(async () => {
        const { state } = (await tokensOf(world, giver).sent(id)).body;
        return ['claimed', 'partly_claimed', 'reclaimed'].includes(String(state));
      }, 'an end of each');
    }
  });
});
