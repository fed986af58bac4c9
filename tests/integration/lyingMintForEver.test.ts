import { describe, expect, it } from '@jest/globals';
import type { Exchange } from '../../src/services/mint/transport.ts';
import {
  issuePath,
  liar,
  meltPath,
  minted,
  mintingStates,
  posts,
  quotePath,
  relabelled,
  retold,
} from '../support/liar.ts';
import { comesTo } from '../support/mischief.ts';
import { expectBalancedBooks, timesPaid, tokensOf } from '../support/money.ts';
import { type TestWallet, until, untilLater, type World } from '../support/world.ts';

/** Whether people have been told of this wallet's bad signatures. */
async function reported(world: World, { npub }: TestWallet): Promise<boolean> {
  const report = await world.context.database.reports.findOne({ npub, code: 'SIGNATURES_DO_NOT_VERIFY' });
  return report?.severity === 'HIGH';
}

const nothingSigned = { outputs: [], signatures: [] };

describe('a mint that never comes right', () => {
  const mint = liar();
  let world: World;
  mint.serves((opened) => {
    world = opened;
  });

  it('and omits the change of which none is due: PAID is told soon after the payment', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 50, routingFeeSat: 4 });
    let paidAt = 0;
    mint.lie = (request, carry) => {
      if (!posts(request, meltPath) && !request.url.includes(quotePath)) return undefined;
      return retold(carry, (body) => {
        if (posts(request, meltPath)) paidAt = Date.now();
        delete body.change;
      });
    };
    const paid = await wallet.melt(invoice);
    expect(Date.now() - paidAt).toBeLessThan(2_500);
    expect(paid).toMatchObject({ status: 200, body: { paidAmount: 50, feesPaid: 4, changePending: true } });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 446 });
    await expectBalancedBooks(world);
  });

  it.each([
    ['larger', 1_048_576],
    ['smaller', 1],
  ])(
    'and calls its swap signatures %s in NUT-09 too: reported at once, a person is called after an hour, nothing is booked',
    async (_what, to) => {
      const wallet = await world.wallet(512);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 212, routingFeeSat: 1 });
      mint.lie = (request, carry) =>
        /\/v1\/(swap|restore)$/.test(request.url) ? retold(carry, relabelled(128, to)) : undefined;
      const melt = await wallet.melt(invoice);
      expect(melt.status).not.toBe(200);
      const id = (await world.context.database.operations.findOne({ kind: 'melt', npub: wallet.npub }))?._id;
      await until(() => reported(world, wallet), 'the report');
      await comesTo(wallet, id, 'swapping');
      mint.jump(3_600_000);
      await untilLater(
        () => mint.jump(10_000),
        async () => (await wallet.status(id)).body['state'] === 'needs_attention',
        'the alarm',
      );
      expect(await timesPaid(world, paymentHash)).toBe(0);
      expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 512 });
      await expectBalancedBooks(world);
    },
  );

  it('and signs badly each time that it is asked to issue, and remembers nothing: told after an hour, credited when it comes right', async () => {
    const wallet = await world.wallet();
    let issued: Promise<Exchange> | undefined;
    mint.lie = (request, carry) => {
      if (posts(request, issuePath)) {
        issued ??= carry();
        const sent = issued;
        return retold(() => sent, relabelled(64, 1_048_576));
      }
      if (posts(request, '/v1/restore')) return retold(carry, (body) => Object.assign(body, nothingSigned));
      if (!request.url.includes('/v1/mint/quote/')) return undefined;
      return retold(carry, (body) =>
        body.state === 'ISSUED' ? Object.assign(body, { state: 'PAID' }) : body,
      );
    };
    await minted(world, wallet, 100);
    const told = () =>
      world.context.database.reports.findOne({ npub: wallet.npub, code: 'MINTING_HELD_UP' }).lean();
    await mint.passing(`POST ${issuePath}`, 4, 600_000);
    expect(await told()).toBeNull();
    await mint.passing(`POST ${issuePath}`, 4, 600_000);
    await until(async () => (await told()) !== null, 'the report');
    expect(await mintingStates(world, wallet)).toEqual(['issuing']);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 0 });
    mint.lie = null;
    await untilLater(
      () => mint.jump(60_000),
      async () => (await mintingStates(world, wallet)).includes('issued'),
      'credited',
    );
    expect(await wallet.balance()).toMatchObject({ totalBalance: 100 });
    await expectBalancedBooks(world);
  });

  it('and calls its issue signatures larger in NUT-09 too: nothing is credited', async () => {
    const wallet = await world.wallet();
    mint.lie = (request, carry) =>
      /\/v1\/(mint\/bolt11|restore)$/.test(request.url)
        ? retold(carry, relabelled(64, 1_048_576))
        : undefined;
    await minted(world, wallet, 100);
    await until(() => reported(world, wallet), 'the report');
    expect(await mintingStates(world, wallet)).toEqual(['issuing']);
    await mint.passing('POST /v1/restore', 4, 600_000);
    expect(await mintingStates(world, wallet)).toEqual(['issuing']);
    await untilLater(
      () => mint.jump(60_000),
      async () => (await mintingStates(world, wallet)).includes('needs_attention'),
      'the alarm',
    );
    expect(await wallet.balance()).toMatchObject({ totalBalance: 0 });
    expect(await tokensOf(world, wallet.npub, { status: 'unspent' })).toEqual([]);
  });
});
