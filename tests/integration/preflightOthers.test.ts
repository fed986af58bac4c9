import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { OutputRole } from '../../src/models/proof.ts';
import { proofName } from '../../src/services/ecash/outputs.ts';
import { expectAllSettled } from '../support/mischief.ts';
import { unhurried } from '../support/money.ts';
import { discrepanciesOf, outputsOf } from '../support/preflight.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

/** Transaction S, which turns `keep` into a token, stays out of the way. */
const notBookedEarly = { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '60000' };

describe('outputs of open operations, before another payment', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: notBookedEarly, simulator: { feeReserveMinSat: 4 } });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    await expectAllSettled(world);
  });

  /** Which request of the first melt hangs at the mint, and which of its outputs somebody spends meanwhile. */
  it.each([
    ['swap', '/v1/swap', 'send'],
    ['swap', '/v1/swap', 'keep'],
    ['melt', '/v1/melt/bolt11', 'keep'],
    ['melt', '/v1/melt/bolt11', 'blank'],
  ] as const)(
    'while its %s hangs (%s), a %s output that is spent: PROOF_NOT_IN_DB, the melt goes on',
    async (_what, path, role) => {
      const wallet = await world.wallet(512, 64);
      const hanging = await hang(wallet, path);
      const [stolen] = await outputs(hanging.id, role);
      if (stolen === undefined) throw new Error(`no ${role} output`);
      const amount = Number(stolen.amount) || 1;
      const { secret, keysetId } = stolen;
      await world.sim.spendOutside([{ secret, amount, id: keysetId }]);
      await pays(wallet, 40);
      expect((await discrepanciesOf(world, wallet.npub)).flat()).toEqual([
        {
          type: 'PROOF_NOT_IN_DB',
          severity: 'LOW',
          tokenId: null,
          operationId: hanging.id,
          Y: proofName(secret),
          amount: Number(stolen.amount),
        },
      ]);
      await world.sim.forget([proofName(secret)]);
      await hanging.goOn();
    },
  );

  it('what the operation itself has sent to be spent is no discrepancy, and neither is what nobody has seen', async () => {
    const wallet = await world.wallet(512, 64);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 300, behaviour: 'pending' });
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    await until(async () => (await wallet.status(body['transactionId'])).body['state'] === 'pending');
    const { proofs } = await world.sim.ledger();
    const sent = (await outputs(body['transactionId'], 'send')).map(({ secret }) => proofName(secret));
    expect(proofs.filter(({ Y, state }) => sent.includes(Y) && state === 'PENDING')).toHaveLength(
      sent.length,
    );
    await pays(wallet, 40);
    expect((await discrepanciesOf(world, wallet.npub)).flat()).toEqual([]);
    await world.sim.settle(paymentHash, 'paid');
  });

  /** A melt whose next request of this path waits at the mint. */
  async function hang(wallet: TestWallet, path: string) {
    await world.sim.addFaults({ match: { path }, fault: 'hold' });
    const { invoice } = await world.sim.invoice({ amount: 300 });
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const id = String(body['transactionId']);
    const isHeld = async () =>
      (await world.sim.requests()).some((one) => one.path === path && one.status === null);
    await until(isHeld, `a request to ${path} that hangs`);
    return {
      id,
      goOn: async () => {
        await world.sim.release();
        await until(async () => (await wallet.status(id)).body['status'] === 'PAID', 'the first melt paid');
      },
    };
  }

  async function pays(wallet: TestWallet, amount: number): Promise<void> {
    const { invoice } = await world.sim.invoice({ amount });
    expect((await wallet.melt(invoice)).status).toBe(200);
  }

  const outputs = async (operationId: unknown, role: OutputRole) =>
    (await outputsOf(world, operationId)).filter((output) => output.role === role);
});
