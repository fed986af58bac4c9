import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import Joi from 'joi';
import { request } from 'undici';
import { readScrape } from '../../dev/drills/scrapes.ts';
import { type Child, startChild } from '../child.ts';
import type { Usage } from '../ipc.ts';
import { addedUp, bucketsOf } from '../statistics.ts';

/** Servers of Crucible, each a process of its own, on one database and one set of secrets. */
export type Instances = {
  /** One for each; any of them serves any wallet. */
  urls: readonly string[];
  /** A key that may do anything, at all of them. */
  token: string;
  /** All together: CPU added up, and the event loop that was the latest. */
  usage(): Promise<Usage>;
  /** How long their transactions B took, as counts by upper bound in seconds. */
  bookSeconds(): Promise<ReadonlyMap<number, number>>;
  end(): Promise<void>;
};

type Place = { mintUrl: string; mongoUri: string };

const script = new URL('./server.ts', import.meta.url);
const toldSchema = Joi.object<{ url: string; token: string }>({
  url: Joi.string().required(),
  token: Joi.string().required(),
}).required();

/** The first alone, since it builds the indexes; then the others. @throws where one does not get through its start */
export async function startInstances(
  count: number,
  place: Place,
  settings: Readonly<Record<string, string>>,
): Promise<Instances> {
  const directory = await mkdtemp(join(tmpdir(), 'crucible-bench-'));
  const metricsToken = randomBytes(32).toString('hex');
  const env = { ...environment(place, directory), CRUCIBLE_METRICS_TOKEN: metricsToken, ...settings };
  const children: Child[] = [];
  const urls: string[] = [];
  let token = '';
  for (let number = 0; number < count; number += 1) {
    const child = startChild(script, env);
    children.push(child);
    const told = Joi.attempt(JSON.parse(await child.firstLine()), toldSchema);
    urls.push(told.url);
    token = told.token;
  }

  async function bookSecondsAt(url: string): Promise<ReadonlyMap<number, number>> {
    const { body } = await request(`${url}/metrics`, {
      headers: { authorization: `Bearer ${metricsToken}` },
    });
    const { samples } = readScrape(await body.text(), Date.now());
    return bucketsOf(samples, 'crucible_melt_phase_duration_seconds', 'phase="book"');
  }

  return {
    urls,
    token,
    usage: async () => together(await Promise.all(children.map((child) => child.usage()))),
    bookSeconds: async () => addedUp(await Promise.all(urls.map(bookSecondsAt))),
    async end() {
      await Promise.all(children.map((child) => child.end()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function environment({ mintUrl, mongoUri }: Place, directory: string) {
  return {
    MONGODB_URI: ownDatabase(mongoUri),
    MINT_URL: mintUrl,
    PORT: '0',
    CRUCIBLE_PRIVATE_MINT_NETWORKS: '127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fd00::/8',
    CRUCIBLE_MNEMONIC: generateMnemonic(wordlist),
    CRUCIBLE_MASTER_KEY: randomBytes(32).toString('hex'),
    CRUCIBLE_SPOOL_DIR: join(directory, 'spool'),
    CRUCIBLE_LOG_LEVEL: 'warn',
    CRUCIBLE_RATE_LIMIT: 'off',
  };
}

/** Another server had other keys: what it has left would be refused. */
function ownDatabase(mongoUri: string): string {
  const uri = new URL(mongoUri);
  uri.pathname = `/bench-${randomUUID()}`;
  return uri.href;
}

function together(usages: readonly Usage[]): Usage {
  const worst = (of: (usage: Usage) => number): number => Math.max(...usages.map(of));
  return {
    cpuMs: usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    lag: {
      p50Ms: worst(({ lag }) => lag.p50Ms),
      p99Ms: worst(({ lag }) => lag.p99Ms),
      maxMs: worst(({ lag }) => lag.maxMs),
    },
  };
}
