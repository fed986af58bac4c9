import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { member } from '../support/money.ts';
import { startWorld, type World } from '../support/world.ts';

/** What docs/runbooks/solvency-gap.md tells people to do when secrets are stolen, or a mint lies. */
let old: World;
let fresh: World;
beforeAll(async () => {
  old = await startWorld();
  fresh = await startWorld({ env: { MINT_URL: old.env.MINT_URL } });
});
afterAll(async () => {
  await fresh.end();
  await old.end();
});

it.each([
  ['takes no fee', 0],
  ['takes input fees', 400],
])('all that a wallet has goes to a deployment with other secrets, where the mint %s', async (_what, ppk) => {
  await old.sim.rotate({ inputFeePpk: ppk });
  const { npub, at } = await old.wallet(210, 33, 100);
  const made = await fresh.call('POST', '/api/wallet/create', {
    npub,
    mintUrl: old.env.MINT_URL,
    unit: 'sat',
  });
  const inNew = `?walletId=${String(member(made.body['walletDetails'], 'walletId'))}`;
  const info = await fresh.call('GET', `${at}/info${inNew}`);
  const recipientPubkey = member(info.body['walletInfo'], 'tokenPubkey');
  let amount = Number((await old.call('GET', `${at}/balance`)).body['balance']);
  let sent = await old.call('POST', `${at}/send`, { amount, recipientPubkey });
  if (ppk > 0) {
    expect(sent.body).toMatchObject({ code: 'INSUFFICIENT_BALANCE' });
    amount -= Number(sent.body['required']) - Number(sent.body['available']);
    sent = await old.call('POST', `${at}/send`, { amount, recipientPubkey });
  }
  expect(sent).toMatchObject({ status: 200, body: { changeAmount: 0 } });
  const { encodedToken } = sent.body;
  const received = await fresh.call('POST', `${at}/receive${inNew}`, { encodedToken });
  expect(received.status).toBe(200);
  const fee = Number(received.body['fee']);
  expect((await fresh.call('GET', `${at}/balance${inNew}`)).body['balance']).toBe(amount - fee);
  expect((await old.call('GET', `${at}/balance`)).body).toMatchObject({ details: { totalBalance: 0 } });
});

it('nothing asks a mint that was taken out of MINT_URL: whatever would is refused', async () => {
  await old.sim.rotate({ inputFeePpk: 0 });
  const { at } = await old.wallet(300);
  const { invoice } = await old.sim.invoice({ amount: 100 });
  const [mintUrl, elsewhere] = [old.env.MINT_URL, fresh.simulator.url];
  old.env.MINT_URL = elsewhere;
  const { url } = await old.instance();
  old.env.MINT_URL = mintUrl;
  const asked = async (path: string, body: object) => {
    const { status, body: answer } = await old.call('POST', `${at}/${path}`, body, {}, url);
    return `${path} ${status} ${String(answer['code'])}`;
  };
  const refused: string[] = [];
  refused.push(await asked('melt', { invoice }));
  refused.push(await asked('send', { amount: 10 }));
  refused.push(await asked('mint', { amount: 10 }));
  refused.push(await asked('reconcile', {}));
  refused.push(await asked('restore', {}));
  expect(refused).toEqual(
    ['melt', 'send', 'mint', 'reconcile', 'restore'].map((path) => `${path} 400 VALIDATION_ERROR`),
  );
  expect((await old.call('GET', `${at}/balance`, undefined, {}, url)).body['balance']).toBe(300);
});
