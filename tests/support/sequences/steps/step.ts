import type { Dice } from '../../soak/dice.ts';
import type { Reply } from '../../world.ts';
import { totalOf } from '../books.ts';
import type { Handed } from '../model.ts';
import { type Owner, Told, type Town } from '../town.ts';

/** Something that somebody does. `take` says what came of it. */
export type Step = {
  name: string;
  /** How often it is drawn, compared with the others. */
  weight: number;
  /** Whether another may be taken at the same moment. */
  isBeside: boolean;
  /** Whether there is something to do it with. */
  isPossible(town: Town): boolean;
  take(town: Town, dice: Dice): Promise<string>;
};

export const always = (): boolean => true;
export const isTokenOut = ({ handed }: Town): boolean => handed.length > 0;

/** A token that was handed out; mostly one that nobody is known to have. */
export function someToken(town: Town, dice: Dice): Handed {
  const out = town.handed.filter(({ id }) => !town.ended.has(id));
  const token = oneOf(dice, out.length > 0 && dice.chance(0.85) ? out : town.handed);
  if (token === undefined) throw new Error('no token was ever handed out');
  return token;
}

/** Somebody, of whom something is about to be asked. */
export function somebody(town: Town, dice: Dice): Owner {
  const owner = dice.pick(town.owners);
  town.touched.add(owner);
  return owner;
}

/** One of these, or nothing where there are none. */
export function oneOf<T>(dice: Dice, from: readonly T[]): T | undefined {
  const [first, ...others] = from;
  return first === undefined ? undefined : dice.pick([first, ...others]);
}

/** Something that may be spent, and more often little than all of it. */
export async function someOf(town: Town, dice: Dice, owner: Owner): Promise<number> {
  const total = await totalOf(town, owner);
  const most = dice.chance(0.1) ? total + 20 : Math.max(1, Math.floor(total / 3));
  return dice.between(1, Math.max(1, most));
}

/** How an answer is told in a trace. */
export function said(reply: Reply | null): string {
  if (reply === null) return 'no answer';
  const { status, body } = reply;
  return `${status} ${String(body['code'] ?? body['paymentResult'] ?? body['status'] ?? 'done')}`;
}

/** Refusals that any of a wallet’s requests may meet while others are under way or the mint is in trouble. */
const forTheMoment = [
  'IDEMPOTENCY_CONFLICT',
  'MINT_UNAVAILABLE',
  'MINT_ERROR',
  'SHUTTING_DOWN',
  'DATABASE_UNAVAILABLE',
];

/** How long a fault may wait for a request, and a mint that has failed may then be left alone. */
const troubleLastsMs = 15_000;

/** Demands one of these answers where nothing else is going on; else it may also be refused for the moment, or have failed. */
export function expectAnswer(
  town: Town,
  reply: Reply | null,
  what: string,
  may: readonly (number | string)[],
): void {
  if (reply === null) return;
  const { status, body } = reply;
  const code = String(body['code'] ?? '');
  // On a busy machine any of them may last longer than its request, and holds what it has reserved meanwhile.
  if (status === 202 || code === 'CONCURRENT_OPERATION') return;
  if (may.includes(status) || may.includes(code)) return;
  if (town.hasRestored && code === 'MELT_BLOCKED_BY_RECONCILIATION') return;
  const isTroubled = !town.isCalm || Date.now() - town.troubledAtMs < troubleLastsMs;
  if (isTroubled && (forTheMoment.includes(code) || /_FAILED$/.test(code))) return;
  if (!town.isCalm && /^TOKEN_/.test(code)) return;
  throw new Told(`${what} was answered ${status} ${JSON.stringify(body)}, where ${may.join(' or ')} was due`);
}
