import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { npubEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import type { Json } from '../world.ts';
import type { Dice } from './dice.ts';
import type { Town } from './town.ts';

type Answer = { status: number; body: Json };

/** One payment that was wanted, and all that was said about it. */
export type Wanted = {
  paymentHash: string;
  amount: number;
  /** The payee takes his time: the payment hangs until somebody decides. */
  hangs: boolean;
  transactionId: string | null;
  answers: Answer[];
};

/** Somebody with a wallet, who pays invoices and repeats himself when nobody answers. */
export type Owner = {
  npub: string;
  at: string;
  wanted: Wanted[];
  paidIn: number;
  answered: number;
  unanswered: number;
};

const fundedWith = 1_024;
const enough = 400;
/** So long a request is repeated under its key before its owner goes on to other things. */
const patienceMs = 20_000;

export async function createOwner(town: Town): Promise<Owner> {
  const npub = npubEncode(getPublicKey(generateSecretKey()));
  const owner: Owner = { npub, at: `/api/wallet/${npub}`, wanted: [], paidIn: 0, answered: 0, unanswered: 0 };
  await ask(town, owner, 'POST', '/api/wallet/create', { npub }, patienceMs);
  return owner;
}

/** Pays one invoice after the other until it is over. */
export async function live(town: Town, owner: Owner, dice: Dice, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    if (owner.paidIn === 0 || ((await balance(town, owner)) ?? 0) < enough) await fund(town, owner);
    await payOne(town, owner, dice);
    await pause(dice.between(0, 1_500));
  }
}

export async function balance(town: Town, owner: Owner): Promise<number | null> {
  const answer = await ask(town, owner, 'GET', `${owner.at}/balance`, undefined, 2_000);
  const details = answer?.body['details'];
  return typeof details === 'object' && details !== null
    ? Number(Reflect.get(details, 'totalBalance'))
    : null;
}

/** An outside payer pays in. It is credited by whoever is alive. */
async function fund(town: Town, owner: Owner): Promise<void> {
  const key = { 'idempotency-key': randomUUID() };
  const asked = await ask(town, owner, 'POST', `${owner.at}/mint`, { amount: fundedWith }, patienceMs, key);
  if (asked?.status !== 201) return;
  const paid = await town.sim.pay(String(asked.body['invoice'])).then(
    () => true,
    () => false,
  );
  if (!paid) return;
  owner.paidIn += fundedWith;
  await ask(town, owner, 'POST', `${owner.at}/mint/complete`, { quoteId: asked.body['quote'] }, 5_000);
}

async function payOne(town: Town, owner: Owner, dice: Dice): Promise<void> {
  const amount = dice.between(1, 250);
  const behaviour = dice.pick(['succeed', 'succeed', 'succeed', 'fail', 'pending'] as const);
  const { invoice, paymentHash } = await town.sim.invoice({
    amount,
    behaviour,
    routingFeeSat: dice.between(0, 3),
    delayMs: dice.between(0, 300),
  });
  const hangs = behaviour === 'pending';
  const wanted: Wanted = { paymentHash, amount, hangs, transactionId: null, answers: [] };
  owner.wanted.push(wanted);
  const deciding = hangs ? decide(town, paymentHash, dice) : undefined;
  const headers = {
    'idempotency-key': randomUUID(),
    ...(dice.chance(0.2) ? { prefer: 'respond-async' } : {}),
  };
  const times = dice.chance(0.1) ? 3 : 1;
  const asking = Array.from({ length: times }, () =>
    ask(town, owner, 'POST', `${owner.at}/melt`, { invoice }, patienceMs, headers),
  );
  for (const answer of await Promise.all(asking)) {
    if (answer === null) continue;
    wanted.answers.push(answer);
    const { transactionId } = answer.body;
    if (typeof transactionId === 'string') wanted.transactionId = transactionId;
  }
  await deciding;
}

/** A payee who takes his time. */
async function decide(town: Town, paymentHash: string, dice: Dice): Promise<void> {
  await pause(dice.between(500, 6_000));
  await town.sim.settle(paymentHash, dice.pick(['paid', 'failed'])).catch(() => undefined);
}

/** Asks whoever is alive, again and again under the same key. @returns null where nobody answered in time */
export async function ask(
  town: Town,
  owner: Owner,
  method: 'GET' | 'POST',
  path: string,
  body: unknown,
  withinMs: number,
  headers: Record<string, string> = {},
): Promise<Answer | null> {
  const giveUpAt = Date.now() + withinMs;
  for (let tries = 0; tries === 0 || Date.now() < giveUpAt; tries += 1) {
    const alive = town.instances.flatMap(({ url }) => (url === null ? [] : [url]));
    const url = alive[(tries + owner.wanted.length) % Math.max(1, alive.length)];
    const answer = url === undefined ? null : await askOnce(url + path, town.adminKey, method, body, headers);
    const isFinal = answer !== null && answer.status !== 503 && answer.status !== 409;
    if (isFinal || (answer !== null && Date.now() >= giveUpAt)) {
      owner.answered += 1;
      return answer;
    }
    await pause(100 + 100 * Math.min(tries, 10));
  }
  owner.unanswered += 1;
  return null;
}

async function askOnce(
  url: string,
  adminKey: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer | null> {
  try {
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${adminKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    const json: unknown = await response.json();
    return { status: response.status, body: typeof json === 'object' && json !== null ? { ...json } : {} };
  } catch {
    return null;
  }
}
