import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Joi from 'joi';
import { mongo } from 'mongoose';
import { SimulatorClient } from '../../simulator/client.ts';
import type { Endings } from '../profile/endings.ts';
import { openSecrets } from '../profile/secrets.ts';
import { inherited, type MintAs, type Neighbours, startNeighbours } from './neighbours.ts';
import { readScrape, type Scrape } from './scrapes.ts';

type Told = {
  apiUrl: string;
  mintUrl: string;
  npub: string;
  apiKey: string;
  supportKey: string;
  adminKey: string;
  mongoUri: string;
};
type Env = Readonly<Record<string, string>>;
type Asking = { key?: string; body?: object; headers?: Env };

export type Reply = { status: number; body: Record<string, unknown> };

/** @throws Error with what was answered, where it was no success */
export function succeeded(reply: Reply): Reply {
  if (reply.status >= 300) throw new Error(`answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  return reply;
}

export const worstOf = (replies: Reply[]): Reply =>
  replies.reduce((worst, reply) => (reply.status > worst.status ? reply : worst));

/**
 * A development stack of its own, in a directory that goes with it: the server of `npm start`, on a database and a mint that go on
 * without it.
 */
export type Stack = {
  /** Where everything is, and the keys to it: what dev.json tells (docs/api.md), of the last start. */
  at(): Told;
  sim(): SimulatorClient;
  /** Asks the server, with the key of the stack's wallet where no other is named; '' = with none. */
  call(method: 'GET' | 'POST', path: string, asking?: Asking): Promise<Reply>;
  /** What /metrics tells; null where nobody answers. */
  scrape(): Promise<Scrape | null>;
  /** An operator's command, with the settings of the server. @throws where it does not end with exit code 0 */
  crucible(...words: string[]): Promise<string>;
  /** Does something in the database itself, as an operator with a shell would. */
  inDatabase<T>(act: (database: mongo.Db) => Promise<T>): Promise<T>;
  /** Ends the server, in good order. */
  stopServer(): Promise<void>;
  /** Ends the server and starts it again, with these settings instead of the last ones. @throws Error with what it said, if it does not come up */
  restart(env?: Env): Promise<void>;
  restartMint(as: MintAs): Promise<void>;
};

const startScript = fileURLToPath(new URL('../start.ts', import.meta.url));
const cliScript = fileURLToPath(new URL('../../src/cli/index.ts', import.meta.url));
const startLimitMs = 180_000;
const stopLimitMs = 30_000;
const answerLimitMs = 60_000;
const lookEveryMs = 100;

const text = Joi.string().required();
const toldSchema = Joi.object<Told>({
  apiUrl: text,
  mintUrl: text,
  npub: text,
  apiKey: text,
  supportKey: text,
  adminKey: text,
  mongoUri: text,
})
  .unknown(true)
  .required();

/**
 * Starts a stack with these settings. `endings` end it, whenever that is, and take its data with it.
 * @throws Error with what it said, if it does not come up
 */
export async function startStack(env: Env, endings: Endings): Promise<Stack> {
  const directory = await mkdtemp(join(tmpdir(), 'crucible-drill-'));
  await endings.add('the data of the stack', () => rm(directory, { recursive: true, force: true }));
  const neighbours = await startNeighbours(directory, endings);
  const startServer = (settings: Env) => start(directory, neighbours, settings, endings);
  let settings = env;
  let running = await startServer(settings);
  const told = (): Told => running.told;

  async function call(
    method: 'GET' | 'POST',
    path: string,
    { key = told().apiKey, body, headers = {} }: Asking = {},
  ): Promise<Reply> {
    const response = await fetch(`${told().apiUrl}${path}`, {
      method,
      headers: {
        ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerLimitMs),
    });
    const answer: unknown = await response.json();
    return {
      status: response.status,
      body: typeof answer === 'object' && answer !== null ? { ...answer } : {},
    };
  }

  async function scrape(): Promise<Scrape | null> {
    const response = await fetch(`${told().apiUrl}/metrics`, { signal: AbortSignal.timeout(5_000) }).catch(
      () => null,
    );
    return response?.ok === true ? readScrape(await response.text(), Date.now()) : null;
  }

  async function crucible(...words: string[]): Promise<string> {
    const { mnemonic, masterKey } = await openSecrets(join(directory, 'secrets.json'));
    const server = {
      ...inherited(),
      CRUCIBLE_MNEMONIC: mnemonic,
      CRUCIBLE_MASTER_KEY: masterKey,
      CRUCIBLE_SPOOL_DIR: join(directory, 'spool'),
      CRUCIBLE_PRIVATE_MINT_NETWORKS: '127.0.0.0/8,::1',
      MONGODB_URI: told().mongoUri,
      MINT_URL: told().mintUrl,
      ...settings,
    };
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [cliScript, ...words], { env: server }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`crucible ${words.join(' ')}: exit code ${error.code}: ${stdout}${stderr}`));
      });
    });
  }

  async function inDatabase<T>(act: (database: mongo.Db) => Promise<T>): Promise<T> {
    const client = new mongo.MongoClient(told().mongoUri, { directConnection: true });
    try {
      return await act(client.db());
    } finally {
      await client.close();
    }
  }

  return {
    at: told,
    sim: () => new SimulatorClient(told().mintUrl),
    call,
    scrape,
    crucible,
    inDatabase,
    stopServer: () => end(running.child),
    async restart(changed = settings) {
      await end(running.child);
      settings = changed;
      running = await startServer(settings);
    },
    restartMint: neighbours.restartMint,
  };
}

async function start(
  directory: string,
  { mongoUri, mintUrl }: Pick<Neighbours, 'mongoUri' | 'mintUrl'>,
  env: Env,
  endings: Endings,
): Promise<{ child: ChildProcess; told: Told }> {
  const path = join(directory, 'dev.json');
  await rm(path, { force: true }); // of a start that had to be killed
  const places = { PORT: '0', CRUCIBLE_DATA_DIR: directory, MONGODB_URI: mongoUri, MINT_URL: mintUrl };
  const child = spawn(process.execPath, [startScript], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited(), ...places, ...env },
  });
  await endings.add('the stack', () => end(child));
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-4_000);
    });
  const giveUpAt = performance.now() + startLimitMs;
  while (!existsSync(path)) {
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > giveUpAt) {
      await end(child);
      throw new Error(`The development stack did not come up:\n${said}`);
    }
    await pause(lookEveryMs);
  }
  return { child, told: Joi.attempt(JSON.parse(await readFile(path, 'utf8')), toldSchema) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  const killer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await ended;
  clearTimeout(killer);
}
