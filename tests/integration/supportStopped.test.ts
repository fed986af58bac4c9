import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { fresh } from '../../src/repositories/recoveryDocuments.ts';
import { decidingIn, hourMs, lost, paidByOthers } from '../support/deciding.ts';
import { liar, posts, quotePath, retold } from '../support/liar.ts';
import { timesPaid } from '../support/money.ts';
import { type TestWallet, until, type World } from '../support/world.ts';

const mint = liar();
let world: World;
mint.serves((opened) => {
  world = opened;
});

const { decide, comesToLater, stored, decidedIn, reportsOf, restored, begun, doubted, hanging } = decidingIn(
  mint,
  () => world,
);

/** What a booking is to make a token for has one already, as no server leaves it: the booking can never succeed. */
async function tokenInTheWayOf({ npub }: TestWallet, transaction_id: string) {
  const { tokens } = world.context.database;
  const [another] = await tokens.find({ npub }).lean();
  if (another === undefined) throw new Error('the wallet has no token');
  const { proofs: _, ...without } = another;
  const _id = `tok_in_the_way_of_${transaction_id}`;
  await tokens.create({
    ...without,
    _id,
    status: 'failed',
    total_amount: 0n,
    transaction_id,
    reserved_by: null,
  });
  return { remove: () => tokens.deleteOne({ _id }) };
}

describe('a payment that was given up and then went through', () => {
  it('is not fenced once a restore has found its change, whether that was spent or not', async () => {
    const { wallet, id, paymentHash } = await hanging();
    await decide(id, 'write_off');
    await world.sim.settle(paymentHash, 'paid');
    await restored(wallet);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302 });
    const refused = {
      status: 409,
      body: { message: expect.stringContaining('what the mint gave for its ecash') },
    };
    expect(await decide(id, 'fence')).toMatchObject(refused);
    expect((await world.call('POST', `${wallet.at}/send`, { amount: 302 })).status).toBe(200);
    expect(await decide(id, 'fence')).toMatchObject(refused);
    expect((await stored(id))?.state).toBe('written_off');
    const { reports } = world.context.database;
    expect(await reports.countDocuments({ npub: wallet.npub, code: 'STORE_BEHIND_MINT' })).toBe(0);
  });
});

describe('a payment whose booking can never succeed', () => {
  it('is stopped and reported, and goes on once a person has put it right and decided so', async () => {
    const { wallet, id, paymentHash } = await hanging();
    const inTheWay = await tokenInTheWayOf(wallet, `${id}_melt_change`);
    await world.sim.settle(paymentHash, 'paid');
    await comesToLater(wallet, id, 'needs_attention');
    expect(await reportsOf(id)).toContainEqual(
      expect.objectContaining({
        code: 'CRITICAL_MELT_FAILURE',
        status: 'open',
        summary: expect.stringContaining('is in another token already'),
      }),
    );
    await inTheWay.remove();
    expect((await decide(id, 'fence')).body).toMatchObject({ outcome: 'DECIDED' });
    await comesToLater(wallet, id, 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302, reservedBalance: 0 });
  });
});

describe('a payment that was stopped because a token of it is not reserved any more', () => {
  it('can be given up all the same, and how many are missing is in the audit log', async () => {
    const { wallet, id } = await begun(512, 210, 'pending');
    const { tokens } = world.context.database;
    const freed = await tokens.updateMany({ reserved_by: id }, { $set: { reserved_by: null } });
    expect(freed.modifiedCount).toBe(1);
    mint.jump(hourMs);
    await comesToLater(wallet, id, 'needs_attention');
    expect((await decide(id, 'write_off')).body).toMatchObject({ state: 'written_off' });
    expect(await decidedIn(id)).toMatchObject([{ details: { missingTokens: 1 } }]);
  });
});

describe('a fence of what was given up', () => {
  it('comes to nothing beside a restore that begins and ends just before it', async () => {
    const { wallet, id, paymentHash } = await hanging();
    await decide(id, 'write_off');
    await world.sim.settle(paymentHash, 'failed');
    const { wallets } = world.context.database;
    const { updateOne } = wallets;
    const racing = async (...given: Parameters<typeof updateOne>) => {
      if (!JSON.stringify(given[1]).includes('taken_up')) return updateOne.apply(wallets, given);
      Reflect.deleteProperty(wallets, 'updateOne');
      await restored(wallet);
      return wallets.updateOne(...given);
    };
    Object.assign(wallets, { updateOne: racing });
    expect(await decide(id, 'fence')).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('A restore has brought its ecash back') },
    });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });

  it('whose token was not reserved any more takes nothing that is in the wallet', async () => {
    const { wallet, id, paymentHash } = await begun(214, 210, 'pending');
    const { tokens } = world.context.database;
    await tokens.updateMany({ reserved_by: id }, { $set: { reserved_by: null } });
    mint.jump(hourMs);
    expect((await decide(id, 'write_off')).body).toMatchObject({ state: 'written_off' });
    await world.sim.settle(paymentHash, 'failed');
    expect(await decide(id, 'fence')).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('has stayed in the wallet') },
    });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 214, reservedBalance: 0 });
  });
});

describe('a payment whose keep is in another token already', () => {
  it('is not given up, in words, before a person has put that right', async () => {
    const { wallet, id } = await begun(512, 210, 'pending');
    const inTheWay = await tokenInTheWayOf(wallet, `${id}_keep`);
    mint.jump(hourMs);
    await comesToLater(wallet, id, 'needs_attention');
    expect(await decide(id, 'write_off')).toMatchObject({
      status: 409,
      body: { code: 'DECISION_NOT_POSSIBLE', message: expect.stringContaining('in another token already') },
    });
    await inTheWay.remove();
    expect((await decide(id, 'write_off')).body).toMatchObject({ state: 'written_off' });
  });
});

describe('a payment each step of which fails', () => {
  it('is reported after an hour, and settled once it can be booked', async () => {
    const { wallet, id, paymentHash } = await begun(512, 210, 'pending');
    const { collection } = world.context.database.tokens;
    const insertOne = () => {
      throw new Error('not just now');
    };
    Object.assign(collection, { insertOne });
    try {
      await world.sim.settle(paymentHash, 'paid');
      mint.jump(hourMs);
      const isReported = async () =>
        (await reportsOf(id)).some(({ code }) => code === 'OPERATION_OPEN_TOO_LONG');
      await until(isReported, 'the report', 20_000);
    } finally {
      Reflect.deleteProperty(collection, 'insertOne');
    }
    await comesToLater(wallet, id, 'settled');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302, reservedBalance: 0 });
  });
});

describe('a payment that was stopped once the mint had paid it', () => {
  it('is not given up; taken up again, it asks for its change and is settled', async () => {
    const { wallet, id, paymentHash } = await hanging();
    mint.lie = (request, carry) => {
      if (posts(request, '/v1/restore')) return Promise.resolve(lost);
      if (request.method !== 'GET' || !request.url.includes(quotePath)) return undefined;
      return retold(carry, (body) => {
        delete body.change;
      });
    };
    await world.sim.settle(paymentHash, 'paid');
    await comesToLater(wallet, id, 'paid');
    const inTheWay = await tokenInTheWayOf(wallet, `${id}_melt_change`);
    mint.lie = null;
    await comesToLater(wallet, id, 'needs_attention');
    expect(await decide(id, 'write_off')).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('Decide “fence” to have that asked for again') },
    });
    await inTheWay.remove();
    expect((await decide(id, 'fence')).body).toMatchObject({ outcome: 'DECIDED' });
    await comesToLater(wallet, id, 'settled');
    expect((await wallet.status(id)).body).toMatchObject({ status: 'PAID', paidAmount: 210 });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302, reservedBalance: 0 });
  });
});

describe('a restore of the wallet, and a decision between its two looks at what is under way', () => {
  it('credit the ecash once', async () => {
    const { wallet, id } = await doubted();
    mint.lie = (request, carry) =>
      posts(request, '/v1/swap') ? pause(1_500).then(carry) : paidByOthers(request, carry);
    const { operations } = world.context.database;
    const find = operations.find.bind(operations);
    const isTakenUp = async () => (await stored(id))?.state !== 'needs_attention';
    let decided: Promise<unknown> | null = null;
    const finding = (filter: Record<string, unknown>) => {
      const query = find(filter);
      if (decided !== null || filter['state'] !== 'needs_attention' || !('wallet_id' in filter)) return query;
      decided = decide(id, 'fence');
      const cursor = query.cursor.bind(query);
      const late = async function* () {
        await until(isTakenUp, 'taken up');
        yield* cursor();
      };
      return Object.assign(query, { cursor: late });
    };
    Object.assign(operations, { find: finding });
    try {
      await world.call('POST', `${wallet.at}/restore`, {}, { prefer: 'respond-async' });
      await comesToLater(wallet, id, 'released');
    } finally {
      Reflect.deleteProperty(operations, 'find');
    }
    expect(await decided).toMatchObject({ body: { outcome: 'DECIDED' } });
    expect((await world.call('GET', `${wallet.at}/restore`)).body).toMatchObject({ restoredAmount: 0 });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });

  it('are not made at once of what was given up, or is to be: that is the restore’s to find', async () => {
    const { wallet, id } = await hanging();
    const { wallets } = world.context.database;
    const recovery = fresh('requested', new Date(Date.now() + 7 * 24 * hourMs));
    const refused = { status: 409, body: { message: expect.stringContaining('is being restored') } };
    await wallets.updateOne({ npub: wallet.npub }, { $set: { recovery } });
    expect(await decide(id, 'write_off')).toMatchObject(refused);
    expect(await decidedIn(id)).toHaveLength(0);
    await wallets.updateOne({ npub: wallet.npub }, { $unset: { recovery: 1 } });
    await decide(id, 'write_off');
    const { updateOne } = wallets;
    const racing = async (...given: Parameters<typeof updateOne>) => {
      Reflect.deleteProperty(wallets, 'updateOne');
      await wallets.updateOne({ npub: wallet.npub }, { $set: { recovery } });
      return wallets.updateOne(...given);
    };
    Object.assign(wallets, { updateOne: racing });
    expect(await decide(id, 'fence')).toMatchObject(refused);
    await wallets.updateOne({ npub: wallet.npub }, { $unset: { recovery: 1 } });
    expect((await decide(id, 'fence')).body).toMatchObject({ outcome: 'DECIDED' });
  });
});

describe('a decision', () => {
  it('stands, and is told to, though the look that follows it breaks down', async () => {
    const { id } = await hanging();
    const { operations } = world.context.database;
    const findOneAndUpdate = () => {
      throw new Error('not just now');
    };
    Object.assign(operations, { findOneAndUpdate });
    const decided = await decide(id, 'fence').finally(() =>
      Reflect.deleteProperty(operations, 'findOneAndUpdate'),
    );
    expect(decided).toMatchObject({ status: 200, body: { outcome: 'DECIDED', rechecked: 'STILL_ASKING' } });
  });
});
