import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import Joi from 'joi';
import { npubEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { Agent, request } from 'undici';
import { readScrape } from '../../dev/drills/scrapes.ts';
import { startChild } from '../child.ts';
import { inLanes, type Purse, payAll } from '../load.ts';
import { bucketsOf } from '../statistics.ts';
import type { Contestant } from './contestant.ts';

type Json = Readonly<Record<string, unknown>>;
type Call = (method: 'GET' | 'POST', path: string, body?: object) => Promise<Json>;

const lookEveryMs = 100;
/** After a 202. Many wallets that look more often take the server's time from the payments that they wait for. */
const lookAtPendingEveryMs = 2_000;
const creditLimitMs = 60_000;
const fundsAtOnce = 16;
/** Of a wallet of many small proofs: these stay as they are. */
const noUpkeep = { CRUCIBLE_UPKEEP_INTERVAL_MS: '0' };
const toldSchema = Joi.object<{ url: string; token: string }>({
  url: Joi.string().required(),
  token: Joi.string().required(),
}).required();

/** Crucible's server in a process of its own, asked over HTTP by this one, over as many connections as it has wallets. */
export async function startCrucible(
  place: { mintUrl: string; mongoUri: string },
  { keepsUp }: { keepsUp: boolean },
): Promise<Contestant> {
  const directory = await mkdtemp(join(tmpdir(), 'crucible-bench-'));
  const metricsToken = randomBytes(32).toString('hex');
  const child = startChild(new URL('./server.ts', import.meta.url), {
    ...environment(place, directory),
    CRUCIBLE_METRICS_TOKEN: metricsToken,
    ...(keepsUp ? {} : noUpkeep),
  });
  const { url, token } = Joi.attempt(JSON.parse(await child.firstLine()), toldSchema);
  const agent = new Agent({ pipelining: 1 });
  let purses: Purse[] = [];

  /** @throws Error with what was answered, where it was no success */
  async function call(method: 'GET' | 'POST', path: string, body?: object): Promise<Json> {
    const { statusCode, body: answer } = await request(url + path, {
      dispatcher: agent,
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const json: unknown = await answer.json();
    if (statusCode >= 300) throw new Error(`answered ${statusCode}: ${JSON.stringify(json)}`);
    return typeof json === 'object' && json !== null ? { ...json } : {};
  }

  async function transactionSeconds(): Promise<ReadonlyMap<number, number>> {
    const { body } = await request(`${url}/metrics`, {
      dispatcher: agent,
      headers: { authorization: `Bearer ${metricsToken}` },
    });
    const scrape = readScrape(await body.text(), Date.now());
    return bucketsOf(scrape.samples, 'crucible_melt_phase_duration_seconds', 'phase="database"');
  }

  return {
    name: 'crucible',
    usage: async () => ({ server: await child.usage() }),
    async fund(parts) {
      purses = [];
      purses = await inLanes(parts, fundsAtOnce, (each) => openPurse(call, each));
    },
    pay: (invoices, limitMs) => payAll(purses, invoices, limitMs),
    async heldSat() {
      const each = await inLanes(purses, fundsAtOnce, (purse) => purse.heldSat());
      return each.reduce((sum, sat) => sum + sat, 0);
    },
    transactionSeconds,
    async end() {
      await agent.close();
      await child.end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function environment({ mintUrl, mongoUri }: { mintUrl: string; mongoUri: string }, directory: string) {
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

async function openPurse(call: Call, parts: readonly number[]): Promise<Purse> {
  const npub = npubEncode(getPublicKey(generateSecretKey()));
  const at = `/api/wallet/${npub}`;
  await call('POST', '/api/wallet/create', { npub });
  await inLanes(parts, fundsAtOnce, async (amount) => {
    await call('POST', `${at}/mint`, { amount });
  });
  const wanted = parts.reduce((sum, part) => sum + part, 0);
  const giveUpAt = performance.now() + creditLimitMs + 100 * parts.length;
  while ((await heldSat()) < wanted) {
    if (performance.now() > giveUpAt) throw new Error('a wallet of Crucible was not credited');
    await pause(lookEveryMs);
  }

  async function heldSat(): Promise<number> {
    const { balance } = await call('GET', `${at}/balance`);
    return Number(balance);
  }

  async function pay(invoice: string): Promise<void> {
    const { paymentResult, transactionId } = await call('POST', `${at}/melt`, { invoice });
    let result = paymentResult;
    while (result === 'PENDING') {
      await pause(lookAtPendingEveryMs);
      result = (await call('GET', `${at}/melt/${transactionId}`))['status'];
    }
    if (result !== 'PAID') throw new Error(`the payment is ${result}`);
  }

  return { pay, heldSat };
}
