import type { Drill } from './drill.ts';
import { sumOf } from './scrapes.ts';

export const mintOutage: Drill = {
  name: 'mint-outage',
  symptom: 'payments are refused with 503 MINT_UNAVAILABLE, because the mint is silent',
  runbook: 'mint-outage',
  alert: 'CrucibleMintDown',
  metric: 'crucible_mint_up',
  async live(stack) {
    const { invoice } = await stack.sim().invoice({ amount: 5 });
    await stack.call('POST', `/api/wallet/${stack.at().npub}/melt/quote`, { body: { invoice } });
  },
  async provoke(stack) {
    await stack.sim().addFaults({ match: { path: '*' }, fault: { kind: 'drop_before' }, times: null });
  },
  shows: (now) => now !== null && sumOf(now, 'crucible_mint_up') === 0,
  async cure(stack) {
    await stack.sim().clearFaults();
  },
  isCured: (now) => sumOf(now, 'crucible_mint_up') === 1,
};

export const databaseOutage: Drill = {
  name: 'database-outage',
  symptom: 'requests are refused with 503 DATABASE_UNAVAILABLE, because the replica set has no primary',
  runbook: 'database-outage',
  alert: 'CrucibleDatabaseDown',
  metric: 'crucible_database_up',
  async provoke(stack) {
    await stack.inDatabase((database) =>
      database.admin().command({ replSetStepDown: 600, secondaryCatchUpPeriodSecs: 0, force: true }),
    );
  },
  shows: (now) => now !== null && sumOf(now, 'crucible_database_up') === 0,
  async cure(stack) {
    await stack.inDatabase((database) => database.admin().command({ replSetFreeze: 0 }));
  },
  isCured: (now) => sumOf(now, 'crucible_database_up') === 1,
};

export const outageDrills: readonly Drill[] = [mintOutage, databaseOutage];
