import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Nutshell, startNutshell } from '../support/nutshell.ts';
import { type NutshellWallet, newNutshellWallet } from '../support/nutshellWallet.ts';
import { type Json, type Reply, startWorld, type TestWallet, until, type World } from '../support/world.ts';

/** Installing the mint, once, takes a minute or so. */
const setUpLimitMs = 420_000;
/** Each command of the other wallet starts a Python of its own. */
jest.setTimeout(180_000);

/** 100 ppk, and tokens of ten proofs at most: taking one in costs a sat. */
const inputFee = 1;
/** A key that nobody has. */
const nobody = `02${'a1'.repeat(32)}`;

let mint: Nutshell;
let world: World;
let ours: TestWallet;
let theirs: NutshellWallet;
/** Whoever else is about. What it locks, it locks for five seconds. */
let stranger: NutshellWallet;
/** What tests leave with nobody: tokens that are out. */
let unclaimed = 0;

beforeAll(async () => {
  mint = await startNutshell('the mint of both wallets', { MINT_INPUT_FEE_PPK: '100' });
  world = await startWorld({ env: { MINT_URL: mint.url, CRUCIBLE_ANSWER_WITHIN_MS: '10000' } });
  ours = await world.wallet();
  const { body } = await post(ours, 'mint', { amount: 1_000 });
  const complete = () => post(ours, 'mint/complete', { quoteId: body['quote'] });
  await until(async () => (await complete()).status === 200, 'the funding');
  theirs = await newNutshellWallet(mint.url);
  stranger = await newNutshellWallet(mint.url, { LOCKTIME_DELTA_SECONDS: '5' });
  await theirs.fund(1_000);
}, setUpLimitMs);
afterAll(async () => {
  await Promise.all([theirs.remove(), stranger.remove()]);
  await world.end();
  await mint.stop();
});

const post = (wallet: TestWallet, route: string, body: Json = {}): Promise<Reply> =>
  world.call('POST', `${wallet.at}/${route}`, body);
const receive = (wallet: TestWallet, encodedToken: string) => post(wallet, 'receive', { encodedToken });
const stateOf = async (at: string): Promise<unknown> => (await world.call('GET', at)).body['state'];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function send(body: Json): Promise<{ token: string; at: string }> {
  const sent = await post(ours, 'send', body);
  const { amount } = body;
  expect(sent).toMatchObject({
    status: 200,
    body: { success: true, amount, fee: inputFee, mintUrl: mint.url },
  });
  const { encodedToken, transactionId } = sent.body;
  return { token: String(encodedToken), at: `${ours.at}/send/${String(transactionId)}` };
}

/** What it does to both wallets. */
async function changes(of: () => Promise<unknown>): Promise<{ ours: number; theirs: number }> {
  const held = async () => [(await ours.balance())['totalBalance'] ?? Number.NaN, theirs.balance()] as const;
  const [ourOld, theirOld] = await held();
  await of();
  const [ourNew, theirNew] = await held();
  return { ours: ourNew - ourOld, theirs: theirNew - theirOld };
}

async function ourKey(): Promise<string> {
  const { body } = await world.call('GET', `${ours.at}/info`);
  const key = Object(body['walletInfo']).tokenPubkey;
  expect(key).toMatch(/^0[23][0-9a-f]{64}$/);
  return String(key);
}

describe('A token of ours', () => {
  it('is taken by another wallet, once, and we notice', async () => {
    const { token, at } = await send({ amount: 210, memo: 'for lunch' });
    expect(await changes(() => theirs.receive(token))).toEqual({ ours: 0, theirs: 210 - inputFee });
    await expect(theirs.receive(token)).rejects.toThrow(/already spent/i);
    expect(await receive(ours, token)).toMatchObject({ body: { code: 'TOKEN_SPENT' } });
    await until(async () => (await stateOf(at)) === 'claimed', 'the claim', 60_000);
    expect(await world.call('POST', `${at}/reclaim`)).toMatchObject({ body: { code: 'TOKEN_CLAIMED' } });
  });

  it('that nobody wants comes home, and is good for nobody then', async () => {
    const { token, at } = await send({ amount: 16 });
    expect(await changes(() => world.call('POST', `${at}/reclaim`))).toEqual({
      ours: 16 - inputFee,
      theirs: 0,
    });
    expect(await stateOf(at)).toBe('reclaimed');
    await expect(theirs.receive(token)).rejects.toThrow(/already spent/i);
  });

  it('that is locked to another wallet is taken by that one alone', async () => {
    const { token } = await send({ amount: 64, recipientPubkey: await theirs.pubkey() });
    await expect(stranger.receive(token)).rejects.toThrow();
    expect(await receive(ours, token)).toMatchObject({ body: { code: 'TOKEN_LOCKED' } });
    expect(await changes(() => theirs.receive(token))).toEqual({ ours: 0, theirs: 64 - inputFee });
  });

  it('that is locked for a time goes to whoever is to have it after that', async () => {
    const refundPubkey = await theirs.pubkey();
    const locktime = Math.floor(Date.now() / 1_000) + 3;
    const { token } = await send({ amount: 32, recipientPubkey: nobody, refundPubkey, locktime });
    await pause(locktime * 1_000 - Date.now() + 1_500);
    expect(await changes(() => theirs.receive(token))).toEqual({ ours: 0, theirs: 32 - inputFee });
  });
});

describe('A token of another wallet', () => {
  it.each([
    ['of version 4', []],
    ['of version 4 with DLEQ proofs', ['--dleq']],
    ['of version 3', ['--legacy', '--dleq']],
  ])('%s is taken here, once', async (_what, options) => {
    const token = await theirs.send(100, ...options);
    expect(token).toMatch(options.includes('--legacy') ? /^cashuA/ : /^cashuB/);
    let received: Reply | undefined;
    const changed = await changes(async () => {
      received = await receive(ours, token);
    });
    const totalAmount = 100 - inputFee;
    expect(received).toMatchObject({ status: 200, body: { success: true, totalAmount, fee: inputFee } });
    expect(changed).toEqual({ ours: totalAmount, theirs: 0 });
    const again = await receive(await world.wallet(), token);
    expect(again).toMatchObject({ body: { code: 'TOKEN_SPENT' } });
  });

  it('that is locked to us is taken by nobody else', async () => {
    const token = await theirs.send(50, '--lock', `P2PK:${await ourKey()}`);
    await expect(stranger.receive(token)).rejects.toThrow();
    expect(await receive(await world.wallet(), token)).toMatchObject({ body: { code: 'TOKEN_LOCKED' } });
    expect(await changes(() => receive(ours, token))).toEqual({ ours: 50 - inputFee, theirs: 0 });
  });

  it('for which the whole request would have to be signed is refused, and stays as it was', async () => {
    const token = await theirs.send(20, '--lock', `P2PK-SIGALL:${await ourKey()}`);
    unclaimed += 20;
    expect(await receive(ours, token)).toMatchObject({ body: { code: 'TOKEN_LOCKED' } });
  });

  it('that nobody took in time comes to us, where we are to have it after that', async () => {
    await stranger.fund(100);
    const token = await stranger.send(40, '--lock', `P2PK:${nobody}`, '--refund', await ourKey());
    await until(async () => (await receive(ours, token)).status === 200, 'the end of the lock', 30_000);
  });
});

it('all that the mint has signed is with somebody', async () => {
  const { totalBalance = Number.NaN, reservedBalance } = await ours.balance();
  const others = theirs.balance() + stranger.balance() + unclaimed;
  expect([totalBalance + others, reservedBalance]).toEqual([mint.outstanding(), 0]);
});
