import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Nutshell, startNutshell } from '../support/nutshell.ts';
import { type NutshellWallet, newNutshellWallet } from '../support/nutshellWallet.ts';
import { type Json, type Reply, startWorld, type TestWallet, until, type World } from '../support/world.ts';

/** Installing the mint, once, takes a minute or so. */
const setUpLimitMs = 420_000;
/** Each command of the other wallet starts a Python of its own. */
const testLimitMs = 180_000;
/** A key that nobody has. */
const nobody = `02${'a1'.repeat(32)}`;

let mint: Nutshell;
let world: World;
let ours: TestWallet;
let theirs: NutshellWallet;

/** Each wallet pays the mint a sat for taking a token in: 100 ppk, for ten proofs at most. */
const inputFee = 1;

beforeAll(async () => {
  mint = await startNutshell('the mint of both wallets', { MINT_INPUT_FEE_PPK: '100' });
  world = await startWorld({ env: { MINT_URL: mint.url, CRUCIBLE_ANSWER_WITHIN_MS: '10000' } });
  ours = await funded(1_000);
  theirs = await newNutshellWallet(mint.url);
  await theirs.fund(1_000);
}, setUpLimitMs);
afterAll(async () => {
  await theirs.remove();
  await world.end();
  await mint.stop();
});

const post = (wallet: TestWallet, route: string, body: Json = {}): Promise<Reply> =>
  world.call('POST', `${wallet.at}/${route}`, body);

async function funded(amount: number): Promise<TestWallet> {
  const wallet = await world.wallet();
  const { body } = await post(wallet, 'mint', { amount });
  const complete = () => post(wallet, 'mint/complete', { quoteId: body['quote'] });
  await until(async () => (await complete()).status === 200, 'the funding');
  return wallet;
}

async function heldBy(wallet: TestWallet): Promise<number> {
  return (await wallet.balance())['totalBalance'] ?? Number.NaN;
}

/** What happened to both wallets meanwhile. */
async function changes(during: () => Promise<void>): Promise<{ ours: number; theirs: number }> {
  const before = [await heldBy(ours), await theirs.balance()] as const;
  await during();
  return { ours: (await heldBy(ours)) - before[0], theirs: (await theirs.balance()) - before[1] };
}

async function send(body: Json): Promise<{ token: string; fee: number; at: string }> {
  const sent = await post(ours, 'send', body);
  expect(sent).toMatchObject({
    status: 200,
    body: { success: true, amount: body['amount'], mintUrl: mint.url },
  });
  const { encodedToken, fee, transactionId } = sent.body;
  return { token: String(encodedToken), fee: Number(fee), at: `${ours.at}/send/${String(transactionId)}` };
}

async function ourKey(): Promise<string> {
  const { body } = await world.call('GET', `${ours.at}/info`);
  const key = Object(body['walletInfo']).tokenPubkey;
  expect(key).toMatch(/^0[23][0-9a-f]{64}$/);
  return String(key);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('A token of ours', () => {
  it(
    'is taken by another wallet once, is gone from here, and we notice',
    async () => {
      const { token, fee, at } = await send({ amount: 210, memo: 'for lunch' });
      const changed = await changes(() => theirs.receive(token));
      expect(changed).toEqual({ ours: 0, theirs: 210 - inputFee });
      await expect(theirs.receive(token)).rejects.toThrow(/already spent/i);
      await until(async () => (await world.call('GET', at)).body['state'] === 'claimed', 'the claim', 30_000);
      expect(fee).toBe(inputFee);
    },
    testLimitMs,
  );

  it(
    'that is locked to another wallet is taken by that one alone',
    async () => {
      const { token } = await send({ amount: 64, recipientPubkey: await theirs.pubkey() });
      const stranger = await newNutshellWallet(mint.url);
      await expect(stranger.receive(token)).rejects.toThrow();
      await stranger.remove();
      expect(await post(ours, 'receive', { encodedToken: token })).toMatchObject({ status: 400 });
      expect(await changes(() => theirs.receive(token))).toEqual({ ours: 0, theirs: 64 - inputFee });
    },
    testLimitMs,
  );

  it(
    'that is locked for a time goes to whoever is to have it after that',
    async () => {
      const refundPubkey = await theirs.pubkey();
      const locktime = Math.floor(Date.now() / 1_000) + 5;
      const lock = { recipientPubkey: nobody, refundPubkey, locktime };
      const { token } = await send({ amount: 32, ...lock });
      await pause(locktime * 1_000 - Date.now() + 1_500);
      expect(await changes(() => theirs.receive(token))).toEqual({ ours: 0, theirs: 32 - inputFee });
    },
    testLimitMs,
  );
});

describe('A token of another wallet', () => {
  it.each([
    ['of version 4', []],
    ['of version 4 with DLEQ proofs', ['--dleq']],
    ['of version 3', ['--legacy']],
    ['of version 3 with DLEQ proofs', ['--legacy', '--dleq']],
  ])(
    '%s is taken here, once',
    async (_what, options) => {
      const token = await theirs.send(100, ...options);
      expect(token).toMatch(options.includes('--legacy') ? /^cashuA/ : /^cashuB/);
      let received: Reply | undefined;
      const changed = await changes(async () => {
        received = await post(ours, 'receive', { encodedToken: token });
      });
      expect(received).toMatchObject({ status: 200, body: { success: true, totalAmount: changed.ours } });
      expect(changed.ours).toBe(100 - Number(received?.body['fee']));
      expect(await post(await world.wallet(), 'receive', { encodedToken: token })).toMatchObject({
        status: 400,
      });
    },
    testLimitMs,
  );

  it(
    'that is locked to us is taken by nobody else',
    async () => {
      const token = await theirs.send(50, '--lock', `P2PK:${await ourKey()}`);
      const stranger = await newNutshellWallet(mint.url);
      await expect(stranger.receive(token)).rejects.toThrow();
      await stranger.remove();
      expect(await post(await world.wallet(), 'receive', { encodedToken: token })).toMatchObject({
        status: 400,
      });
      const taken = await changes(async () => {
        expect(await post(ours, 'receive', { encodedToken: token })).toMatchObject({ status: 200 });
      });
      expect(taken).toEqual({ ours: 50 - inputFee, theirs: 0 });
    },
    testLimitMs,
  );

  it(
    'whose signatures are about the whole request is refused, and nothing of it is lost',
    async () => {
      const token = await theirs.send(20, '--lock', `P2PK-SIGALL:${await ourKey()}`);
      expect(await post(ours, 'receive', { encodedToken: token })).toMatchObject({ status: 400 });
    },
    testLimitMs,
  );

  it(
    'that nobody else took in time comes to us, where we are to have it after that',
    async () => {
      const hasty = await newNutshellWallet(mint.url, { LOCKTIME_DELTA_SECONDS: '3' });
      await hasty.fund(100);
      const token = await hasty.send(40, '--lock', `P2PK:${nobody}`, '--refund', await ourKey());
      await hasty.remove();
      expect(await post(ours, 'receive', { encodedToken: token })).toMatchObject({ status: 400 });
      await pause(5_000);
      const taken = await changes(async () => {
        expect(await post(ours, 'receive', { encodedToken: token })).toMatchObject({ status: 200 });
      });
      expect(taken.ours).toBe(40 - inputFee);
    },
    testLimitMs,
  );
});

afterEach(async () => {
  expect((await ours.balance())['reservedBalance']).toBe(0);
});
