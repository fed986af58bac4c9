import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CounterDocument } from '../../src/models/schemas/operation.ts';
import { batchSize } from '../../src/services/restore/scan.ts';
import { expectBalancedBooks, expectRealMoney, unhurried } from '../support/money.ts';
import { backUp, putBack, recovered, walletOn } from '../support/rolledBack.ts';
import { answer, posts, type Tale, tellingMint } from '../support/tellingMint.ts';
import { type Reply, type TestWallet, until, type World } from '../support/world.ts';

type Sent = Parameters<Tale>[0];

const outputsIn = ({ body }: Sent): number => JSON.parse(body ?? '').outputs.length;
const isScan = (request: Sent): boolean => posts(request, '/v1/restore') && outputsIn(request) === batchSize;
/** What a payment asks before it rests on the outputs that it has planned. */
const isQuestion = (request: Sent): boolean =>
  posts(request, '/v1/restore') && outputsIn(request) < batchSize;

/** For as long as it is told, no scan comes to anything. */
const noScans: Tale = (request) =>
  isScan(request) ? answer(400, { detail: 'not now', code: 0 }) : undefined;

describe('a database put back to before a single output, which a payment finds signed that plans more than the lost time has used', () => {
  let mint: ReturnType<typeof tellingMint>;
  let world: World;
  let restored: World;
  let wallet: TestWallet;
  let quoteId: unknown;
  beforeEach(async () => {
    mint = tellingMint();
    world = await mint.start({ feeReserveMinSat: 4 }, { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '60000' });
    wallet = await world.wallet(64);
  });
  afterEach(() => world.end());

  /** An invoice that was open in the backup, and paid and credited in the lost time. */
  async function loseMinting(): Promise<void> {
    const asked = await world.call('POST', `${wallet.at}/mint`, { amount: 32 });
    quoteId = asked.body['quote'];
    const backup = await backUp(world);
    await world.sim.pay(String(asked.body['invoice']));
    await until(async () => (await completed(world)).status === 200, 'the invoice credited');
    mint.tale = noScans;
    restored = await putBack(world, world, backup);
  }

  const completed = ({ call }: World): Promise<Reply> =>
    call('POST', `${wallet.at}/mint/complete`, { quoteId });

  async function pay(): Promise<Reply> {
    const { invoice } = await restored.sim.invoice({ amount: 20 });
    return walletOn(restored, wallet).melt(invoice);
  }

  /** Nobody else can have had it issued: this is told once signatures of the lost time are known to verify. */
  async function expectIssued(): Promise<void> {
    mint.tale = null;
    await until(async () => (await completed(restored)).status === 200, 'told as issued', 60_000);
    await recovered(restored, wallet.npub);
    expect(await walletOn(restored, wallet).balance()).toMatchObject({ totalBalance: 96, pendingBalance: 0 });
    await expectBalancedBooks(restored);
    await expectRealMoney(restored, wallet.npub);
  }

  const demand = () => restored.context.restore.demand(wallet.npub);

  it('what was issued in the lost time is told as issued, though an operator has all wallets recovered just after', async () => {
    await loseMinting();
    expect(await pay()).toMatchObject({ status: 409, body: { code: 'MELT_BLOCKED_BY_RECONCILIATION' } });
    expect(await demand()).toBe(1);
    await expectIssued();
  }, 120_000);

  it('and just before: while the mint is being asked', async () => {
    await loseMinting();
    const demanded = Promise.withResolvers<void>();
    let isAsked = false;
    mint.tale = (request, carry) => {
      if (!isQuestion(request) || isAsked) return noScans(request, carry);
      isAsked = true;
      return demanded.promise.then(() => carry());
    };
    const payment = pay();
    await until(async () => isAsked, 'the question');
    expect(await demand()).toBe(1);
    demanded.resolve();
    expect(await payment).toMatchObject({ status: 409, body: { code: 'MELT_BLOCKED_BY_RECONCILIATION' } });
    await expectIssued();
  }, 120_000);

  it('the counter comes to stand a thousand past what that payment has planned', async () => {
    const next = async ({ context }: World) =>
      (await context.database.counters.findOne().lean<CounterDocument>())?.next ?? 0;
    // As after hundreds of payments.
    await world.context.database.counters.updateMany({}, { $set: { next: 995 } });
    const backup = await backUp(world);
    await wallet.fund(32);
    expect(await next(world)).toBeLessThan(1_000);
    mint.tale = noScans;
    restored = await putBack(world, world, backup);
    mint.sent.length = 0;
    expect(await pay()).toMatchObject({ status: 409, body: { code: 'MELT_BLOCKED_BY_RECONCILIATION' } });
    const [planned = 0] = mint.sent.filter(isQuestion).map(outputsIn);
    mint.tale = null;
    await recovered(restored, wallet.npub);
    expect(995 + planned).toBeGreaterThan(1_000);
    expect(await next(restored)).toBeGreaterThanOrEqual(995 + planned + 1_000);
    expect((await pay()).status).toBe(200);
  }, 120_000);
});
