import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { npubEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { createRecoveryRepository } from '../../src/repositories/recoveries.ts';
import type { Exchange, Transport } from '../../src/services/mint/transport.ts';
import { httpTransport } from '../support/carrier.ts';
import { reply } from '../support/liar.ts';
import { recovered, recoveryOf } from '../support/rolledBack.ts';
import { startWorld, until, type World } from '../support/world.ts';

type Answer = (outputs: { id: string }[]) => Promise<Exchange>;

/** On the curve, and no signature of anything. */
const point = '02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5';
const dleq = { e: '11'.repeat(32), s: '22'.repeat(32) };

/** Says of every output that it has signed it. */
const claiming =
  (more: object): Answer =>
  (outputs) => {
    const signatures = outputs.map(({ id }) => ({ id, amount: 1, C_: point, ...more }));
    return reply(200, JSON.stringify({ outputs, signatures }));
  };

describe('beside a mint that keeps its wallets’ recoveries busy', () => {
  let honest: Simulator;
  let other: Simulator;
  let world: World;
  let answer: Answer | null = null;
  const transport: Transport = (request) => {
    if (answer === null || !request.url.startsWith(other.url) || !request.url.endsWith('/v1/restore'))
      return httpTransport(request);
    const { outputs } = JSON.parse(request.body ?? '');
    return answer(outputs);
  };
  beforeEach(async () => {
    answer = null;
    honest = await startSimulator({ seed: 'honest' });
    other = await startSimulator({ seed: 'other' });
    const env = { MINT_URL: `${honest.url},${other.url}` };
    world = await startWorld({ env, overrides: { transport } });
  });
  afterEach(async () => {
    await world.end();
    await honest.close();
    await other.close();
  });

  async function walletAt({ url: mintUrl }: Simulator): Promise<string> {
    const npub = npubEncode(getPublicKey(generateSecretKey()));
    expect((await world.call('POST', '/api/wallet/create', { npub, mintUrl })).status).toBe(201);
    return npub;
  }

  async function demand(npub: string): Promise<void> {
    const found = await recoveryOf(world, npub);
    if (found === null) throw new Error('there is no such wallet');
    await createRecoveryRepository(world.context.database).require(found._id, 'asked', new Date());
  }

  /** The highest index that was asked about in a wallet's recovery. */
  async function scanned(npub: string): Promise<number> {
    const { recovery } = (await recoveryOf(world, npub)) ?? {};
    return Math.max(0, ...Object.values(recovery?.scans ?? {}).map(({ next }) => next));
  }

  it('by signatures that do not verify: they are taken for none, and all wallets are free again', async () => {
    answer = claiming({ dleq });
    const [lied, mine] = [await walletAt(other), await walletAt(honest)];
    for (const npub of [lied, mine]) await demand(npub);
    await recovered(world, mine);
    await recovered(world, lied);
  }, 120_000);

  it('by signatures without end, which nothing refutes: the wallets of others are recovered meanwhile', async () => {
    answer = claiming({});
    const endless = await walletAt(other);
    await demand(endless);
    await until(async () => (await scanned(endless)) > 400, 'the scan that never ends', 60_000);
    const mine = await walletAt(honest);
    await demand(mine);
    await recovered(world, mine);
    // In between it rests, and whoever else is at that mint has their turn.
    const later = await walletAt(other);
    await demand(later);
    await until(async () => (await scanned(later)) > 0, 'the turn of the other wallet', 60_000);
    expect((await recoveryOf(world, endless))?.recovery).toBeDefined();
  }, 180_000);

  it('by silence, with many wallets: those of others are recovered meanwhile', async () => {
    const hanging = new Set<() => void>();
    answer = () => new Promise((resolve) => hanging.add(() => resolve({ kind: 'lost', reason: 'timeout' })));
    const waiting = await Promise.all(Array.from({ length: 4 }, () => walletAt(other)));
    for (const npub of waiting) await demand(npub);
    await until(async () => hanging.size > 0, 'a question that nobody answers');
    const mine = await walletAt(honest);
    await demand(mine);
    await recovered(world, mine);
    expect(hanging.size).toBe(1);
    answer = null;
    for (const giveUp of hanging) giveUp();
    for (const npub of waiting) await recovered(world, npub);
  }, 180_000);
});
