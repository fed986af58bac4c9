import { parseArgs } from 'node:util';
import { createEndings } from '../../dev/profile/endings.ts';
import { startDatabase } from '../database.ts';
import { reasonOf } from '../ipc.ts';
import { serversTable } from './servers.ts';
import type { Shape } from './synthetic.ts';
import { walletsTable } from './wallets.ts';

const usage = `usage: npm run growth -- [--proofs 100,1000,10000,100000] [--wallets 100,10000,100000]
--proofs: how many a wallet has, nearly all of them spent; the largest is measured once more with all of them unspent.
--wallets: how many a server has. A million take far longer than all the rest.`;

const flags = {
  proofs: { type: 'string', default: '100,1000,10000,100000' },
  wallets: { type: 'string', default: '100,10000,100000' },
} as const;

/** What a wallet has to spend, whatever it has spent: upkeep puts more together. */
const unspent = 50;

/**
 * `npm run growth`: what is asked for each day, in wallets and servers that grow, on synthetic documents; for docs/performance.md.
 * @returns the exit code: 0, 2 for wrong usage
 */
export async function growth(words: readonly string[]): Promise<number> {
  let sizes: { proofs: number[]; wallets: number[] };
  try {
    const { values } = parseArgs({ args: [...words], options: flags });
    sizes = { proofs: numbersIn(values.proofs), wallets: numbersIn(values.wallets) };
  } catch (error) {
    console.error(`${reasonOf(error)}\n${usage}`);
    return 2;
  }
  const say = (text: string) => console.error(text);
  const endings = createEndings();
  try {
    const database = await startDatabase();
    await endings.add('the database', database.stop);
    console.log(`${await walletsTable(database.uri, shapesOf(sizes.proofs), say)}\n`);
    console.log(await serversTable(database.uri, sizes.wallets, say));
    return 0;
  } finally {
    await endings.endAll();
  }
}

/** A melt spends two proofs. */
function shapesOf(proofs: readonly number[]): Shape[] {
  const worn = proofs.map((count) => ({ unspent, spent: count - unspent, melts: Math.ceil(count / 2) }));
  return [...worn, { unspent: Math.max(...proofs), spent: 0, melts: 0 }];
}

function numbersIn(text: string): number[] {
  if (!/^\d{3,8}(,\d{3,8})*$/.test(text)) throw new Error(`whole numbers of 100 or more, not "${text}"`);
  return text.split(',').map(Number);
}
