import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { npubEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { Agent, request } from 'undici';
import { inLanes, type Purse, payAll } from '../load.ts';
import type { Contestant } from './contestant.ts';
import { startInstances } from './instances.ts';

type Json = Readonly<Record<string, unknown>>;
type Call = (method: 'GET' | 'POST', path: string, body?: object) => Promise<Json>;

const lookEveryMs = 100;
/** After a 202. Many wallets that look more often take the server's time from the payments that they wait for. */
const lookAtPendingEveryMs = 2_000;
const creditLimitMs = 60_000;
const fundsAtOnce = 16;
/** Of a wallet of many small proofs: these stay as they are. */
const noUpkeep = { CRUCIBLE_UPKEEP_INTERVAL_MS: '0' };
/**
 * Where a mint is late, requests wait in line for a connection, and payments for them: none is refused or given up meanwhile, nor left
 * to the worker, which goes at its own pace.
 */
const patience = {
  CRUCIBLE_ANSWER_WITHIN_MS: '120000',
  CRUCIBLE_MINT_TIMEOUT_MS: '60000',
  CRUCIBLE_PAYMENTS_PER_MINT: '1000',
};

/**
 * Crucible's servers, each in a process of its own, asked over HTTP by this one, over as many connections as it has wallets. Wallets
 * are spread over the servers in turn, and each stays with its own.
 */
export async function startCrucible(
  place: { mintUrl: string; mongoUri: string },
  { keepsUp, instances, isMintLate }: { keepsUp: boolean; instances: number; isMintLate: boolean },
): Promise<Contestant> {
  const settings = { ...(keepsUp ? {} : noUpkeep), ...(isMintLate ? patience : {}) };
  const servers = await startInstances(instances, place, settings);
  const agent = new Agent({ pipelining: 1 });
  let purses: Purse[] = [];

  /** @throws Error with what was answered, where it was no success */
  const callAt =
    (url: string): Call =>
    async (method, path, body) => {
      const { statusCode, body: answer } = await request(url + path, {
        dispatcher: agent,
        method,
        headers: {
          authorization: `Bearer ${servers.token}`,
          'content-type': 'application/json',
          'idempotency-key': randomUUID(),
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const json: unknown = await answer.json();
      if (statusCode >= 300) throw new Error(`answered ${statusCode}: ${JSON.stringify(json)}`);
      return typeof json === 'object' && json !== null ? { ...json } : {};
    };
  const callOf = (wallet: number): Call => callAt(servers.urls[wallet % servers.urls.length] ?? '');

  return {
    name: 'crucible',
    usage: async () => ({ server: await servers.usage() }),
    async fund(parts) {
      purses = [];
      purses = await inLanes(parts, fundsAtOnce, (each, wallet) => openPurse(callOf(wallet), each));
    },
    pay: (invoices, limitMs) => payAll(purses, invoices, limitMs),
    async heldSat() {
      const each = await inLanes(purses, fundsAtOnce, (purse) => purse.heldSat());
      return each.reduce((sum, sat) => sum + sat, 0);
    },
    bookSeconds: servers.bookSeconds,
    async end() {
      await agent.close();
      await servers.end();
    },
  };
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
