/** `npm run crucible`: the operators' commands, and the drills, which only a clone has. */
import { drill } from './drills/main.ts';

const [first, ...words] = process.argv.slice(2);
if (first === 'drill') process.exitCode = await drill(words, console.log, console.error);
else await import('../src/cli/index.ts');
