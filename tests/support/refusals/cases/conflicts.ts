import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { askedOfMint } from '../../money.ts';
import { until } from '../../world.ts';
import type { RefusalCase } from '../cases.ts';
import { expectSettled } from '../expectRefusal.ts';
import { hangingInvoice, hangingPayment } from '../hanging.ts';
import type { Stage } from '../stage.ts';
import type { Answer } from '../wire.ts';

const newKey = () => ({ 'idempotency-key': randomUUID() });

const duplicate = {
  code: 'DUPLICATE_PAYMENT' as const,
  says: /is paying, or has paid, this invoice already in tx_melt_\w+\. Nothing more was paid; look at that transaction/,
};

function paidAlready(what: string, spelt: (invoice: string) => string): RefusalCase {
  let transactionId: unknown;
  return {
    ...duplicate,
    what,
    async provoke(stage) {
      const wallet = await stage.world.wallet(128, 128);
      const invoice = await stage.invoice(50);
      ({ transactionId } = (await stage.melt(wallet, invoice)).body);
      await stage.arranged();
      return stage.melt(wallet, spelt(invoice));
    },
    members: () => ({ transactionId }),
  };
}

function inFlight(): RefusalCase {
  let transactionId: unknown;
  let letGo = async (): Promise<void> => undefined;
  return {
    ...duplicate,
    what: 'the invoice is being paid',
    async provoke(stage) {
      const wallet = await stage.world.wallet(128, 128);
      const payment = await hangingPayment(stage, wallet, 50);
      transactionId = payment.transactionId;
      letGo = payment.end;
      return stage.melt(wallet, payment.invoice);
    },
    members: () => ({ transactionId }),
    afterwards: () => letGo(),
  };
}

/** The first of two requests is held up in its pre-flight, so that the second overtakes it. */
async function overtaken(
  stage: Stage,
  first: () => Promise<Answer>,
  second: () => Promise<Answer>,
  isAhead: () => Promise<boolean>,
) {
  const { sim } = stage.world;
  await sim.clearRequests();
  await sim.addFaults({ match: { path: '/v1/checkstate' }, fault: 'hold' });
  const late = first();
  await until(
    async () => (await askedOfMint(stage.world, '/v1/checkstate')) > 0,
    'the first at its pre-flight',
  );
  const ahead = second();
  await until(isAhead, 'the second ahead');
  await stage.arranged();
  await sim.release();
  return { late: await late, ahead };
}

function overtakenByAnother(): RefusalCase {
  let transactionId: unknown;
  let letGo = async (): Promise<void> => undefined;
  return {
    ...duplicate,
    what: 'another request was quicker to reserve',
    async provoke(stage) {
      const wallet = await stage.world.wallet(128, 128);
      const { invoice, isUnderWay, pay } = await hangingInvoice(stage, 50);
      const { late, ahead } = await overtaken(
        stage,
        () => stage.melt(wallet, invoice),
        () => stage.melt(wallet, invoice, {}, { prefer: 'respond-async' }),
        isUnderWay,
      );
      ({ transactionId } = (await ahead).body);
      letGo = async () => {
        await pay();
        await expectSettled(stage);
      };
      return late;
    },
    members: () => ({ transactionId }),
    afterwards: () => letGo(),
  };
}

const conflict = {
  code: 'IDEMPOTENCY_CONFLICT' as const,
  says: /first request with this Idempotency-Key is still running\. Nothing more was started; ask again shortly/,
  retryable: true as const,
};

/** The payment under the key is let through, and whoever waited for it is answered. */
async function completed(stage: Stage, first: Promise<Answer>, pay: () => Promise<void>): Promise<void> {
  await pay();
  expect((await first).status).toBe(200);
  await expectSettled(stage);
}

function stillRunning(): RefusalCase {
  let complete = async (): Promise<void> => undefined;
  return {
    ...conflict,
    what: 'a melt whose first request still waits',
    async provoke(stage) {
      const wallet = await stage.world.wallet(128);
      const key = newKey();
      const { invoice, isUnderWay, pay } = await hangingInvoice(stage, 50);
      const first = stage.melt(wallet, invoice, {}, key);
      await until(isUnderWay, 'the payment');
      await stage.arranged();
      complete = () => completed(stage, first, pay);
      return stage.melt(wallet, invoice, {}, key);
    },
    afterwards: () => complete(),
  };
}

function overtakenUnderOneKey(): RefusalCase {
  let complete = async (): Promise<void> => undefined;
  return {
    ...conflict,
    what: 'a melt that another request under its key overtakes',
    async provoke(stage) {
      const wallet = await stage.world.wallet(128, 128);
      const key = newKey();
      const { invoice, isUnderWay, pay } = await hangingInvoice(stage, 50);
      const ask = () => stage.melt(wallet, invoice, {}, key);
      const { late, ahead } = await overtaken(stage, ask, ask, isUnderWay);
      complete = () => completed(stage, ahead, pay);
      return late;
    },
    afterwards: () => complete(),
  };
}

const overtakenMinting: RefusalCase = {
  ...conflict,
  what: 'a mint quote that another request under its key overtakes',
  async provoke(stage) {
    const { sim } = stage.world;
    const wallet = await stage.world.wallet();
    const key = newKey();
    const ask = () => stage.post(`${wallet.at}/mint`, { amount: 5 }, key);
    await sim.clearRequests();
    await sim.addFaults({ match: { path: '/v1/mint/quote/bolt11' }, fault: 'hold' });
    const late = ask();
    await until(
      async () => (await askedOfMint(stage.world, '/v1/mint/quote/bolt11')) > 0,
      'the first at the mint',
    );
    expect((await ask()).status).toBe(201);
    await stage.arranged();
    await sim.release();
    return late;
  },
};

const reused = (what: string, provoke: RefusalCase['provoke']): RefusalCase => ({
  code: 'IDEMPOTENCY_KEY_REUSED',
  what,
  provoke,
  says: /used for another request body\. Nothing was done; use a new key/,
});

const reusedForMelt = (what: string, differently: (stage: Stage) => Promise<object>): RefusalCase =>
  reused(what, async (stage) => {
    const wallet = await stage.world.wallet(128);
    const key = newKey();
    const invoice = await stage.invoice(50);
    expect((await stage.melt(wallet, invoice, {}, key)).status).toBe(200);
    await stage.arranged();
    return stage.post(`${wallet.at}/melt`, { invoice, ...(await differently(stage)) }, key);
  });

const keyRule = 'must be sent once, with 1 to 255 printable ASCII characters, quoted or not';
const spoiltKeys: [string, string | string[]][] = [
  ['an empty one', ''],
  ['one with nothing between its quotes', '""'],
  ['one that opens a quote', '"open'],
  ['one with quotes inside', '"a"b"'],
  ['one that is not ASCII', Buffer.from('schlüssel', 'utf8').toString('latin1')],
  ['one with a tab', 'a\tb'],
  ['one that is too long', 'k'.repeat(256)],
  ['two', ['a', 'b']],
];

const malformedKeys = ['melt', 'mint'].flatMap((route) =>
  spoiltKeys.map(
    ([what, key]): RefusalCase => ({
      code: 'VALIDATION_ERROR',
      what: `${route} with an Idempotency-Key: ${what}`,
      async provoke(stage) {
        const body = route === 'mint' ? { amount: 5 } : { invoice: await stage.invoice(5) };
        return stage.post(`${stage.wallet.at}/${route}`, body, { 'idempotency-key': key });
      },
      says: /^Nothing was done: Idempotency-Key: must be sent once/,
      members: { details: [{ field: 'Idempotency-Key', message: keyRule }] },
    }),
  ),
);

export const conflictCases: RefusalCase[] = [
  paidAlready('the invoice is paid', (invoice) => invoice),
  paidAlready('the invoice is paid, and in capitals now', (invoice) => invoice.toUpperCase()),
  inFlight(),
  overtakenByAnother(),
  stillRunning(),
  overtakenUnderOneKey(),
  overtakenMinting,
  reusedForMelt('for another invoice', async (stage) => ({ invoice: await stage.invoice(51) })),
  reusedForMelt('for another fee limit', async () => ({ maxFee: 50 })),
  reusedForMelt('for another limit of all', async () => ({ maxTotal: 500 })),
  reused('for another amount to mint', async (stage) => {
    const wallet = await stage.world.wallet();
    const key = newKey();
    await stage.post(`${wallet.at}/mint`, { amount: 5 }, key);
    await stage.arranged();
    return stage.post(`${wallet.at}/mint`, { amount: 6 }, key);
  }),
  ...malformedKeys,
];
