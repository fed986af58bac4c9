import { setTimeout as pause } from 'node:timers/promises';
import { types } from 'node:util';
import { ConfigError, loadConfig } from './config.ts';
import { type Context, createContext, drainMs } from './context.ts';
import { DatabaseUnfit } from './models/databaseUnfit.ts';
import { StoreNotMigrated, WrongMasterKey } from './models/errors.ts';
import { ProfileRefusal } from './models/profile.ts';
import { refuseUnfitServer } from './productionRefusals.ts';
import { redactText } from './redaction.ts';
import { type RunningServer, startServer } from './server.ts';
import { isDatabaseAway } from './services/databaseFaults.ts';
import { createHeapSnapshots } from './services/heapSnapshots.ts';

/** Config → context → listen; a signal drains. The story of the process, and of its exit code. */
async function main(): Promise<void> {
  if (!runsOn(process.versions.node)) throw new ConfigError('Crucible needs Node 22.4 or newer.');
  // Before anything else: process 1 of a container is not ended by a signal that it does not listen to, any other is by SIGUSR2.
  const signalled = firstSignal();
  const answerHeapSignal = onHeapSignal();
  const { config, secrets } = loadConfig();
  refuseUnfitServer(config, secrets);
  const context = await createContext({ config, secrets, profile: 'production' });
  try {
    const server = await startServer(context, config);
    context.startWorkers();
    answerHeapSignal(context);
    context.logger.info('listening', { url: server.url });
    await signalled;
    context.logger.info('draining: no new requests, waiting for the open ones');
    await retire(context, server);
  } finally {
    await context.dispose();
  }
}

/** Says "not yet" at first. @returns from when on the signal is answered by a snapshot */
function onHeapSignal(): (context: Context) => void {
  let answer = (): void => {
    process.stderr.write('No heap snapshot was written: the server is still starting.\n');
  };
  process.on('SIGUSR2', () => answer());
  return ({ config, logger }) => {
    const directory = config.heapSnapshotDirectory;
    const take = createHeapSnapshots({ directory, logger, now: () => new Date() });
    answer = () => void take();
  };
}

/** Whoever hands out requests must have asked /readyz again before nobody listens here any more. */
const noticeMs = 2_000;

/** Refuses what is new while it still listens, so that nobody meets a closed door; then lets go of what remains. */
async function retire(context: Context, server: RunningServer): Promise<void> {
  const lastMs = performance.now() + drainMs;
  await Promise.all([context.drain(), pause(noticeMs)]);
  await server.close(Math.max(1_000, lastMs - performance.now()));
}

/** Resolves on SIGTERM or SIGINT. A second one ends the process at once: every step is safe to interrupt (docs/architecture). */
function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    let signals = 0;
    const onSignal = (): void => {
      signals += 1;
      if (signals > 1) process.exit(1);
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

function runsOn(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 4);
}

const forPeople = [ConfigError, StoreNotMigrated, ProfileRefusal, DatabaseUnfit, WrongMasterKey];

const isForPeople = (error: unknown): error is Error => forPeople.some((kind) => error instanceof kind);

/** For the person who tried to start it: one sentence, or one for each wrong setting. */
function startFailure(error: unknown): string {
  if (isForPeople(error)) return error.message;
  if (!types.isNativeError(error)) return 'Crucible stopped for a reason that it cannot name.';
  switch (Reflect.get(error, 'code')) {
    case 'EADDRINUSE':
      return 'The address is in use by another program: stop that one, or choose another PORT.';
    case 'EADDRNOTAVAIL':
      return 'This machine does not have the address in HOST.';
    case 'EACCES':
      return 'This user may not listen on that PORT: choose one above 1023.';
  }
  if (isDatabaseAway(error)) {
    return 'The database at MONGODB_URI does not answer: check that it runs, is a replica set, and can be reached from here.';
  }
  return `Crucible stopped: ${redactText(`${error.name}: ${error.message}`)}`;
}

main().catch((error: unknown) => {
  process.stderr.write(`${startFailure(error)}\n`);
  process.exitCode = 1;
});
