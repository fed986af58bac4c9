import type { Config, Secrets } from '../../src/config.ts';
import { createContext } from '../../src/context.ts';
import { startServer } from '../../src/server.ts';
import type { ApiKeyService } from '../../src/services/auth/contracts.ts';
import { isPortFree } from '../mongod/ports.ts';
import { ensureMongod, startReplicaSet } from '../mongod.ts';
import type { Endings } from './endings.ts';
import { StartFailure } from './failure.ts';
import type { DataFiles } from './files.ts';
import { unlessAborted } from './interruption.ts';
import { complain, printFact, printProgress, secondsText } from './screen.ts';
import type { Environment, ProfileSettings } from './settings.ts';
import { startSimulatorProcess } from './simulatorProcess.ts';

type Surroundings = { settings: ProfileSettings; files: DataFiles; endings: Endings; signal: AbortSignal };

/** The mint that wallets use; `invoiceUrl` is null for a real one. */
export type DemoMint = { url: string; invoiceUrl: string | null };

const mintLimitMs = 15_000;

/** The database of MONGODB_URI, or a replica set of our own. Resolves to its address. */
export async function openMongo({ settings, files, endings, signal }: Surroundings): Promise<string> {
  if (settings.mongoUri !== null) {
    printFact('mongo', 'the one in MONGODB_URI');
    return settings.mongoUri;
  }
  const binary = await unlessAborted(ensureMongod({ onProgress: printProgress }), signal);
  const startedAt = performance.now();
  const replicaSet = await startReplicaSet({ binary, dbPath: files.mongo, onProgress: printProgress });
  await endings.add('mongod', replicaSet.stop);
  printFact('mongo', `${new URL(replicaSet.uri).host}, a replica set of one (${secondsSince(startedAt)})`);
  return replicaSet.uri;
}

/** The mint of MINT_URL, or the simulator. */
export async function openMint(
  { settings, files, endings, signal }: Surroundings,
  env: Environment,
  { network, mintUrls: [mintUrl = ''] }: Config,
): Promise<DemoMint> {
  if (settings.mintUrl !== null) {
    await checkMint(mintUrl, signal);
    printFact('mint', `${mintUrl}, from MINT_URL`);
    return { url: mintUrl, invoiceUrl: null };
  }
  const startedAt = performance.now();
  const simulator = await startSimulatorProcess({
    port: settings.mintPort,
    network,
    journalPath: files.simulatorJournal,
    env,
  });
  await endings.add('the mint simulator', simulator.stop);
  void simulator.lost.then(() =>
    complain('The mint simulator has ended; Ctrl-C and another start bring it back.'),
  );
  printFact('mint', `${simulator.url}, simulated, its money is worth nothing (${secondsSince(startedAt)})`);
  return simulator;
}

/** The server itself, as in production but for the profile, which lets it use play money. */
export async function openApi(
  { config, secrets }: { config: Config; secrets: Secrets },
  endings: Endings,
): Promise<{ url: string; apiKeys: ApiKeyService }> {
  const startedAt = performance.now();
  const context = await createContext({ config, secrets, profile: 'development' });
  await endings.add('the database connection', context.dispose);
  // Known only once it listens: port 0 is any free one.
  let ownOrigin: string | null = null;
  const publicOrigin = () => config.publicOrigin ?? ownOrigin;
  const server = await startServer({ ...context, publicOrigin }, config).catch((error: unknown) => {
    throw listenFailure(error, config);
  });
  context.startWorkers();
  await endings.add('the API', () => Promise.all([context.drain(), server.close()]));
  const url = reachable(server.url);
  ownOrigin = url;
  printFact('api', `${url} (${secondsSince(startedAt)})`);
  return { url, apiKeys: context.services.apiKeys };
}

/** The server can wait for a mint that is away; a demo cannot. */
async function checkMint(mintUrl: string, signal: AbortSignal): Promise<void> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(mintLimitMs)]);
  const answer = await fetch(`${mintUrl}/v1/info`, { signal: patience }).catch(() => undefined);
  if (answer?.ok === true) return;
  throw new StartFailure(`No mint answers at ${mintUrl}, which MINT_URL names: check the address.`);
}

/** A port in use is found before anything is started; whoever takes it in between is found by listening. */
export async function checkPort(config: Config): Promise<void> {
  if (config.port === 0 || config.host !== '127.0.0.1' || (await isPortFree(config.port))) return;
  throw portInUse(config.port);
}

function listenFailure(error: unknown, { host, port }: Config): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE') return portInUse(port);
  if (code === 'EACCES')
    return new StartFailure(`This user may not listen on port ${port}: choose a PORT above 1023.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new StartFailure(`This machine does not have the address ${host}, which HOST names.`);
  }
  return error;
}

function portInUse(port: number): StartFailure {
  return new StartFailure(
    `Port ${port} is in use by another program: stop that one, or choose another with PORT.`,
  );
}

/** An address that listens to everybody is not one to call. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

const secondsSince = (startedAt: number): string => secondsText(performance.now() - startedAt);
