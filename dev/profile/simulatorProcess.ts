import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import Joi from 'joi';
import { StartFailure } from './failure.ts';

export type SimulatorProcess = {
  url: string;
  invoiceUrl: string;
  /** Resolves when it ends without having been asked to. */
  lost: Promise<void>;
  stop(): Promise<void>;
};

type SimulatorWishes = { port: number; network: string; journalPath: string; env: NodeJS.ProcessEnv };
type Child = ChildProcessByStdio<Writable, Readable, null>;

const script = fileURLToPath(new URL('../simulatorChild.ts', import.meta.url));
const autoPayAfterMs = 500;
const stopLimitMs = 5_000;

type Report = { url: string; invoiceUrl: string } | { error: string; code: string | null };
const reportSchema = Joi.alternatives<Report>(
  Joi.object({ url: Joi.string().required(), invoiceUrl: Joi.string().required() }),
  Joi.object({ error: Joi.string().required(), code: Joi.string().allow(null).required() }),
).required();

/**
 * Starts the mint simulator as a process in a session of its own, which Ctrl-C does not reach. `SIM_*` variables pass
 * through to it (simulator/README.md).
 * @throws StartFailure
 */
export async function startSimulatorProcess(wishes: SimulatorWishes): Promise<SimulatorProcess> {
  const { port, network, journalPath, env } = wishes;
  const child = spawn(process.execPath, [script, journalPath], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      SIM_AUTO_PAY_AFTER_MS: String(autoPayAfterMs),
      ...env,
      SIM_PORT: String(port),
      SIM_NETWORK: network,
    },
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<void>((resolve) =>
    child.on('exit', () => resolve()).on('error', () => resolve()),
  );
  const report = await firstReport(child, ended);
  if ('error' in report) throw new StartFailure(sentenceFor(report, port));
  let isAsked = false;
  const lost = new Promise<void>((resolve) => void ended.then(() => isAsked || resolve()));
  return {
    ...report,
    lost,
    stop: () => {
      isAsked = true;
      return stop(child, ended);
    },
  };
}

async function firstReport(child: Child, ended: Promise<void>): Promise<Report> {
  const silence = ended.then(() => ['{"error":"it ended at once","code":null}']);
  const [line]: unknown[] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    silence,
  ]);
  return Joi.attempt(JSON.parse(String(line)), reportSchema);
}

function sentenceFor({ error, code }: { error: string; code: string | null }, port: number): string {
  if (code === 'EADDRINUSE') {
    return `Port ${port} is in use by another program, and the mint simulator needs it: stop that one, or choose another with MINT_PORT.`;
  }
  return `The mint simulator could not start: ${error}`;
}

/** The end of its stdin tells it to close its journal and go. */
async function stop(child: Child, ended: Promise<void>): Promise<void> {
  child.stdin.end();
  const killer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await ended;
  clearTimeout(killer);
}
