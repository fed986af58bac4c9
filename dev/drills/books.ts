import type { Drill } from './drill.ts';
import { hasGrown, standsStill } from './moves.ts';
import { topUp } from './paying.ts';
import { type Scrape, sumOf } from './scrapes.ts';
import { type Stack, succeeded } from './stack.ts';

type StoredProof = { Y: string; keyset_id: string; amount: number | bigint };

/** Some proofs that the wallet can spend, the smallest first, as the mint's other customers would hand them in. */
async function spendable(stack: Stack) {
  const tokens = await stack.inDatabase((database) =>
    database.collection<{ proofs: StoredProof[] }>('cashu_tokens').find({ status: 'unspent' }).toArray(),
  );
  return tokens
    .flatMap(({ proofs }) => proofs)
    .map(({ Y, keyset_id, amount }) => ({ Y, keysetId: keyset_id, amount: Number(amount) }))
    .sort((one, other) => one.amount - other.amount);
}

const compare = (stack: Stack) =>
  stack.call('POST', `/api/wallet/${stack.at().npub}/proofs/status`, { body: {} });
const reconcile = (stack: Stack) =>
  stack.call('POST', `/api/wallet/${stack.at().npub}/reconcile`, { body: {} });
const gap = (scrape: Scrape): number => sumOf(scrape, 'crucible_solvency_gap');

export const solvencyGap: Drill = {
  name: 'solvency-gap',
  symptom: 'the books hold a sat that the mint does not honour: somebody else has spent it',
  runbook: 'solvency-gap',
  alert: 'CrucibleSolvencyGap',
  metric: 'crucible_solvency_gap',
  env: { CRUCIBLE_SOLVENCY_INTERVAL_MS: '5000' },
  async prepare(stack) {
    // One proof of a single sat, to be sure.
    succeeded(await topUp(stack, 1));
  },
  async provoke(stack) {
    const [smallest] = await spendable(stack);
    if (smallest?.amount !== 1) throw new Error('the wallet has no proof of 1 sat');
    await stack.sim().spendOutside([smallest]);
  },
  shows: (now) => now !== null && gap(now) === 1,
  async cure(stack) {
    succeeded(await reconcile(stack));
  },
  isCured: (now) => gap(now) === 0,
};

/** Proofs that the mint holds in somebody else's payment, for as long as that lasts. */
function createDiscrepancies(): Drill {
  let held: string[] = [];
  const heldByOthers = ['crucible_discrepancies_total', 'type="DB_UNSPENT_MINT_PENDING"'] as const;
  return {
    name: 'discrepancies',
    symptom:
      'comparisons of books and mint find more and more proofs that the mint holds in payments that are not ours',
    runbook: 'discrepancies',
    alert: 'CrucibleDiscrepanciesRise',
    metric: 'crucible_discrepancies_total',
    async prepare(stack) {
      await stack.crucible('limits', 'set', 'compare', '1000');
    },
    live: compare,
    async provoke(stack) {
      const some = (await spendable(stack)).slice(0, 3);
      held = some.map(({ Y }) => Y);
      await stack.sim().holdOutside(some);
    },
    shows: (now, calm) => hasGrown(now, calm, ...heldByOthers),
    async cure(stack) {
      await stack.sim().forget(held);
      succeeded(await reconcile(stack));
    },
    isCured: standsStill((now) => sumOf(now, ...heldByOthers)),
  };
}

/** Somebody else who has the wallet's secrets, and spends one proof after the other. */
function createEcashMissing(): Drill {
  const missing = ['crucible_discrepancies_total', 'type="DB_UNSPENT_MINT_SPENT"'] as const;
  let others = false;
  return {
    name: 'ecash-missing',
    symptom: 'ecash is written off again and again, because another server spends it with the same secrets',
    runbook: 'solvency-gap',
    alert: 'CrucibleEcashMissing',
    metric: 'crucible_discrepancies_total',
    async live(stack) {
      if (others) await stack.sim().spendOutside((await spendable(stack)).slice(0, 1));
      return reconcile(stack);
    },
    async provoke() {
      others = true;
    },
    shows: (now, calm) => hasGrown(now, calm, ...missing),
    async cure() {
      others = false;
    },
    isCured: standsStill((now) => sumOf(now, ...missing)),
  };
}

export const bookDrills = (): Drill[] => [solvencyGap, createDiscrepancies(), createEcashMissing()];
