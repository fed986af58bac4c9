import { afterEach, describe, expect, it } from '@jest/globals';
import { npubEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { SimulatorClient } from '../../simulator/client.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { openReports, reported, tellingMint } from '../support/tellingMint.ts';
import { startWorld, until } from '../support/world.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe('a mint that lists the keyset of another', () => {
  it('and is asked first, does not shut the other one out: people are told, and its customers mint and pay', async () => {
    const telling = tellingMint();
    const honest = await startSimulator({ seed: 'honest' });
    const copying = await startSimulator({ seed: 'copying' });
    ends.push(honest.close, copying.close);
    const world = await startWorld({
      overrides: { transport: telling.transport },
      env: { MINT_URL: `${honest.url},${copying.url}` },
    });
    ends.push(world.end);
    telling.tale = (request, carry) => {
      const isCopied = request.url.startsWith(copying.url) && /\/v1\/key(sets|s\/)/.test(request.url);
      return isCopied ? carry({ ...request, url: request.url.replace(copying.url, honest.url) }) : undefined;
    };
    const customer = async (mintUrl: string) => {
      const npub = npubEncode(getPublicKey(generateSecretKey()));
      await world.call('POST', '/api/wallet/create', { npub, mintUrl });
      const at = `/api/wallet/${npub}`;
      return {
        at,
        total: async () => (await world.call('GET', `${at}/balance`)).body['details'],
        fund: async (amount: number) => {
          const { body } = await world.call('POST', `${at}/mint`, { amount });
          await new SimulatorClient(mintUrl).pay(String(body['invoice']));
        },
      };
    };

    const deceived = await customer(copying.url);
    await deceived.fund(10);
    const isLooked = async () => telling.sent.some(({ url }) => url === `${copying.url}/v1/mint/bolt11`);
    await until(isLooked, 'the copied keyset in use');

    const theirs = await customer(honest.url);
    await theirs.fund(1000);
    await until(
      async () => expect.objectContaining({ totalBalance: 1000 }).asymmetricMatch(await theirs.total()),
      'the credit at the honest mint',
    );
    const { invoice } = await new SimulatorClient(honest.url).invoice({ amount: 100 });
    const paid = await world.call('POST', `${theirs.at}/melt`, { invoice });
    expect(paid).toMatchObject({ status: 200, body: { paidAmount: 100 } });
    await reported(world, 'KEYSET_ID_SHARED');
    expect(await openReports(world, 'KEYSET_ID_SHARED')).toBe(1);
    expect(await deceived.total()).toMatchObject({ totalBalance: 0 });
  });
});
