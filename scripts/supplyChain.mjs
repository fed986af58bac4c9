/**
 * `npm run supply-chain`, and a part of `npm test`: every lock file of the repository, and what is installed by it, held against
 * tests/support/supplyChain/policy.ts; then npm audit. A registry that cannot be asked is told loudly and fails nothing.
 * Exit code 1: something is wrong, or a high or critical advisory concerns what ships.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { auditAll, checkTree } from '../tests/support/supplyChain/verdict.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const { projects, findings } = checkTree(root);
for (const finding of findings) console.log(finding);
const count = projects.reduce((sum, { lock }) => sum + Object.keys(lock.packages ?? {}).length - 1, 0);
console.log(`${projects.length} lock files, ${count} packages, ${findings.length} findings`);

const audit = await auditAll(projects);
for (const line of audit.lines) console.log(line);
process.exitCode = findings.length === 0 && audit.isGood ? 0 : 1;
