import { type Entry, hasEnded, historyOf, movedBy, read } from './history.ts';
import { type Bill, nameOf, proofsIn, spentNames, sumOf } from './model.ts';
import { keptPromises } from './promises.ts';
import { type Owner, Told, type Town, tellPayees } from './town.ts';

/** So long a busy machine may take. A reclaim that was beaten on its way is given up after a minute. */
const patienceMs = 150_000;
/** What the swap of a payment under way may have cost, before that is told. */
const mayHaveCostSat = 20;

type Payment = { paymentHash: string; count: number };

/** What a wallet says of itself. */
export type Account = { owner: Owner; history: Entry[]; total: number; expected: number };

/**
 * Waits until what was begun has ended, or hangs for a reason, and holds balance, history and the mint's ledger against each
 * other. @throws Told where they never agree, with what they say then
 */
export async function compareBooks(town: Town, isTheEnd = false): Promise<void> {
  const giveUpAt = Date.now() + patienceMs;
  for (let pauseMs = 20; ; pauseMs = Math.min(400, pauseMs * 1.5)) {
    const wrong = await disagreements(town, isTheEnd);
    if (wrong.length === 0) break;
    // A payment that left before it was decided may come to its payee only now.
    await tellPayees(town);
    if (Date.now() > giveUpAt) throw new Told(wrong.join('\n'));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  town.touched.clear();
  for (const { owner, history } of town.accounts.values())
    if (history.some(({ state }) => isUnderWay(state))) town.touched.add(owner);
}

/** It shows in the ledger either way, and may change its wallet at any time. */
const isUnderWay = (state: string): boolean => state === 'reclaiming' || state === 'redeeming';

async function disagreements(town: Town, isTheEnd: boolean): Promise<string[]> {
  const accounts: Account[] = [];
  for (const owner of town.owners) {
    const known = isTheEnd || town.touched.has(owner) ? undefined : town.accounts.get(owner);
    accounts.push(known ?? (await accountOf(town, owner)));
  }
  const waiting = accounts.flatMap(({ owner, history }) =>
    history
      .filter((entry) => !mayRest(town, entry, isTheEnd))
      .map(({ id, state }) => `${owner.name}: ${id} is still ${state}`),
  );
  if (waiting.length > 0) return waiting;
  const wrong = accounts.flatMap((account) => wrongIn(account, isTheEnd));
  wrong.push(...(await againstLedger(town, accounts)));
  if (wrong.length > 0) return wrong;
  const entries = new Map(accounts.flatMap(({ history }) => history.map((entry) => [entry.id, entry])));
  wrong.push(...(await keptPromises(town, entries)));
  for (const account of accounts) town.accounts.set(account.owner, account);
  return wrong;
}

async function accountOf(town: Town, owner: Owner): Promise<Account> {
  const before = await totalOf(town, owner);
  const history = await historyOf(town, owner);
  const total = await totalOf(town, owner);
  // What has changed while it was read is read again.
  const expected = total === before ? history.reduce((sum, entry) => sum + movedBy(entry), 0) : Number.NaN;
  return { owner, history, total, expected };
}

export async function totalOf(town: Town, owner: Owner): Promise<number> {
  const { balance, details } = await read(town, owner, `${owner.at}/balance`);
  const { totalBalance, unspentBalance, reservedBalance } = Object(details);
  if (totalBalance !== unspentBalance || Number(balance) + reservedBalance !== totalBalance)
    throw new Told(`${owner.name}: ${JSON.stringify({ balance, details })} does not add up`);
  return Number(totalBalance);
}

/** Whether it has ended, or waits for somebody else. */
function mayRest(town: Town, entry: Entry, isTheEnd: boolean): boolean {
  if (hasEnded(entry) || entry.state === 'sent') return true;
  if (isTheEnd) return false;
  if (isUnderWay(entry.state)) return true;
  if (entry.type === 'mint')
    return (
      entry.state === 'awaiting_payment' && !town.quotes.some(({ id, isPaid }) => isPaid && id === entry.id)
    );
  const isIts = ({ hangs, amount }: Bill) => hangs && amount === entry.amount;
  return entry.type === 'melt' && entry.state === 'pending' && town.bills.some(isIts);
}

function wrongIn({ owner, history, total, expected }: Account, isTheEnd: boolean): string[] {
  const hanging = isTheEnd ? 0 : history.filter((entry) => !hasEnded(entry) && entry.type === 'melt').length;
  if (total <= expected && total >= expected - hanging * mayHaveCostSat) return [];
  return [`${owner.name} holds ${total}, and its history comes to ${expected} (${hanging} payments hang)`];
}

/** Wallets, tokens that are out and payments under way are all that the mint owes, and nobody was paid twice. */
async function againstLedger(town: Town, accounts: readonly Account[]): Promise<string[]> {
  const held = accounts.reduce((sum, { total }) => sum + total, 0);
  const spent = await spentNames(town);
  const wrong: string[] = [];
  let out = 0;
  for (const { state, text, id } of accounts.flatMap(({ history }) => history)) {
    if (state !== 'sent' && state !== 'reclaiming') continue;
    if (text === null) return [`${id} is ${state}, and shows no token`];
    out += sumOf((await proofsIn(town, text)).filter((proof) => !spent.has(nameOf(proof))));
  }
  const { outstanding, balance, payments } = await town.world.sim.ledger();
  if (!balance.ok) wrong.push('the mint’s own books are out of balance');
  for (const { paymentHash, count } of payments)
    if (count > 1) wrong.push(`${paymentHash} was paid ${count} times`);
  wrong.push(...toldAndPaid(town, accounts, payments));
  if (held + out !== outstanding)
    wrong.push(`the wallets hold ${held}, ${out} are out, and the mint owes ${outstanding}`);
  return wrong;
}

/** Payments that wallets tell of, and payees who have their money: one each, but for payments that nobody knows the end of. */
function toldAndPaid(town: Town, accounts: readonly Account[], payments: readonly Payment[]): string[] {
  const ofPayees = new Set(town.bills.map(({ paymentHash }) => paymentHash));
  const paid = payments.filter(({ paymentHash, count }) => count > 0 && ofPayees.has(paymentHash)).length;
  const melts = accounts.flatMap(({ history }) => history).filter(({ type }) => type === 'melt');
  const told = melts.filter(({ status }) => status === 'PAID').length;
  const open = melts.filter((melt) => melt.status !== 'PAID' && !hasEnded(melt)).length;
  if (paid >= told && paid <= told + open) return [];
  return [`${told} payments are told as paid, ${open} are open, and ${paid} payees have their money`];
}
