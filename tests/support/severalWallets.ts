import { npubEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { SimulatorClient } from '../../simulator/client.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import type { Overrides } from '../../src/context.ts';
import { type Json, type Reply, startWorld, until, type World } from './world.ts';

/** A world of two mints, each with keys and money of its own. */
export async function startTwoMints(overrides: Overrides = {}) {
  const second = await startSimulator({ seed: 'the second mint' });
  const first = await startSimulator({ seed: 'the first mint' });
  const mintUrls = [first.url, second.url];
  const world = await startWorld({ overrides, env: { MINT_URL: mintUrls.join(',') } });
  return {
    world,
    first: first.url,
    second: second.url,
    async end() {
      await world.end();
      await Promise.all([first.close(), second.close()]);
    },
  };
}

export type OneOfSeveral = Awaited<ReturnType<typeof walletAt>>;

export const newNpub = (): string => npubEncode(getPublicKey(generateSecretKey()));

/** An owner's wallet at this mint, made now, and spoken to by its id. */
export async function walletAt(world: World, npub: string, mintUrl: string) {
  const made = await world.call('POST', '/api/wallet/create', { npub, mintUrl });
  const { walletId } = Object(made.body['walletDetails']);
  const mint = new SimulatorClient(mintUrl);
  const pathTo = (path: string) => `/api/wallet/${npub}${path}?walletId=${walletId}`;
  const post = (path: string, body: Json = {}): Promise<Reply> => world.call('POST', pathTo(path), body);
  const get = (path: string): Promise<Reply> => world.call('GET', pathTo(path));
  const total = async (): Promise<number> => Object((await get('/balance')).body['details']).totalBalance;

  async function fund(amount: number): Promise<void> {
    const had = await total();
    const { body } = await post('/mint', { amount });
    await mint.pay(String(body['invoice']));
    await until(async () => (await total()) === had + amount, 'the credit');
  }

  return {
    npub,
    id: String(walletId),
    made: made.status,
    mintUrl,
    mint,
    post,
    get,
    total,
    fund,
    invoice: async (amount: number): Promise<string> => (await mint.invoice({ amount })).invoice,
  };
}
