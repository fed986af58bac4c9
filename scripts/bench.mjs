/**
 * `npm run bench`: how fast Crucible pays, beside two wallet libraries on the same mint and the same invoices. `npm run bench --
 * --quick` takes less than a minute. One of the libraries is a package of its own in bench/coco, installed the first time.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './ownPackage.mjs';

const coco = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bench', 'coco');

// Without it the others are measured all the same.
if (!ensureInstalled(coco, '@cashu/coco-core (npm ci in bench/coco)'))
  console.error('It could not be installed, and will not take part; what npm said is above.');
const { bench } = await import('../bench/main.ts');
process.exitCode = await bench(process.argv.slice(2));
