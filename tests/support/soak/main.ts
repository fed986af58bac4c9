import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createDice } from './dice.ts';
import { createOwner, live, type Owner } from './owner.ts';
import { openTown } from './town.ts';
import { makeTrouble } from './trouble.ts';
import { judge } from './verdict.ts';

const options = {
  minutes: { type: 'string', default: '20' },
  wallets: { type: 'string', default: '50' },
  instances: { type: 'string', default: '2' },
  seed: { type: 'string' },
} as const;

/**
 * Wallets pay for some minutes while servers and database nodes die and the mint misbehaves; then all trouble ends, and the
 * books must agree to the sat. The seed decides what is tried, not how processes overtake each other.
 * @returns whether everything was as it must be
 */
export async function soak(words: string[]): Promise<boolean> {
  const { values } = parseArgs({ args: words, options });
  const seed = values.seed ?? String(randomInt(2 ** 31));
  const [minutes, wallets] = [Number(values.minutes), Number(values.wallets)];
  say(`soak: ${wallets} wallets, ${values.instances} servers, ${minutes} min, seed ${seed}`);
  const town = await openTown(Number(values.instances));
  try {
    const owners: Owner[] = [];
    for (let number = 0; number < wallets; number += 1) owners.push(await createOwner(town));
    const endsAt = Date.now() + minutes * 60_000;
    const isOver = () => Date.now() >= endsAt;
    const progress = setInterval(() => say(progressOf(owners, endsAt)), 60_000);
    const lives = owners.map((owner, number) => live(town, owner, createDice(`${seed}/${number}`), isOver));
    // Should the soak itself break down, what it was is told once, and not by each of those whom it leaves without a mint.
    for (const life of lives) life.catch(() => undefined);
    const troubles = await makeTrouble(town, createDice(`${seed}/trouble`), isOver);
    await Promise.all(lives);
    clearInterval(progress);
    say(
      `troubles: ${Object.entries(troubles)
        .map(([name, count]) => `${count} × ${name}`)
        .join(', ')}`,
    );
    await pause(1_000);
    const { violations, ...verdict } = await judge(town, owners);
    say(JSON.stringify(verdict));
    say(`answers: ${JSON.stringify(answersOf(owners))}`);
    for (const text of violations) say(`VIOLATION ${text}`);
    say(
      violations.length === 0
        ? 'the ledger agrees to the sat'
        : `${violations.length} violations, seed ${seed}`,
    );
    return violations.length === 0 && verdict.paid > 0;
  } finally {
    await town.close();
  }
}

function progressOf(owners: readonly Owner[], endsAt: number): string {
  const wanted = owners.flatMap((owner) => owner.wanted);
  const sum = (of: (owner: Owner) => number) => owners.reduce((total, owner) => total + of(owner), 0);
  const left = Math.max(0, Math.round((endsAt - Date.now()) / 60_000));
  return `${left} min left: ${wanted.length} payments wanted, ${sum(({ answered }) => answered)} answers, ${sum(({ unanswered }) => unanswered)} requests without one`;
}

/** How often each kind of answer was given to a payment. */
function answersOf(owners: readonly Owner[]): Record<string, number> {
  const answers = owners.flatMap(({ wanted }) => wanted.flatMap((each) => each.answers));
  const counted: Record<string, number> = {};
  for (const { status, body } of answers) {
    const kind = `${status} ${String(body['paymentResult'] ?? body['code'])}`;
    counted[kind] = (counted[kind] ?? 0) + 1;
  }
  return counted;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
