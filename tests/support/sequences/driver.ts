import { createDice, type Dice } from '../soak/dice.ts';
import { compareBooks } from './books.ts';
import { expectPrivate, expectUntouched } from './isolation.ts';
import { bookSteps, isLookedThrough } from './steps/books.ts';
import { fundFor, funding } from './steps/funding.ts';
import { decide, meltSteps } from './steps/melts.ts';
import type { Step } from './steps/step.ts';
import { tokenSteps } from './steps/tokens.ts';
import { plantFault, takeOldFaultsBack, troubleSteps } from './steps/trouble.ts';
import { openTown, Told, type Town } from './town.ts';

export type Outcome = {
  seed: number;
  steps: number;
  /** How often the books were compared, and agreed. */
  comparisons: number;
  trace: string[];
  answers: ReadonlyMap<string, number>;
  transactions: number;
  /** What was not as it must be; null where all was. */
  failure: string | null;
};

const steps: readonly Step[] = [...funding, ...tokenSteps, ...meltSteps, ...bookSteps, ...troubleSteps];
const restoreLimitMs = 90_000;

/**
 * So many drawn steps in a world of their own, and what came of them. The seed decides what is tried, not how requests
 * overtake each other.
 */
export async function runSequence(seed: number, length: number): Promise<Outcome> {
  const dice = createDice(`${seed}/town`);
  const inputFeePpk = dice.pick([0, 100]);
  const town = await openTown(dice.between(2, 3), inputFeePpk);
  const { answers, ended } = town;
  const outcome: Outcome = {
    seed,
    steps: 0,
    comparisons: 0,
    trace: [`${town.owners.length} wallets, ${inputFeePpk} ppk`],
    answers,
    transactions: 0,
    failure: null,
  };
  try {
    for (const owner of town.owners) await fundFor(town, owner, dice.between(200, 900));
    await compareBooks(town);
    for (let number = 1; number <= length; number += 1) {
      // Each step draws from a seed of its own: what another did last time does not change what this one tries.
      await takeStep(town, (part) => createDice(`${seed}/${number}/${part}`), number, outcome);
      outcome.steps = number;
    }
    await bringToEnd(town);
    outcome.comparisons += 1;
  } catch (error) {
    outcome.failure = error instanceof Told || !(error instanceof Error) ? String(error) : `${error.stack}`;
  } finally {
    outcome.transactions = ended.size;
    await town.end().catch((error: unknown) => {
      outcome.failure ??= String(error);
    });
  }
  return outcome;
}

/** What happens at once draws from dice of its own. */
type DiceFor = (part: string) => Dice;

async function takeStep(town: Town, diceFor: DiceFor, number: number, outcome: Outcome): Promise<void> {
  const dice = diceFor('course');
  await takeOldFaultsBack(town);
  const fault = dice.chance(0.25) ? await plantFault(town, dice) : null;
  const step = stepFrom(town, dice, steps);
  const beside = step.isBeside && dice.chance(0.15) ? stepFrom(town, dice, steps.filter(isBeside)) : null;
  town.isCalm = beside === null && fault === null;
  const taken = [step, ...(beside === null ? [] : [beside])];
  const line = `${number}. ${taken.map(({ name }) => name).join(' & ')}${fault === null ? '' : ` (${fault})`}`;
  outcome.trace.push(line);
  const told = await Promise.all(taken.map((each, place) => each.take(town, diceFor(`taken ${place}`))));
  outcome.trace.push(...told.map((text) => `   ${text}`));
  await expectUntouched(town);
  if (dice.chance(0.5)) await expectPrivate(town, dice);
  // Now and then the next step meets what this one has left under way.
  if (dice.chance(0.25)) return;
  await compareBooks(town);
  outcome.comparisons += 1;
}

const isBeside = ({ isBeside: is }: Step): boolean => is;

function stepFrom(town: Town, dice: Dice, among: readonly Step[]): Step {
  const possible = among.filter((step) => step.isPossible(town));
  const [first] = possible;
  if (first === undefined) throw new Error('there is nothing to do');
  let left = dice.between(
    1,
    possible.reduce((sum, { weight }) => sum + weight, 0),
  );
  for (const step of possible) {
    left -= step.weight;
    if (left <= 0) return step;
  }
  return first;
}

/** All trouble is over, every payee has decided, and every invoice of the mint’s own is paid. */
async function bringToEnd(town: Town): Promise<void> {
  const { sim } = town.world;
  await sim.clearFaults();
  await sim.release();
  for (const bill of town.bills.filter(({ hangs }) => hangs)) await decide(town, bill, 'failed');
  for (const quote of town.quotes.filter(({ isPaid }) => !isPaid)) {
    quote.isPaid = true;
    await sim.pay(quote.invoice);
  }
  for (const owner of town.owners) {
    const giveUpAt = Date.now() + restoreLimitMs;
    while (!(await isLookedThrough(town, owner))) {
      if (Date.now() > giveUpAt) throw new Told(`${owner.name} is looked through for ever`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  await compareBooks(town, true);
}
