import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Nutshell, startNutshell } from '../support/nutshell.ts';
import { type NutshellWallet, newNutshellWallet } from '../support/nutshellWallet.ts';
import { type Json, startWorld, until, type World } from '../support/world.ts';

/** Installing the mint, once, takes a minute or so. */
const setUpLimitMs = 420_000;
const testLimitMs = 180_000;

let mint: Nutshell;
let theirs: NutshellWallet;
const worlds: World[] = [];

/** Each has a database of its own. */
async function open(env: Record<string, string> = {}): Promise<World> {
  const world = await startWorld({
    env: { MINT_URL: mint.url, CRUCIBLE_ANSWER_WITHIN_MS: '60000', ...env },
  });
  worlds.push(world);
  return world;
}

beforeAll(async () => {
  mint = await startNutshell('the mint that remembers', { MINT_INPUT_FEE_PPK: '100' });
  theirs = await newNutshellWallet(mint.url);
  await theirs.fund(500);
}, setUpLimitMs);
afterAll(async () => {
  for (const world of worlds) await world.end();
  await theirs.remove();
  await mint.stop();
});

it(
  'a wallet whose database is gone gets its ecash back from a real mint, also what others paid it, but nothing that it gave away',
  async () => {
    const first = await open();
    const wallet = await first.wallet();
    const post = async (route: string, body: Json): Promise<Json> => {
      const reply = await first.call('POST', `${wallet.at}/${route}`, body);
      expect([route, reply.status]).toEqual([route, route === 'mint' ? 201 : 200]);
      return reply.body;
    };
    await post('mint', { amount: 300 });
    await until(async () => (await wallet.balance())['totalBalance'] === 300, 'the funding', 60_000);
    await post('receive', { encodedToken: await theirs.send(100) });
    const claimed = await post('send', { amount: 60 });
    await theirs.receive(String(claimed['encodedToken']));
    await post('send', { amount: 30, recipientPubkey: await theirs.pubkey() });
    const { totalBalance: held } = await wallet.balance();

    const { CRUCIBLE_MNEMONIC } = first.env;
    const second = await open({ CRUCIBLE_MNEMONIC });
    const found = await second.walletOf(wallet.npub);
    expect(await second.call('POST', `${found.at}/restore`, {})).toMatchObject({
      status: 200,
      body: { success: true, restoredAmount: held, watching: false },
    });
    expect(await found.balance()).toMatchObject({ totalBalance: held, reservedBalance: 0 });
    const token = await second.call('POST', `${found.at}/send`, { amount: 200 });
    const before = theirs.balance();
    await theirs.receive(String(token.body['encodedToken']));
    expect(theirs.balance() - before).toBe(199);
  },
  testLimitMs,
);
