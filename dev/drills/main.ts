import { createEndings, type Endings } from '../profile/endings.ts';
import { aborted, listenForInterruption } from '../profile/interruption.ts';
import { findPromtool } from './alert.ts';
import { drills } from './all.ts';
import { type Drill, DrillFailed, runDrill, type Tell } from './drill.ts';
import { fund } from './paying.ts';
import { startStack } from './stack.ts';

const usage = `usage: npm run -s crucible -- drill NAME
       npm run -s crucible -- drill --all
       npm run -s crucible -- drill --list
A drill makes a symptom happen on a development stack of its own, checks metric and alert, and tries the fix of its runbook.`;

/** As shells have it for Ctrl-C. */
const interrupted = 130;

/** `crucible drill`. @returns the exit code: 0 passed, 1 failed, 2 wrong usage or no promtool, 130 interrupted */
export async function drill(words: readonly string[], tell: Tell, complain: Tell): Promise<number> {
  const [word, ...others] = words;
  if (word === '--list' && others.length === 0) {
    for (const { name, symptom } of drills) tell(`${name.padEnd(22)}${symptom}`);
    return 0;
  }
  const chosen = word === '--all' ? drills : drills.filter(({ name }) => name === word);
  if (chosen.length === 0 || others.length > 0) {
    complain(usage);
    return 2;
  }
  const promtool = findPromtool(process.env);
  if (promtool === null) {
    complain(
      'A drill needs promtool, to see whether the alert fires: apt-get install prometheus, or name it in PROMTOOL.',
    );
    return 2;
  }
  const signal = listenForInterruption();
  let failed = 0;
  for (const each of chosen) {
    const endings = createEndings();
    const over = aborted(signal).then(endings.endAll);
    if (!(await passes(each, endings, promtool, tell, complain))) failed += 1;
    if (signal.aborted) {
      await over;
      return interrupted;
    }
  }
  if (chosen.length > 1) tell(`${chosen.length - failed} of ${chosen.length} drills passed`);
  return failed === 0 ? 0 : 1;
}

async function passes(
  each: Drill,
  endings: Endings,
  promtool: string,
  tell: Tell,
  complain: Tell,
): Promise<boolean> {
  tell(`${each.name}: ${each.symptom}`);
  const startedAt = performance.now();
  try {
    const stack = await startStack(each.env ?? {}, endings);
    await fund(stack);
    await runDrill(each, stack, promtool, (line) => tell(`  ${line}`));
    tell(`  passed (${((performance.now() - startedAt) / 1_000).toFixed(0)} s)`);
    return true;
  } catch (error) {
    complain(`  FAILED: ${error instanceof DrillFailed ? error.message : String(error)}`);
    return false;
  } finally {
    await endings.endAll();
  }
}
