import { until } from '../world.ts';
import { ask, balance, type Owner, type Wanted } from './owner.ts';
import type { Town } from './town.ts';

export type Verdict = {
  violations: string[];
  melts: number;
  paid: number;
  notPaid: number;
  neverStarted: number;
  held: number;
  outstanding: number;
  /** How long after the last trouble the last operation ended. */
  settledAfterMs: number;
};

const settleLimitMs = 180_000;

/**
 * Once all trouble is over: every operation ends, the mint's ledger and the wallets agree to the sat, nobody was paid twice,
 * and whatever was told is so.
 */
export async function judge(town: Town, owners: readonly Owner[]): Promise<Verdict> {
  const verdict: Verdict = {
    violations: [],
    melts: 0,
    paid: 0,
    notPaid: 0,
    neverStarted: 0,
    held: 0,
    outstanding: 0,
    settledAfterMs: 0,
  };
  const startedAt = performance.now();
  const isSettled = async (owner: Owner) => (await reserved(town, owner)) === 0;
  // A payment may have reached its payee only after he had made up his mind.
  const hanging = owners.flatMap(({ wanted }) => wanted.filter(({ hangs }) => hangs));
  for (const { paymentHash } of hanging) await town.sim.settle(paymentHash, 'failed').catch(() => undefined);
  for (const owner of owners) {
    await until(() => isSettled(owner), `${owner.npub} with nothing reserved`, settleLimitMs).catch((error) =>
      verdict.violations.push(String(error)),
    );
  }
  verdict.settledAfterMs = Math.round(performance.now() - startedAt);
  await until(() => agree(town, owners), 'wallets and ledger agreeing', settleLimitMs).catch(() => undefined);
  const ledger = await town.sim.ledger();
  verdict.outstanding = ledger.outstanding;
  const payments = new Map(ledger.payments.map(({ paymentHash, count }) => [paymentHash, count]));
  for (const owner of owners) {
    const spent = await accountFor(town, owner, payments, verdict);
    const held = (await balance(town, owner)) ?? -1;
    verdict.held += held;
    if (held !== owner.paidIn - spent)
      verdict.violations.push(`${owner.npub} paid in ${owner.paidIn}, spent ${spent} and holds ${held}`);
  }
  if (verdict.held !== verdict.outstanding)
    verdict.violations.push(`the wallets hold ${verdict.held}, the mint owes ${verdict.outstanding}`);
  if (!ledger.balance.ok) verdict.violations.push('the mint’s own books are out of balance');
  return verdict;
}

/** What one owner spent, as the server tells it now, held against what the payees got and what was told before. */
async function accountFor(
  town: Town,
  owner: Owner,
  payments: ReadonlyMap<string, number>,
  verdict: Verdict,
): Promise<number> {
  let spent = 0;
  for (const wanted of owner.wanted) {
    verdict.melts += 1;
    const count = payments.get(wanted.paymentHash) ?? 0;
    const says = (what: string) =>
      verdict.violations.push(`${wanted.transactionId ?? wanted.paymentHash}: ${what}`);
    if (count > 1) says(`paid ${count} times`);
    for (const broken of brokenPromises(wanted, count)) says(broken);
    // Of a request that was never answered its owner knows nothing, and it may have been carried out: a first one that was
    // cancelled has freed its key for it.
    const transactionId = (await town.transactionOf(wanted.paymentHash)) ?? wanted.transactionId;
    if (transactionId === null) {
      verdict.neverStarted += 1;
      if (count > 0) says('paid, though no operation stands for it');
      continue;
    }
    const status = await ask(town, owner, 'GET', `${owner.at}/melt/${transactionId}`, undefined, 20_000);
    const isPaid = status?.body['status'] === 'PAID';
    if (isPaid !== (count === 1)) says(`told as ${String(status?.body['status'])}, paid ${count} times`);
    // What was not paid was swapped all the same, perhaps, and brought home for a fee.
    spent += (isPaid ? Number(status?.body['paidAmount']) : 0) + Number(status?.body['feesPaid']);
    verdict[isPaid ? 'paid' : 'notPaid'] += 1;
  }
  return spent;
}

function brokenPromises({ answers }: Wanted, count: number): string[] {
  return answers.flatMap(({ status, body }) => {
    if (status === 200 && body['paymentResult'] === 'PAID' && count !== 1) return ['told PAID, and was not'];
    if (body['code'] === 'PAYMENT_FAILED' && count !== 0) return ['told PAYMENT_FAILED, and was paid'];
    if (status === 500 && body['code'] !== 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS')
      return [`told 500 ${String(body['code'])}: ${String(body['detail'])}`];
    return [];
  });
}

async function reserved(town: Town, owner: Owner): Promise<number> {
  const answer = await ask(town, owner, 'GET', `${owner.at}/balance`, undefined, 20_000);
  const details = answer?.body['details'];
  return typeof details === 'object' && details !== null
    ? Number(Reflect.get(details, 'reservedBalance'))
    : -1;
}

async function agree(town: Town, owners: readonly Owner[]): Promise<boolean> {
  let held = 0;
  for (const owner of owners) held += (await balance(town, owner)) ?? 0;
  return held === (await town.sim.ledger()).outstanding;
}
