import { publicOrigin, signed } from '../signing.ts';
import type { Dice } from '../soak/dice.ts';
import { totalOf } from './books.ts';
import { type Owner, Told, type Town } from './town.ts';

/** Of whom nothing was asked has what he had. @throws Told where that is not so */
export async function expectUntouched(town: Town): Promise<void> {
  for (const owner of town.owners) {
    const held = town.accounts.get(owner)?.total;
    if (town.touched.has(owner) || held === undefined) continue;
    const total = await totalOf(town, owner);
    if (total !== held && !town.touched.has(owner))
      throw new Told(`${owner.name} did nothing, held ${held} and holds ${total}`);
  }
}

/** Nobody reads what is another’s: not by his key, nor by his signature, nor in his own wallet. @throws Told */
export async function expectPrivate(town: Town, dice: Dice): Promise<void> {
  const [victim, ...others] = dice.chance(0.5) ? town.owners : town.owners.toReversed();
  const intruder = others[0];
  if (victim === undefined || intruder === undefined) return;
  const id = await anyTransaction(town, victim);
  const paths = [`transactions/${id}`, `send/${id}`, `melt/${id}`] as const;
  const page = dice.pick(paths);
  const closed = dice.pick([page, 'transactions', 'balance', 'info', 'restore']);
  const path = `${victim.at}/${closed}`;
  const authorization = signed(intruder.signer, { method: 'GET', target: path, origin: publicOrigin });
  await expectStatus(town, intruder, 'GET', path, 403);
  await expectStatus(town, intruder, 'GET', path, 403, { authorization });
  await expectStatus(town, intruder, 'POST', `${victim.at}/send/${id}/reclaim`, 403);
  await expectStatus(town, intruder, 'GET', `${intruder.at}/${page}`, 404);
  await expectStatus(town, intruder, 'POST', `${intruder.at}/send/${id}/reclaim`, 404);
}

async function anyTransaction(town: Town, owner: Owner): Promise<string> {
  const reply = await town.ask(owner, 'GET', `${owner.at}/transactions?limit=1`);
  const { transactions } = reply?.body ?? {};
  const [newest] = Array.isArray(transactions) ? transactions : [];
  return String(Object(newest).transactionId ?? 'tx_send_1_0a');
}

async function expectStatus(
  town: Town,
  intruder: Owner,
  method: 'GET' | 'POST',
  path: string,
  due: 403 | 404,
  headers: Record<string, string> = {},
): Promise<void> {
  const reply = await town.ask(intruder, method, path, { headers });
  if (reply === null || reply.status === due || reply.status === 503) return;
  throw new Told(`${intruder.name}: ${method} ${path} was answered ${reply.status}, where ${due} was due`);
}
