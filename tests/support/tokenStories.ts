import { expect } from '@jest/globals';
import { sendToken, tokensOf } from './tokens.ts';
import { type Reply, type TestWallet, until, type World } from './world.ts';

/** One swap of a token's life, ready to be asked for: always under the same Idempotency-Key. */
export type TokenStory = {
  wallet: TestWallet;
  ask(url?: string): Promise<Reply>;
  /** How it ends where all goes well, and what the wallet has then. */
  end: { state: string; totalBalance: number };
  /** What it has until then, at most: what is reserved counts. */
  before: number;
};

const funds = 300;
const amount = 100;

/** Each of the three ways in which a token makes this server ask for a swap, at a mint without fees. */
export const tokenStories: [what: string, begin: (world: World) => Promise<TokenStory>][] = [
  [
    'a send',
    async (world) => {
      const wallet = await world.wallet(funds);
      return {
        wallet,
        ask: asking(world, `${wallet.at}/send`, { amount }),
        end: { state: 'sent', totalBalance: funds - amount },
        before: funds,
      };
    },
  ],
  [
    'a reclaim',
    async (world) => {
      const wallet = await world.wallet(funds);
      const { id } = await sendToken(world, wallet, amount);
      return {
        wallet,
        ask: asking(world, `${wallet.at}/send/${id}/reclaim`, {}),
        end: { state: 'reclaimed', totalBalance: funds },
        before: funds - amount,
      };
    },
  ],
  [
    'a receive',
    async (world) => {
      const [giver, wallet] = [await world.wallet(funds), await world.wallet()];
      const { text } = await sendToken(world, giver, amount);
      return {
        wallet,
        ask: asking(world, `${wallet.at}/receive`, { encodedToken: text }),
        end: { state: 'received', totalBalance: amount },
        before: 0,
      };
    },
  ],
];

const asking = (world: World, path: string, body: object) => (url?: string) =>
  world.call('POST', path, body, { 'Idempotency-Key': 'the same' }, url);

/** What its client was told is so, it comes to its good end, and is told again as one. */
export async function expectDone(world: World, { wallet, ask, end }: TokenStory, told: Reply): Promise<void> {
  const { transactionId } = told.body;
  expect({ ...told.body, status: [200, 202].includes(told.status) ? 'good' : told.status }).toMatchObject({
    status: 'good',
    success: true,
    transactionId: expect.any(String),
  });
  const state = async () =>
    (await world.call('GET', `${wallet.at}/transactions/${String(transactionId)}`)).body['state'];
  if (told.status === 200) expect(await state()).toBe(end.state);
  await until(async () => (await state()) === end.state, `${end.state}`, 30_000);
  expect(await wallet.balance()).toMatchObject({ totalBalance: end.totalBalance, reservedBalance: 0 });
  const again = await ask();
  expect(again).toMatchObject({ status: 200, body: { transactionId } });
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  if (told.status === 200) expect(again.body).toEqual(told.body);
  if (end.state !== 'sent') return;
  const { encodedToken } = (await tokensOf(world, wallet).sent(transactionId)).body;
  expect(encodedToken).toBe(again.body['encodedToken']);
}
