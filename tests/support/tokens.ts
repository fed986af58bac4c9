import { getDecodedToken, getEncodedToken, type Proof as TokenProof } from '@cashu/cashu-ts';
import { expect } from '@jest/globals';
import { member } from './money.ts';
import { type Reply, type TestWallet, until, type World } from './world.ts';

/** What a wallet does with tokens, over HTTP. */
export const tokensOf = (world: Pick<World, 'call'>, { at }: Pick<TestWallet, 'at'>) => ({
  send: (amount: number, more: object = {}, headers: Record<string, string> = {}) =>
    world.call('POST', `${at}/send`, { amount, ...more }, headers),
  sent: (transactionId: unknown) => world.call('GET', `${at}/send/${String(transactionId)}`),
  reclaim: (transactionId: unknown, headers: Record<string, string> = {}) =>
    world.call('POST', `${at}/send/${String(transactionId)}/reclaim`, {}, headers),
  receive: (encodedToken: unknown, headers: Record<string, string> = {}) =>
    world.call('POST', `${at}/receive`, { encodedToken }, headers),
  info: async () => (await world.call('GET', `${at}/info`)).body['walletInfo'],
});

/** A send that must have gone well. */
export async function sendToken(
  world: World,
  wallet: TestWallet,
  amount: number,
  more: object = {},
): Promise<{ id: string; text: string }> {
  const { status, body } = await tokensOf(world, wallet).send(amount, more);
  expect({ ...body, status }).toMatchObject({ status: 200, amount });
  return { id: String(body['transactionId']), text: String(body['encodedToken']) };
}

/** The proofs in a token of the world's mint. */
export async function proofsIn({ env }: Pick<World, 'env'>, text: string): Promise<TokenProof[]> {
  const listed: unknown = await (await fetch(`${env.MINT_URL}/v1/keysets`)).json();
  const keysets = member(listed, 'keysets');
  const ids = Array.isArray(keysets) ? keysets.map((keyset: unknown) => String(member(keyset, 'id'))) : [];
  return getDecodedToken(text, ids).proofs;
}

/** The same proofs, or some of them, as a token of their own, in version 4. */
export const tokenOf = (mint: string, proofs: TokenProof[]): string =>
  getEncodedToken({ mint, unit: 'sat', proofs });

/** The same in version 3, which wallets of old still write. */
export function oldTokenOf(mint: string, proofs: TokenProof[]): string {
  const entries = proofs.map(({ id, amount, secret, C }) => ({ id, amount: Number(amount), secret, C }));
  const json = JSON.stringify({ token: [{ mint, proofs: entries }], unit: 'sat' });
  return `cashuA${Buffer.from(json).toString('base64url')}`;
}

/** Waits until nothing is under way, and asks whether wallets and tokens that are out make up what the mint owes. */
export async function expectLedgerAgrees(world: World, ...outside: number[]): Promise<void> {
  const { operations, wallets, tokens } = world.context.database;
  await until(
    async () =>
      (await operations.countDocuments({ open: true, state: { $nin: ['sent', 'awaiting_payment'] } })) === 0,
    'nothing under way',
  );
  expect(await wallets.countDocuments()).toBeGreaterThan(0);
  const others = outside.reduce((sum, amount) => sum + amount, 0);
  let difference = Number.NaN;
  // What a recipient has taken is out until that is noticed.
  await until(async () => {
    const held = await tokens.aggregate<{ sum: number }>([
      { $match: { status: { $in: ['unspent', 'pending'] } } },
      { $group: { _id: null, sum: { $sum: '$total_amount' } } },
    ]);
    const { outstanding, balance } = await world.sim.books();
    expect(balance.ok).toBe(true);
    difference = Number(held[0]?.sum ?? 0) + others - outstanding;
    return difference === 0;
  }, 'wallets and mint to agree').catch((error: unknown) => {
    throw new Error(`${String(error)}: they differ by ${difference}`);
  });
}

export const codeOf = ({ status, body }: Reply) => ({ status, code: body['code'] });
