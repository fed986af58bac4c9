/**
 * The mint simulator beside the development server, in a process of its own so that its curve math does not slow the
 * server down. Says one line of JSON on stdout, and ends when its stdin ends: when the parent wants it to, or is gone.
 */
import { readFile } from 'node:fs/promises';
import { optionsFromEnvironment } from '../simulator/environment.ts';
import { type Simulator, startSimulator } from '../simulator/simulator.ts';
import { isPortFree } from './mongod/ports.ts';
import { claim } from './profile/claim.ts';
import { writePrivately } from './profile/files.ts';

/** How long a simulator whose parent was killed may take to notice. */
const patienceMs = 10_000;

const [journalPath = 'simulator.jsonl'] = process.argv.slice(2);
const portPath = `${journalPath}.port`;
const parentIsDone = new Promise<void>((resolve) => {
  process.stdin.on('end', resolve).on('close', resolve).on('error', resolve).resume();
});

try {
  const claimed = await claim(journalPath, patienceMs);
  if (claimed === undefined) throw new Error(`another process uses its journal ${journalPath}`);
  const simulator = await start();
  await writePrivately(portPath, String(simulator.port));
  say({ url: simulator.url, invoiceUrl: simulator.invoiceUrl });
  await parentIsDone;
  await simulator.close();
  process.exit(0);
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  say({ error: error instanceof Error ? error.message : String(error), code });
  process.exit(1);
}

/** Wallets know their mint by its address, so "any free port" means the last one where that is free. */
async function start(): Promise<Simulator> {
  const options = { ...optionsFromEnvironment(process.env), journalPath };
  const lastPort = Number(await readFile(portPath, 'utf8').catch(() => '0'));
  const isLastFree = lastPort > 0 && (await isPortFree(lastPort));
  return startSimulator(options.port === 0 && isLastFree ? { ...options, port: lastPort } : options);
}

function say(message: Record<string, string | null>): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
