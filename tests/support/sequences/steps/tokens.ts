import { randomUUID } from 'node:crypto';
import { getPublicKey } from 'nostr-tools/pure';
import type { Dice } from '../../soak/dice.ts';
import type { Json, Reply } from '../../world.ts';
import { type Handed, proofsIn, sumOf, tokenOf, transactionOf, unspentOf } from '../model.ts';
import { type Owner, Told, type Town } from '../town.ts';
import { always, expectAnswer, isTokenOut, type Step, said, somebody, someOf, someToken } from './step.ts';

const strangersKey = getPublicKey(new Uint8Array(32).fill(7));

type LockWish = Pick<Handed, 'lock' | 'locktimeMs'> & { body: Json };

function lockFor(town: Town, dice: Dice): LockWish {
  if (dice.chance(0.6)) return { lock: null, locktimeMs: null, body: {} };
  if (dice.chance(0.7)) {
    const lock = dice.pick(town.owners);
    return { lock, locktimeMs: null, body: { recipientPubkey: lock.tokenPubkey } };
  }
  const locktime = Math.floor(Date.now() / 1_000) + 3;
  const body = { recipientPubkey: strangersKey, locktime };
  return { lock: 'stranger', locktimeMs: locktime * 1_000, body };
}

const send: Step = {
  name: 'send',
  weight: 16,
  isBeside: true,
  isPossible: always,
  async take(town, dice) {
    const owner = somebody(town, dice);
    const { lock, locktimeMs, body } = lockFor(town, dice);
    const amount = await someOf(town, dice, owner);
    const headers = { 'idempotency-key': randomUUID() };
    const ask = () => town.ask(owner, 'POST', `${owner.at}/send`, { body: { amount, ...body }, headers });
    const times = dice.chance(0.2) ? 2 : 1;
    const replies = await Promise.all(Array.from({ length: times }, ask));
    for (const reply of replies) {
      expectAnswer(town, reply, 'a send', [200, 'INSUFFICIENT_BALANCE', ...(times > 1 ? concurrent : [])]);
      if (reply?.status === 200) note(town, { owner, lock, locktimeMs }, reply);
    }
    return `${owner.name} sends ${amount}${lock === null ? '' : ', locked'}: ${replies.map(said).join(', ')}`;
  },
};

const concurrent = ['IDEMPOTENCY_CONFLICT', 'CONCURRENT_OPERATION'];

function note(town: Town, about: Pick<Handed, 'owner' | 'lock' | 'locktimeMs'>, reply: Reply): void {
  const [id, text] = [transactionOf(reply) ?? '', String(reply.body['encodedToken'])];
  const known = town.handed.find((handed) => handed.id === id);
  if (known !== undefined && known.text !== text) throw new Told(`${id} is two tokens`);
  if (known !== undefined) return;
  town.handed.push({ ...about, id, text });
  town.promises.push({ id, what: 'sent', movedSat: null });
}

async function receiveAs(
  town: Town,
  owner: Owner,
  text: string,
  may: (number | string)[],
): Promise<Reply | null> {
  town.touched.add(owner);
  const reply = await town.ask(owner, 'POST', `${owner.at}/receive`, { body: { encodedToken: text } });
  expectAnswer(town, reply, 'a receive', may);
  if (reply?.status === 200) {
    const movedSat = Number(reply.body['totalAmount']);
    town.promises.push({ id: transactionOf(reply) ?? '', what: 'received', movedSat });
  }
  return reply;
}

const anyRefusal = ['TOKEN_SPENT', 'TOKEN_PARTLY_SPENT', 'TOKEN_LOCKED', 'TOKEN_PENDING', 'TOKEN_INVALID'];

/** More than the fee for any token here: one that is worth less may not be worth taking. */
const worthItsFeeSat = 20;

/** Nothing but the token itself may come of one that is whole, once nothing else is going on. */
async function takeable(town: Town, owner: Owner, { text, lock }: Handed): Promise<(number | string)[]> {
  const isSure = town.isCalm && town.touched.size === 0 && (lock === null || lock === owner);
  const proofs = await proofsIn(town, text);
  const worth = sumOf(proofs);
  const isWhole = isSure && worth > worthItsFeeSat && (await unspentOf(town, proofs)) === worth;
  return isWhole ? [200] : [200, ...anyRefusal];
}

const receive: Step = {
  name: 'receive',
  weight: 14,
  isBeside: true,
  isPossible: isTokenOut,
  async take(town, dice) {
    const owner = dice.pick(town.owners);
    const handed = someToken(town, dice);
    const { lock, locktimeMs } = handed;
    const mayTake = lock === null || lock === owner || (locktimeMs !== null && handed.owner === owner);
    const may = mayTake ? await takeable(town, owner, handed) : anyRefusal;
    const reply = await receiveAs(town, owner, handed.text, may);
    return `${owner.name} receives what ${handed.owner.name} sent: ${said(reply)}`;
  },
};

const receiveHalf: Step = {
  name: 'receive half',
  weight: 4,
  isBeside: true,
  isPossible: isTokenOut,
  async take(town, dice) {
    const owner = dice.pick(town.owners);
    const handed = someToken(town, dice);
    const proofs = await proofsIn(town, handed.text);
    const half = proofs.slice(0, Math.ceil(proofs.length / 2));
    const reply = await receiveAs(town, owner, tokenOf(town, half), [200, ...anyRefusal]);
    return `${owner.name} receives half of what ${handed.owner.name} sent: ${said(reply)}`;
  },
};

const receiveTwice: Step = {
  name: 'receive twice at once',
  weight: 4,
  isBeside: false,
  isPossible: isTokenOut,
  async take(town, dice) {
    const handed = someToken(town, dice);
    const [one, other] = [dice.pick(town.owners), dice.pick(town.owners)];
    town.isCalm = false;
    const replies = await Promise.all(
      [one, other].map((owner) => receiveAs(town, owner, handed.text, [200, ...anyRefusal, ...concurrent])),
    );
    town.isCalm = true;
    const told = `${one.name} and ${other.name} receive one token: ${replies.map(said).join(', ')}`;
    if (one !== other && replies.every((reply) => reply?.status === 200)) throw new Told(told);
    return told;
  },
};

async function reclaimOf(town: Town, { owner, id }: Handed, may: (number | string)[]): Promise<Reply | null> {
  town.touched.add(owner);
  const reply = await town.ask(owner, 'POST', `${owner.at}/send/${id}/reclaim`);
  expectAnswer(town, reply, 'a reclaim', may);
  if (reply?.status === 200) town.promises.push({ id, what: 'reclaimed', movedSat: null });
  return reply;
}

/** Of a token whose half is worth no more than the fee, the rest stays out. */
const noReclaim = ['TOKEN_CLAIMED', 'TOKEN_LOCKED', 'TOKEN_PENDING', 'RECLAIM_FAILED'];

const reclaim: Step = {
  name: 'reclaim',
  weight: 8,
  isBeside: true,
  isPossible: isTokenOut,
  async take(town, dice) {
    const handed = someToken(town, dice);
    const isForGood = handed.lock !== null && handed.lock !== handed.owner && handed.locktimeMs === null;
    const reply = await reclaimOf(town, handed, isForGood ? noReclaim : [200, ...noReclaim]);
    return `${handed.owner.name} reclaims: ${said(reply)}`;
  },
};

const reclaimBesideReceive: Step = {
  name: 'reclaim beside a receive',
  weight: 5,
  isBeside: false,
  isPossible: isTokenOut,
  async take(town, dice) {
    const handed = someToken(town, dice);
    const taker = dice.pick(town.owners);
    town.isCalm = false;
    const replies = await Promise.all([
      receiveAs(town, taker, handed.text, [200, ...anyRefusal, ...concurrent]),
      reclaimOf(town, handed, [200, ...noReclaim, ...concurrent]),
    ]);
    town.isCalm = true;
    return `${taker.name} receives what ${handed.owner.name} reclaims: ${replies.map(said).join(', ')}`;
  },
};

export const tokenSteps = [send, receive, receiveHalf, receiveTwice, reclaim, reclaimBesideReceive];
