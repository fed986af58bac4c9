import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decidingIn, hourMs } from '../support/deciding.ts';
import { issuePath, liar, minted, posts, reply } from '../support/liar.ts';
import type { World } from '../support/world.ts';

const mint = liar();
let world: World;
beforeAll(async () => {
  world = await mint.start();
});
afterAll(() => world.end());
afterEach(() => {
  mint.lie = null;
});

const { decide, timePassesUntil, stored, decidedIn, onlyOf } = decidingIn(mint, () => world);

const refused = (says: string) => ({
  status: 409,
  body: { code: 'DECISION_NOT_POSSIBLE', message: expect.stringContaining(says) },
});

describe('a minting that was paid', () => {
  it('is not given up before the mint has issued it, however long that takes, and is credited then', async () => {
    const wallet = await world.wallet();
    mint.lie = (request) => (posts(request, issuePath) ? reply(503, '') : undefined);
    await minted(world, wallet, 64);
    const id = await onlyOf(wallet);
    await timePassesUntil(async () => (await stored(id))?.state === 'issuing', 'issuing');
    mint.jump(hourMs);
    expect(await decide(id, 'write_off')).toMatchObject(refused('does not say that the quote is issued'));
    expect(await decidedIn(id)).toHaveLength(0);
    mint.lie = null;
    const isCredited = async () => (await wallet.balance())['totalBalance'] === 64;
    await timePassesUntil(isCredited, 'the ecash credited');
  });
});
