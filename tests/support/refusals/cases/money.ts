import { expect } from '@jest/globals';
import { expectBalancedBooks, outside, proofsOf } from '../../money.ts';
import type { TestWallet } from '../../world.ts';
import type { RefusalCase } from '../cases.ts';
import { expectRefusal } from '../expectRefusal.ts';
import { hangingPayment } from '../hanging.ts';
import type { Stage } from '../stage.ts';

/** For a mint that reserves 1 %, and 4 sat at least, and takes no input fee. The wallet of the stage has 1000 sat. */
const insufficient = (
  what: string,
  amount: number,
  required: number,
  whose: (stage: Stage) => TestWallet | Promise<TestWallet>,
  available: number,
): RefusalCase => ({
  code: 'INSUFFICIENT_BALANCE',
  what,
  async provoke(stage) {
    const wallet = await whose(stage);
    return stage.melt(wallet, await stage.invoice(amount));
  },
  says: new RegExp(`holds ${available} sat spendable, .* needs ${required} sat with fees.*add funds`),
  members: { required, available },
});

const feeTooHigh = (
  what: string,
  members: { fee: number; limit: number },
  maxFee: number | undefined,
  says: RegExp,
  addedReserve = 0,
): RefusalCase => ({
  code: 'FEE_TOO_HIGH',
  what,
  async provoke(stage) {
    const fault = { kind: 'alter_quote' as const, add: { fee_reserve: addedReserve } };
    if (addedReserve > 0) await stage.world.sim.addFaults({ fault });
    return stage.melt(stage.wallet, await stage.invoice(100), maxFee === undefined ? {} : { maxFee });
  },
  says,
  members,
});

const totalTooHigh = (what: string, maxTotal: number, members: Record<string, number>): RefusalCase => ({
  code: 'FEE_TOO_HIGH',
  what: `an amount ${what}`,
  provoke: async (stage) => stage.melt(stage.wallet, await stage.invoice(100), { maxTotal }),
  says: new RegExp(
    `may cost up to 104 sat with fees, and maxTotal is ${maxTotal} sat\\. Nothing was paid; raise maxTotal`,
  ),
  members,
});

/** With a key whose budget for a day is less than the payment may take; whether it could ever be enough is told. */
const overBudget = (what: string, budget: number, amount: number, required: number): RefusalCase => ({
  code: 'BUDGET_EXCEEDED',
  what,
  async provoke(stage) {
    const { token } = await stage.world.context.services.apiKeys.issue({
      label: 'pocket money',
      scopes: ['wallet:melt'],
      npub: stage.wallet.npub,
      expiresAt: null,
      budgetSatPerDay: BigInt(budget),
    });
    const authorization = `Bearer ${token}`;
    return stage.melt(stage.wallet, await stage.invoice(amount), {}, { authorization });
  },
  says: new RegExp(
    `may spend ${budget} sat a day, of which 0 are spent.*may take ${required} with fees\\. Nothing was paid.*smaller invoice`,
  ),
  members: { budget, spentToday: 0, required },
});

async function onlyProof(stage: Stage, wallet: TestWallet) {
  const [proof] = await proofsOf(stage.world, wallet.npub);
  if (proof === undefined) throw new Error('the wallet has no proof');
  return proof;
}

const spent = {
  type: 'DB_UNSPENT_MINT_SPENT',
  severity: 'HIGH',
  tokenId: expect.stringMatching(/^tok_/),
  amount: 64,
};

/** The mint says that a proof is spent. */
function inconsistent(): RefusalCase {
  let wallet: TestWallet | undefined;
  return {
    code: 'PROOF_STATE_INCONSISTENCY',
    what: 'another wallet has spent our ecash',
    async provoke(stage) {
      wallet = await stage.world.wallet(64);
      await stage.world.sim.spendOutside([outside(await onlyProof(stage, wallet))]);
      return stage.melt(wallet, await stage.invoice(40));
    },
    says: /already spent\. Nothing was paid\..*now marked as spent; try again, and contact support/,
    members: { cause: { code: 'HIGH_SEVERITY_DISCREPANCIES', severity: 'HIGH' }, discrepancies: [spent] },
    retryable: true,
    leaves: 'settled',
    afterwards: async () => {
      expect(await wallet?.balance()).toMatchObject({
        totalBalance: 0,
        spentBalance: 64,
        reservedBalance: 0,
      });
    },
  };
}

/** Somebody else is just writing to the token that must be corrected. */
function blocked(): RefusalCase {
  let finish = async (): Promise<void> => undefined;
  const again: RefusalCase = {
    ...inconsistent(),
    provoke: async () => Promise.reject(new Error('not asked yet')),
  };
  return {
    code: 'MELT_BLOCKED_BY_RECONCILIATION',
    what: 'a correction of the same token is under way',
    async provoke(stage) {
      const wallet = await stage.world.wallet(64);
      const invoice = await stage.invoice(40);
      await stage.world.sim.spendOutside([outside(await onlyProof(stage, wallet))]);
      const { connection, tokens } = stage.world.context.database;
      const elsewhere = await connection.startSession();
      elsewhere.startTransaction();
      await tokens.updateOne({ npub: wallet.npub }, { $inc: { version: 1 } }, { session: elsewhere });
      finish = async () => {
        await elsewhere.commitTransaction();
        await elsewhere.endSession();
        const { provoke: _, afterwards: __, ...then } = again;
        await expectRefusal(stage, { ...then, provoke: () => stage.melt(wallet, invoice) });
      };
      await stage.arranged();
      return stage.melt(wallet, invoice);
    },
    says: /being corrected at this moment\. Nothing was paid; try again in a few seconds/,
    retryable: true,
    afterwards: async ({ world }) => {
      await finish();
      await expectBalancedBooks(world);
    },
  };
}

function reserved(): RefusalCase {
  let letGo = async (): Promise<void> => undefined;
  return {
    code: 'CONCURRENT_OPERATION',
    what: 'another payment has reserved the ecash',
    async provoke(stage) {
      const wallet = await stage.world.wallet(128);
      letGo = (await hangingPayment(stage, wallet, 50)).end;
      return stage.melt(wallet, await stage.invoice(100));
    },
    says: /holds enough, but operations in flight have reserved it\. Nothing was paid; try again when they have ended/,
    retryable: true,
    afterwards: () => letGo(),
  };
}

function heldAtMint(): RefusalCase {
  let letGo = async (): Promise<void> => undefined;
  return {
    code: 'CONCURRENT_OPERATION',
    what: 'the mint holds the ecash for another payment',
    async provoke(stage) {
      const wallet = await stage.world.wallet(64);
      const proof = await onlyProof(stage, wallet);
      await stage.world.sim.holdOutside([outside(proof)]);
      await stage.arranged();
      letGo = () => stage.world.sim.forget([proof.Y]);
      return stage.melt(wallet, await stage.invoice(40));
    },
    says: /Nothing was paid; try again/,
    retryable: true,
    leaves: 'open',
    afterwards: () => letGo(),
  };
}

const clientsLimit = /may cost up to \d+ sat in fees, and maxFee is \d+ sat\. Nothing was paid; raise maxFee/;
const serversLimit = /and this server’s limit is 110 sat\. Nothing was paid; use another invoice/;

export const moneyCases: RefusalCase[] = [
  overBudget('the key may not spend so much in a day', 103, 100, 104),
  insufficient('an empty wallet', 10, 14, ({ world }) => world.wallet(), 0),
  insufficient('a wallet that has too little', 1000, 1010, ({ wallet }) => wallet, 1000),
  insufficient(
    'a wallet that has too little by the fee reserve alone',
    995,
    1005,
    ({ wallet }) => wallet,
    1000,
  ),
  insufficient(
    'far more than anybody has',
    2_000_000_000_000,
    2_020_000_000_000,
    ({ wallet }) => wallet,
    1000,
  ),
  feeTooHigh('over the client’s limit', { fee: 4, limit: 3 }, 3, clientsLimit),
  feeTooHigh('over a limit of nothing', { fee: 4, limit: 0 }, 0, clientsLimit),
  feeTooHigh('over the server’s limit', { fee: 111, limit: 110 }, undefined, serversLimit, 107),
  feeTooHigh(
    'over the server’s limit, which the client would waive',
    { fee: 111, limit: 110 },
    900,
    serversLimit,
    107,
  ),
  totalTooHigh('with its fees over the client’s limit', 103, { fee: 4, limit: 3, total: 104, maxTotal: 103 }),
  totalTooHigh('by itself over the client’s limit', 99, { fee: 4, limit: 0, total: 104, maxTotal: 99 }),
  inconsistent(),
  blocked(),
  reserved(),
  heldAtMint(),
];
