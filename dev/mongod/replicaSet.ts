import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endOrphan, portOfLastStart, writeStartRecord } from './dataDirectory.ts';
import { becomePrimary, PortLost, replicaSetName } from './membership.ts';
import { freePort, isPortFree } from './ports.ts';
import { watchOver } from './processes.ts';

export interface ReplicaSet {
  /** Names the set and the database `crucible`. */
  uri: string;
  /** Ends mongod in good order. May be called more than once. */
  stop(): Promise<void>;
}

export interface ReplicaSetOptions {
  /** Path of a mongod, as `ensureMongod` gives it. */
  binary: string;
  /** Where the data live on between starts. Without it they live in a temporary directory until `stop`. */
  dbPath?: string;
  /** Without it, the port of the last start if it is free, else any. */
  port?: number;
  onProgress?: (text: string) => void;
}

interface DataPlace {
  dbPath: string;
  isTemporary: boolean;
}

/** A port is chosen before mongod takes it, so another process may be quicker. */
const portTries = 3;
/** The exit code by which mongod says that its port is taken. */
const portTakenExitCode = 48;

const listenLimitMs = 120_000;
const stopLimitMs = 30_000;
const lookEveryMs = 20;
const sayEveryMs = 5_000;

/**
 * Starts a replica set of one mongod with WiredTiger and resolves once it is primary.
 *
 * mongod is started here and not by mongodb-memory-server (which serves to download it): that one gives a
 * kept data directory back its old configuration, hence its old port, does not clear away a mongod left by
 * a killed parent, and lets Ctrl-C reach mongod before the server has finished. Here mongod has a session
 * of its own and dies with this process, even if that is killed.
 *
 * @throws Error with one sentence for people.
 */
export async function startReplicaSet(options: ReplicaSetOptions): Promise<ReplicaSet> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (!(error instanceof PortLost) || tries === portTries) throw error;
    }
  }
}

async function startOnce(options: ReplicaSetOptions): Promise<ReplicaSet> {
  const { binary, onProgress = () => {} } = options;
  const place = await openPlace(options.dbPath);
  await endOrphan(place.dbPath, onProgress);
  const port = await choosePort(options.port, place);
  const mongod = await launch(binary, place, port);
  try {
    await untilListening(mongod, port, place, onProgress);
    await becomePrimary(port, mongod.process.pid);
  } catch (error) {
    await mongod.stop();
    throw error;
  }
  return { uri: `mongodb://127.0.0.1:${port}/crucible?replicaSet=${replicaSetName}`, stop: mongod.stop };
}

async function openPlace(dbPath: string | undefined): Promise<DataPlace> {
  if (dbPath === undefined) {
    return { dbPath: await realpath(await mkdtemp(join(tmpdir(), 'crucible-mongod-'))), isTemporary: true };
  }
  try {
    await mkdir(dbPath, { recursive: true });
    return { dbPath: await realpath(dbPath), isTemporary: false };
  } catch (error) {
    throw new Error(
      `The data directory ${dbPath} cannot be made (${error instanceof Error ? error.message : error}).`,
    );
  }
}

async function choosePort(wanted: number | undefined, place: DataPlace): Promise<number> {
  if (wanted !== undefined && wanted !== 0) {
    if (await isPortFree(wanted)) return wanted;
    throw new Error(`Port ${wanted}, meant for MongoDB, is in use on this machine.`);
  }
  const lastPort = await portOfLastStart(place.dbPath);
  return lastPort !== undefined && (await isPortFree(lastPort)) ? lastPort : await freePort();
}

interface RunningMongod {
  process: ChildProcess;
  stop(): Promise<void>;
}

async function launch(binary: string, place: DataPlace, port: number): Promise<RunningMongod> {
  const { dbPath, isTemporary } = place;
  await rename(logPath(dbPath), `${logPath(dbPath)}.previous`).catch(() => {});
  await writeStartRecord(dbPath, { port, ownerPid: process.pid });
  const child = spawn(binary, mongodArguments(dbPath, port), { detached: true, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
    child.on('error', () => resolve());
  });
  child.unref();
  const watchdog =
    child.pid === undefined ? undefined : watchOver(child.pid, isTemporary ? dbPath : undefined);
  void ended.then(() => watchdog?.dismiss());

  const end = async () => {
    child.ref();
    child.kill(isTemporary ? 'SIGKILL' : 'SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
    await ended;
    clearTimeout(killer);
    if (isTemporary) await rm(dbPath, { recursive: true, force: true });
  };
  let ending: Promise<void> | undefined;
  return {
    process: child,
    stop: () => {
      ending ??= end();
      return ending;
    },
  };
}

/** `--dbpath` comes neither first nor last, because dataDirectory.ts looks for it between spaces. */
function mongodArguments(dbPath: string, port: number): string[] {
  return [
    ...['--port', String(port), '--dbpath', dbPath, '--replSet', replicaSetName, '--bind_ip', '127.0.0.1'],
    ...['--logpath', logPath(dbPath), '--logappend', '--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '256'],
    ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
    // A primary asked to end waits 15 s for its secondaries to take over. There are none.
    ...['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=0'],
  ];
}

async function untilListening(
  mongod: RunningMongod,
  port: number,
  place: DataPlace,
  onProgress: (text: string) => void,
): Promise<void> {
  const startedAt = Date.now();
  let saidAt = startedAt;
  while (!(await accepts(port))) {
    const { pid, exitCode, signalCode } = mongod.process;
    if (exitCode === portTakenExitCode) throw new PortLost(`port ${port} was taken by another process`);
    if (pid === undefined || exitCode !== null || signalCode !== null) {
      throw new Error(
        `mongod ended at once (${exitCode ?? signalCode ?? 'not started'}): ${await lastComplaint(place)}`,
      );
    }
    if (Date.now() - startedAt > listenLimitMs) {
      throw new Error(
        `mongod did not answer within ${listenLimitMs / 1000} s: ${await lastComplaint(place)}`,
      );
    }
    if (Date.now() - saidAt > sayEveryMs) {
      saidAt = Date.now();
      onProgress(`waiting for mongod (${Math.round((saidAt - startedAt) / 1000)} s)…`);
    }
    await pause(lookEveryMs);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** mongod logs one JSON object per line; severities E and F say why it gave up. */
async function lastComplaint(place: DataPlace): Promise<string> {
  const log = await readFile(logPath(place.dbPath), 'utf8').catch(() => '');
  const complaint = log
    .split('\n')
    .filter((line) => /"s":"[EF]"/.test(line))
    .at(-1);
  const where = place.isTemporary ? '' : ` (its log is ${logPath(place.dbPath)})`;
  return `${complaint ?? 'its log does not say why'}${where}`;
}

function logPath(dbPath: string): string {
  return join(dbPath, 'mongod.log');
}
