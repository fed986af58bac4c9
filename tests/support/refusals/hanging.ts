import { type TestWallet, until } from '../world.ts';
import { expectSettled } from './expectRefusal.ts';
import type { Stage } from './stage.ts';

/** An invoice whose payment hangs at the mint until the test decides it. */
export async function hangingInvoice({ world }: Stage, amount: number) {
  const { invoice, paymentHash } = await world.sim.invoice({ amount, behaviour: 'pending' });
  return {
    invoice,
    isUnderWay: async () => {
      const { payments } = await world.sim.ledger();
      return payments.some((payment) => payment.paymentHash === paymentHash);
    },
    pay: () => world.sim.settle(paymentHash, 'paid'),
  };
}

/** A payment that hangs. `end` lets it through, and waits until nothing more is asked of the mint because of it. */
export async function hangingPayment(stage: Stage, wallet: TestWallet, amount: number) {
  const { invoice, isUnderWay, pay } = await hangingInvoice(stage, amount);
  const begun = await stage.melt(wallet, invoice, {}, { prefer: 'respond-async' });
  await until(isUnderWay, 'the payment');
  await stage.arranged();
  return {
    invoice,
    transactionId: String(begun.body['transactionId']),
    end: async () => {
      await pay();
      await expectSettled(stage);
    },
  };
}
