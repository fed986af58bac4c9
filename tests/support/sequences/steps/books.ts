import type { Reply } from '../../world.ts';
import { historyOf } from '../history.ts';
import { type Owner, Told, type Town } from '../town.ts';
import { always, expectAnswer, type Step, said, somebody } from './step.ts';

/** Nothing of a wallet is lost here, so nothing may be found that is. */
function expectNothingLost(owner: Owner, reply: Reply | null): void {
  if (reply?.status !== 200) return;
  const { hasHighSeverity, discrepancies, actions = [] } = reply.body;
  const found = JSON.stringify({ discrepancies, actions });
  if (hasHighSeverity === true) throw new Told(`${owner.name} is told of ${found}`);
  if (Array.isArray(actions) && actions.some(({ type }) => type === 'DB_UNSPENT_MINT_SPENT'))
    throw new Told(`${owner.name} has lost ecash: ${found}`);
}

const compare: Step = {
  name: 'status of proofs',
  weight: 3,
  isBeside: true,
  isPossible: always,
  async take(town, dice) {
    const owner = dice.pick(town.owners);
    const reply = await town.ask(owner, 'POST', `${owner.at}/proofs/status`, { body: {} });
    expectAnswer(town, reply, 'a comparison', [200]);
    expectNothingLost(owner, reply);
    return `${owner.name} compares: ${said(reply)}`;
  },
};

const reconcile: Step = {
  name: 'reconcile',
  weight: 6,
  isBeside: true,
  isPossible: always,
  async take(town, dice) {
    const owner = dice.pick(town.owners);
    const dryRun = dice.chance(0.3);
    const reply = await town.ask(owner, 'POST', `${owner.at}/reconcile`, { body: { dryRun } });
    expectAnswer(town, reply, 'a reconciliation', [200]);
    expectNothingLost(owner, reply);
    return `${owner.name} reconciles${dryRun ? ' for show' : ''}: ${said(reply)}`;
  },
};

/** The books are whole: the seed knows of nothing that they have not. */
const restore: Step = {
  name: 'restore',
  weight: 2,
  isBeside: true,
  isPossible: always,
  async take(town, dice) {
    const owner = somebody(town, dice);
    town.hasRestored = true;
    const reply = await town.ask(owner, 'POST', `${owner.at}/restore`, { body: {} });
    expectAnswer(town, reply, 'a restore', [200, 202]);
    if (reply?.status === 200 && reply.body['restoredAmount'] !== 0)
      throw new Told(`${owner.name} had nothing to find: ${JSON.stringify(reply.body)}`);
    return `${owner.name} restores: ${said(reply)}`;
  },
};

const filters = [
  'type=send',
  'type=receive',
  'type=melt',
  'type=mint',
  'status=PAID',
  'status=FAILED',
] as const;

/** Every filter tells a part of the same history. */
const list: Step = {
  name: 'list',
  weight: 4,
  isBeside: false,
  isPossible: always,
  async take(town, dice) {
    const owner = dice.pick(town.owners);
    const filter = dice.pick(filters);
    const whole = await historyOf(town, owner);
    const reply = await town.ask(owner, 'GET', `${owner.at}/transactions?limit=100&${filter}`);
    const { transactions } = reply?.body ?? {};
    if (!Array.isArray(transactions)) return said(reply);
    const [name = '', wanted] = filter.split('=');
    const due = whole.filter((entry) =>
      Object.entries(entry).some(([of, is]) => of === name && is === wanted),
    );
    const shown = new Set(transactions.map((entry) => Object(entry).transactionId));
    // What has ended meanwhile, between the two, may be in one of them alone.
    const missing = due.filter(({ id }) => town.ended.has(id) && !shown.has(id)).map(({ id }) => id);
    if (missing.length > 0 && whole.length <= 100)
      throw new Told(`${owner.name}: ${missing.join(', ')} not under ${filter}`);
    return `${owner.name} lists ${filter}: ${shown.size} of ${whole.length}`;
  },
};

/** Whether a restore is over that was asked for, with nothing found. */
export async function isLookedThrough(town: Town, owner: Owner): Promise<boolean> {
  const reply = await town.ask(owner, 'GET', `${owner.at}/restore`);
  if (reply?.status !== 200) return false;
  const { status, restoredAmount } = reply.body;
  if (restoredAmount !== 0)
    throw new Told(`${owner.name} had nothing to find: ${JSON.stringify(reply.body)}`);
  return status !== 'RUNNING';
}

export const bookSteps = [compare, reconcile, restore, list];
